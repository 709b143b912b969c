package io.rankwright.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankwright.dev.PostgresServer;
import io.rankwright.log.Folder;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.Serving;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.gaul.s3proxy.AuthenticationType;
import org.gaul.s3proxy.S3Proxy;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStore;
import org.jclouds.blobstore.BlobStoreContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The slots of the registry: in a folder, in H2, in a real PostgreSQL, with files in a real S3 server. */
class RegistryContractTest {
    private static final String BUCKET = "models";
    private static final String KEY = "tester";
    private static final String SECRET = "not-secret-1";

    @TempDir
    Path folder;

    private static Path database;
    private static PostgresServer postgres;
    private static S3Proxy s3;
    private static BlobStore blobs;

    @BeforeAll
    static void startServers() throws Exception {
        database = Files.createTempDirectory("rankwright-postgres");
        postgres = PostgresServer.start(database, 0);
        var settings = new Properties();
        settings.setProperty("jclouds.filesystem.basedir", "");
        blobs = ContextBuilder.newBuilder("transient")
                .credentials(KEY, SECRET)
                .overrides(settings)
                .build(BlobStoreContext.class)
                .getBlobStore();
        blobs.createContainerInLocation(null, BUCKET);
        s3 = S3Proxy.builder()
                .blobStore(blobs)
                .endpoint(URI.create("http://127.0.0.1:0"))
                .awsAuthentication(AuthenticationType.AWS_V4, KEY, SECRET)
                .build();
        s3.start();
        System.setProperty("aws.region", "us-east-1");
        System.setProperty("aws.accessKeyId", KEY);
        System.setProperty("aws.secretAccessKey", SECRET);
        System.setProperty("aws.endpointUrlS3", "http://127.0.0.1:" + s3.getPort());
    }

    @AfterAll
    static void stopServers() throws Exception {
        s3.stop();
        postgres.close();
        Folder.delete(database);
    }

    /** Where a registry lies, each scope its own. */
    private enum Place {
        FOLDER,
        H2,
        POSTGRES_AND_S3;

        Registry open(Path folder, String scope) {
            return switch (this) {
                case FOLDER -> new Registry(folder.resolve(scope));
                case H2 ->
                    Registry.shared(
                            Optional.of("jdbc:h2:" + folder.resolve("h2")),
                            "sa",
                            "",
                            Optional.empty(),
                            scope,
                            folder.resolve("files"));
                case POSTGRES_AND_S3 ->
                    Registry.shared(
                            Optional.of(postgres.address()),
                            "",
                            "",
                            Optional.of("s3://" + BUCKET + "/of/" + scope),
                            scope,
                            folder.resolve("copies"));
            };
        }

        /** What another server on another machine opens. */
        Registry openElsewhere(Path folder, String scope) {
            return open(this == POSTGRES_AND_S3 ? folder.resolve("elsewhere") : folder, scope);
        }
    }

    private static Version register(Registry registry, String key) {
        var lineage = new Version.Lineage(
                "app", "real", "s", "a", "c", "snapshot", "2022-05-06", "2022-05-06", 7, 2, "cpu", 0);
        return registry.register(new Registry.Draft(
                key,
                "2026-01-01T00:00:00Z",
                lineage,
                Map.of("ranker", key.getBytes(UTF_8)),
                Map.of("click.auc", 0.7),
                Map.of(),
                List.of(new Gates.Result("click.auc > 0.5", true, "click.auc = 0.7"))));
    }

    @ParameterizedTest
    @EnumSource
    void whatOneServerWritesAnotherReads(Place place) {
        try (Registry here = place.open(folder, "shared");
                Registry there = place.openElsewhere(folder, "shared");
                Registry other = place.openElsewhere(folder, "other")) {
            register(here, "one");
            Version second = register(there, "two");

            assertThat(second.id()).isEqualTo(2);
            assertThat(there.versions()).isEqualTo(here.versions()).hasSize(2);
            String hash = there.find("one").orElseThrow().artefacts().get("ranker");
            assertThat(there.artefact(hash)).asString().isEqualTo("one");
            // The second time it is there.
            assertThat(there.artefact(hash)).asString().isEqualTo("one");
            here.promote(1, false, 0);
            there.promote(2, false, 0);
            assertThat(here.live())
                    .hasValueSatisfying(live -> assertThat(live.id()).isEqualTo(2));
            assertThat(here.rollback(0).id()).isEqualTo(1);
            assertThat(there.live())
                    .hasValueSatisfying(live -> assertThat(live.id()).isEqualTo(1));
            assertThat(other.versions()).isEmpty();
            assertThat(other.live()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void canariesExperimentsAndTrialsAreShared(Place place) {
        var how = new Serving.Canary(List.of(0.1), Duration.ofSeconds(1));
        var arms = List.of(new Experiment.Arm("control", Map.of(), 0), new Experiment.Arm("new", Map.of(), 2));
        var trial =
                new Trial("0".repeat(64), 3, Map.of("model.rank.dcn.cross", "2"), 1.0 / 3, Map.of("click.auc", 0.7), 5);
        try (Registry here = place.open(folder, "trying");
                Registry there = place.openElsewhere(folder, "trying")) {
            register(here, "one");
            register(here, "two");
            here.promote(1, false, 0);
            Canary canary = here.canaries().start(2, how, false, 1_000);
            here.experiments().start("ranking", "main", 0.5, 1_000, arms);
            here.keep(trial);
            here.keep(Retraining.started(5, "schedule"));

            assertThat(there.canaries().running()).hasValue(canary);
            assertThat(there.versions())
                    .extracting(Version::stage)
                    .containsExactly(Version.Stage.LIVE, Version.Stage.CANARY);
            assertThat(there.experiments().running()).hasSize(1);
            assertThat(there.trial("0".repeat(64), 3, 1.0 / 3)).hasValue(trial);
            assertThat(there.trial("0".repeat(64), 4, 1.0 / 3)).isEmpty();
            assertThat(there.retrainings()).hasSize(1);
            assertThatThrownBy(() -> there.canaries().start(2, how, false, 2_000))
                    .isInstanceOf(UserFault.class);
            assertThatThrownBy(() -> there.experiments().start("more", "main", 0.6, 1_000, arms))
                    .hasMessageContaining("no room");
            there.canaries().widen(canary, 3_000);
            assertThat(here.live())
                    .hasValueSatisfying(live -> assertThat(live.id()).isEqualTo(2));
        }
    }

    @ParameterizedTest
    @EnumSource
    void thoseThatWriteTakeTurns_andWhatFailsHalfWayLeavesNothing(Place place) throws Exception {
        try (Registry here = place.open(folder, "turns");
                Registry there = place.openElsewhere(folder, "turns");
                ExecutorService threads = Executors.newFixedThreadPool(4)) {
            var writing = new ArrayList<Callable<Integer>>();
            for (int i = 0; i < 24; i++) {
                String key = "key" + i;
                Registry writer = i % 2 == 0 ? here : there;
                writing.add(() -> register(writer, key).id());
            }
            var ids = new TreeSet<Integer>();
            for (Future<Integer> id : threads.invokeAll(writing)) {
                ids.add(id.get());
            }
            assertThat(ids).hasSize(24);
            assertThat(there.versions()).hasSize(24);
            assertThatThrownBy(() -> here.exclusively(() -> {
                        throw new UserFault("in between");
                    }))
                    .hasMessage("in between");
            // The turn was given back.
            assertThat(register(there, "after").id()).isEqualTo(25);
        }
    }

    @Test
    void aTransactionThatFailsHasWrittenNothing() {
        try (Registry here = Place.POSTGRES_AND_S3.open(folder, "half");
                Registry there = Place.POSTGRES_AND_S3.openElsewhere(folder, "half")) {
            assertThatThrownBy(() -> here.exclusively(() -> {
                        register(here, "one");
                        assertThat(here.versions()).hasSize(1);
                        throw new UserFault("in between");
                    }))
                    .hasMessage("in between");
            assertThat(there.versions()).isEmpty();
        }
    }

    @Test
    void aChangedRowIsFound() throws SQLException {
        try (Registry registry = Place.POSTGRES_AND_S3.open(folder, "changed")) {
            register(registry, "one");
            try (var connection = DriverManager.getConnection(postgres.address());
                    var statement = connection.createStatement()) {
                assertThat(statement.executeUpdate("UPDATE rankwright_records SET content ="
                                + " replace(content, '0.7', '0.9') WHERE scope = 'changed' AND kind = 'versions'"))
                        .isEqualTo(1);
            }
            assertThatThrownBy(registry::versions)
                    .isInstanceOf(EnvironmentFault.class)
                    .hasMessageContaining("versions/1 in jdbc:postgresql://127.0.0.1:")
                    .hasMessageContaining("damaged");
        }
    }

    @Test
    void aDamagedObjectIsFound_andADamagedCopyIsFetchedAgain() throws IOException {
        try (Registry registry = Place.POSTGRES_AND_S3.open(folder, "damaged")) {
            String hash = register(registry, "one").artefacts().get("ranker");
            Path copy = folder.resolve("copies").resolve("blobs").resolve(hash);
            Files.writeString(copy, "two");
            assertThat(registry.artefact(hash)).asString().isEqualTo("one");

            blobs.putBlob(
                    BUCKET,
                    blobs.blobBuilder("of/damaged/" + hash).payload("two").build());
            Files.delete(copy);

            assertThatThrownBy(() -> registry.artefact(hash))
                    .isInstanceOf(EnvironmentFault.class)
                    .hasMessageContaining("s3://models/of/damaged/" + hash)
                    .hasMessageContaining("damaged");
            assertThat(copy).doesNotExist();
            assertThatThrownBy(() -> registry.artefact("f".repeat(64))).hasMessageContaining("there is no model file");
        }
    }

    @Test
    void whatIsNoAddressIsRefused_andADatabaseThatDoesNotAnswerIsNamedWithoutItsPassword() {
        assertThatThrownBy(() -> Registry.shared(Optional.of("mysql://here"), "", "", Optional.empty(), "x", folder))
                .isInstanceOf(UserFault.class)
                .hasMessageContaining("expected jdbc:postgresql://");
        assertThatThrownBy(() -> Registry.shared(Optional.empty(), "", "", Optional.of("http://here/x"), "x", folder))
                .isInstanceOf(UserFault.class)
                .hasMessageContaining("expected s3://");
        assertThatThrownBy(() -> Registry.shared(
                        Optional.of("jdbc:postgresql://127.0.0.1:1/none?user=u&password=hidden"),
                        "",
                        "",
                        Optional.empty(),
                        "x",
                        folder))
                .isInstanceOf(EnvironmentFault.class)
                .hasMessageContaining("jdbc:postgresql://127.0.0.1:1/none does not answer")
                .hasMessageNotContaining("hidden");
    }
}
