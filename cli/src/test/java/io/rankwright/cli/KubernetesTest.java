package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The manifests of ship/kubernetes, checked against the models that are generated from the API's own description. */
class KubernetesTest {
    private static final Path FOLDER = Path.of("../ship/kubernetes");
    private static final ObjectMapper JSON = new ObjectMapper();

    /** One object of a manifest. */
    record Manifest(String file, JsonNode content) {
        @Override
        public String toString() {
            return file + ": " + content.path("kind").asText();
        }
    }

    static List<Manifest> manifests() throws IOException {
        var manifests = new ArrayList<Manifest>();
        try (Stream<Path> files = Files.list(FOLDER)) {
            for (Path file : files.sorted().toList()) {
                for (Object document :
                        new Load(LoadSettings.builder().build()).loadAllFromString(Files.readString(file))) {
                    manifests.add(new Manifest(file.getFileName().toString(), JSON.valueToTree(document)));
                }
            }
        }
        return manifests;
    }

    /** Refuses fields that there are not and misses those that must be there, all the way down. */
    private static void check(JsonNode manifest) throws ReflectiveOperationException, JsonProcessingException {
        String version = manifest.path("apiVersion").asText().replaceFirst(".*/", "");
        String model = "io.kubernetes.client.openapi.models."
                + version.substring(0, 1).toUpperCase(Locale.ROOT)
                + version.substring(1)
                + manifest.path("kind").asText();
        JsonElement element = JsonParser.parseString(JSON.writeValueAsString(manifest));
        try {
            Class.forName(model)
                    .getMethod("validateJsonElement", JsonElement.class)
                    .invoke(null, element);
        } catch (InvocationTargetException e) {
            throw new IllegalArgumentException(e.getCause().getMessage(), e);
        }
    }

    @ParameterizedTest
    @MethodSource("manifests")
    void everyManifestIsOneThatTheApiKnows(Manifest manifest) {
        assertThatCode(() -> check(manifest.content())).doesNotThrowAnyException();
    }

    @Test
    void theCheckFindsWhatIsWrong() throws IOException {
        JsonNode set = of("StatefulSet");

        assertThatThrownBy(() -> check(JSON.readTree(set.toString().replace("livenessProbe", "liveProbe"))))
                .hasMessageContaining("liveProbe");
        assertThatThrownBy(() -> check(JSON.readTree(set.toString()
                        .replace("\"name\":\"http\",\"containerPort\"", "\"containerPort\"")
                        .replace("\"containerPort\":8080", "\"name\":\"http\""))))
                .hasMessageContaining("containerPort");
    }

    private static JsonNode of(String kind) throws IOException {
        return manifests().stream()
                .map(Manifest::content)
                .filter(content -> content.path("kind").asText().equals(kind))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void selectorsAndNamesFitTogether_andCommandsAreUnderstood() throws IOException {
        JsonNode set = of("StatefulSet");
        JsonNode labels = set.at("/spec/template/metadata/labels");
        assertThat(of("Service").at("/spec/selector")).isEqualTo(labels);
        assertThat(set.at("/spec/selector/matchLabels")).isEqualTo(labels);
        assertThat(of("PodDisruptionBudget").at("/spec/selector/matchLabels")).isEqualTo(labels);
        assertThat(of("HorizontalPodAutoscaler").at("/spec/scaleTargetRef/name"))
                .isEqualTo(set.at("/metadata/name"));
        for (JsonNode pod :
                List.of(set.at("/spec/template/spec"), of("CronJob").at("/spec/jobTemplate/spec/template/spec"))) {
            JsonNode container = pod.path("containers").path(0);
            String[] arguments = JSON.convertValue(container.path("args"), String[].class);
            assertThatCode(() -> Main.commandLine().parseArgs(arguments)).doesNotThrowAnyException();
            var volumes = Stream.concat(
                            pod.path("volumes").valueStream(),
                            set.at("/spec/volumeClaimTemplates").valueStream())
                    .map(volume -> volume.path("name")
                            .asText(volume.at("/metadata/name").asText()))
                    .collect(Collectors.toSet());
            container
                    .path("volumeMounts")
                    .forEach(mount ->
                            assertThat(volumes).contains(mount.path("name").asText()));
        }
        Map<String, String> slots =
                JSON.convertValue(of("ConfigMap").path("data"), new TypeReference<Map<String, String>>() {});
        String options = Files.readString(Path.of("src/main/java/io/rankwright/cli/ApplicationOptions.java"));
        slots.keySet().stream()
                .filter(name -> name.matches("RANKWRIGHT_(LOG|STORE|REGISTRY|ARTEFACTS)"))
                .forEach(name -> assertThat(options).contains("\"" + name + "\""));
        assertThat(slots).containsKey("RANKWRIGHT_DATA");
    }
}
