package io.rankwright.training;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankwright.evaluation.Classification;
import io.rankwright.features.FeatureColumn;
import io.rankwright.features.FeatureState;
import io.rankwright.features.Replay;
import io.rankwright.log.DataRoot;
import io.rankwright.log.EventCursor;
import io.rankwright.log.EventLog;
import io.rankwright.log.Ingestion;
import io.rankwright.log.Progress;
import io.rankwright.log.Simulator;
import io.rankwright.models.Artefact;
import io.rankwright.models.Isotonic;
import io.rankwright.models.Ranker;
import io.rankwright.models.RankerInputs;
import io.rankwright.models.TwoTower;
import io.rankwright.models.Vectors;
import io.rankwright.models.Vocabulary;
import io.rankwright.models.encoding.Encoders;
import io.rankwright.spec.Data;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Model;
import io.rankwright.spec.UserFault;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TrainingTest {
    private static final LocalDate LAST = LocalDate.of(2024, 3, 5);

    @TempDir
    static Path folder;

    private static FeedApplication application;
    private static EventLog log;
    private static Snapshot snapshot;
    private static DataSet data;
    private static Encoders encoders;

    @BeforeAll
    static void makeASnapshot() {
        application = FeedApplication.read(Path.of("../apps/video-feed"));
        Simulator.write(folder.resolve("data"), application, new Data.Simulation(500, 150, 5, 3), Progress.SILENT);
        log = EventLog.open(folder.resolve("log"), application);
        new Ingestion(application, log, new DataRoot(folder.resolve("data"), true), Progress.SILENT).run();
        snapshot = write("snapshots");
        data = snapshot.read(application, Progress.SILENT);
        encoders = new Encoders(folder, List.of());
    }

    @AfterAll
    static void close() {
        encoders.close();
        log.close();
    }

    private static Snapshot write(String name) {
        var inputs = new Snapshot.Manifest(
                "key", "", "", "", "", "simulated", 0, LAST.toString(), Long.MAX_VALUE, List.of());
        return Snapshot.write(folder.resolve(name), application, log, inputs, Progress.SILENT);
    }

    private static final TrainingRun RUN = new TrainingRun(5, 2, TrainingRun.Device.CPU);

    private static DataSet.Range days(int from, int to) {
        return data.range(LAST.minusDays(from), LAST.minusDays(to));
    }

    @Test
    void theSameLogGivesTheSameBytes() {
        assertThat(write("again").manifest().contentHash())
                .isEqualTo(snapshot.manifest().contentHash());
        assertThat(Snapshot.find(folder.resolve("snapshots"), "key")).contains(snapshot);
        assertThat(Snapshot.find(folder.resolve("snapshots"), "other")).isEmpty();
    }

    @Test
    void whatWasPostedAfterTheSourcesIsLeftOut() {
        long middle = data.timesMillis()[data.rows() / 2];
        var inputs = new Snapshot.Manifest("half", "", "", "", "", "simulated", 0, LAST.toString(), middle, List.of());

        Snapshot half = Snapshot.write(folder.resolve("half"), application, log, inputs, Progress.SILENT);

        assertThat(half.manifest().rows()).isBetween(1L, data.rows() / 2L);
    }

    @Test
    void aSnapshotHoldsEachExposureWithItsLabels() {
        assertThat(data.rows()).isEqualTo((int) log.size());
        double[] clicks = requireNonNull(data.labels().get("click"));
        double[] watches = requireNonNull(data.labels().get("watch"));
        double[] amounts = requireNonNull(data.amounts().get("watch"));
        for (int i = 0; i < data.rows(); i++) {
            assertThat(clicks[i]).isIn(0.0, 1.0);
            assertThat(Double.isNaN(watches[i])).isEqualTo(clicks[i] == 0);
            assertThat(amounts[i]).isGreaterThanOrEqualTo(0);
            assertThat(amounts[i] > Math.log1p(5)).isEqualTo(clicks[i] == 1);
        }
    }

    @Test
    void nothingInASnapshotLooksAhead() {
        assertThat(LeakCheck.check(application, log, data, days(4, 0), 10, 1)).isEmpty();
    }

    /** Every count of a user's exposures is replaced by one that sees a second into the future. */
    @Test
    void aPlantedFeatureThatLooksOneSecondAheadIsCaught() {
        List<String> names = data.columns().stream().map(FeatureColumn::name).toList();
        int planted = names.indexOf("user_exposures");
        double[] honest = data.numbers()[planted];
        double[] leaking = new double[data.rows()];
        for (int i = 0; i < leaking.length; i++) {
            for (int j = 0; j < leaking.length && data.timesMillis()[j] < data.timesMillis()[i] + 1000; j++) {
                leaking[i] += data.subjects()[j] == data.subjects()[i] ? 1 : 0;
            }
        }
        data.numbers()[planted] = leaking;
        try {
            List<LeakCheck.Leak> leaks = LeakCheck.check(application, log, data, days(4, 0), 5, 1);

            assertThat(leaks)
                    .extracting(LeakCheck.Leak::feature)
                    .containsOnly("user_exposures")
                    .hasSize(5);
            assertThat(leaks.getFirst().toString()).contains("looks ahead");
        } finally {
            data.numbers()[planted] = honest;
        }
    }

    private static final Model.Trees TREES = new Model.Trees(List.of(), false, 60, 4, 0.1, 5, 20);

    private static Model.Dcn dcn(int experts, Model.Amounts amounts) {
        return dcn(experts, amounts, 0);
    }

    private static Model.Dcn dcn(int experts, Model.Amounts amounts, int teachers) {
        return new Model.Dcn(
                List.of(),
                List.of(),
                10,
                2,
                List.of(32, 16),
                experts,
                4,
                8,
                amounts,
                Optional.of("duration"),
                2,
                64,
                0.003,
                0.02,
                0.1,
                teachers,
                Optional.empty());
    }

    private static Model.Rank rank(Model.Calibrate calibrate, Optional<Model.Trees> trees, Optional<Model.Dcn> dcn) {
        return rank(calibrate, trees, dcn, false);
    }

    private static Model.Rank rank(
            Model.Calibrate calibrate, Optional<Model.Trees> trees, Optional<Model.Dcn> dcn, boolean refit) {
        return new Model.Rank(
                List.of("click", "watch"), calibrate, application.model().rank().affinity(), trees, dcn, refit, 300);
    }

    static Stream<Model.Rank> ranks() {
        return Stream.of(
                rank(Model.Calibrate.ISOTONIC, Optional.of(TREES), Optional.empty()),
                rank(
                        Model.Calibrate.PLATT,
                        Optional.of(new Model.Trees(List.of("ctr", "user_ctr", "tab_ctr"), false, 60, 4, 0.1, 5, 20)),
                        Optional.empty()),
                rank(Model.Calibrate.PLATT, Optional.empty(), Optional.of(dcn(0, Model.Amounts.LOG))),
                rank(Model.Calibrate.TEMPERATURE, Optional.empty(), Optional.of(dcn(3, Model.Amounts.WEIGHTED))),
                rank(Model.Calibrate.ISOTONIC, Optional.of(TREES), Optional.of(dcn(2, Model.Amounts.QUANTILES))),
                rank(Model.Calibrate.PLATT, Optional.of(TREES), Optional.of(dcn(0, Model.Amounts.LOG, 2)), true));
    }

    private static byte[] ranker(Model.Rank settings, String checkpoints) {
        return new RankerTrainer(
                        application, log, data, days(4, 2), days(1, 1), settings, RUN, folder.resolve(checkpoints))
                .train(Progress.SILENT)
                .bytes();
    }

    @Test
    void exposuresOfDifferentMomentsAreNotComparedByLambdaMart() {
        var ordering = new Model.Trees(List.of(), true, 60, 4, 0.1, 5, 20);

        assertThatThrownBy(
                        () -> ranker(rank(Model.Calibrate.PLATT, Optional.of(ordering), Optional.empty()), "ordering"))
                .isInstanceOf(UserFault.class)
                .hasMessageContaining("lambdamart")
                .hasMessageContaining("expected");
    }

    @ParameterizedTest
    @MethodSource("ranks")
    void aRankerLearns_isCalibrated_explainsItsScore_andTheSameSeedGivesTheSameBytes(Model.Rank settings) {
        byte[] first = ranker(settings, "first");

        assertThat(Artefact.hash(ranker(settings, "second"))).isEqualTo(Artefact.hash(first));
        DataSet.Range validate = days(1, 1);
        try (Ranker ranker = Ranker.of(Artefact.of(first))) {
            float[] inputs = InputRows.of(data, validate, ranker.inputs(), log);
            double[][] scores = ranker.score(inputs, validate.size());
            double[] clicks = validate.of(requireNonNull(data.labels().get("click")));
            assertThat(Classification.auc(scores[0], clicks)).isGreaterThan(0.55);
            double tolerance = settings.calibrate() == Model.Calibrate.TEMPERATURE ? 0.08 : 0.02;
            assertThat(Arrays.stream(scores[0]).average().orElseThrow())
                    .isCloseTo(Arrays.stream(clicks).average().orElseThrow(), within(tolerance));
            double[][] raw = ranker.raw(inputs, 10);
            for (int head = 0; head < 2; head++) {
                List<List<Ranker.Contribution>> explained = ranker.explain(inputs, 10, head);
                for (int i = 0; i < 10; i++) {
                    assertThat(explained.get(i))
                            .hasSize(ranker.inputs().layout().names().size() + 1);
                    double sum = explained.get(i).stream()
                            .mapToDouble(Ranker.Contribution::contribution)
                            .sum();
                    assertThat(sum).isCloseTo(raw[head][i], within(1e-4));
                }
            }
        }
    }

    @Test
    void aRankerThatIsRefitKnowsWhoCameOnTheValidationDays_andHasAsManyTrees() {
        Model.Rank once = rank(Model.Calibrate.PLATT, Optional.of(TREES), Optional.of(dcn(0, Model.Amounts.LOG)));
        Model.Rank again = rank(Model.Calibrate.PLATT, once.trees(), once.dcn(), true);
        DataSet.Range validate = days(1, 1);

        try (Ranker before = Ranker.of(Artefact.of(ranker(once, "once")));
                Ranker after = Ranker.of(Artefact.of(ranker(again, "again")))) {
            assertThat(after.manifest()).isEqualTo(before.manifest());
            String subject = application.framing().subject();
            assertThat(after.inputs().vocabulary(subject).size())
                    .isGreaterThan(before.inputs().vocabulary(subject).size());
            double[] clicks = validate.of(requireNonNull(data.labels().get("click")));
            assertThat(logLoss(after, validate, clicks)).isLessThan(logLoss(before, validate, clicks));
        }
    }

    private static double logLoss(Ranker ranker, DataSet.Range range, double[] outcomes) {
        double[][] scores = ranker.score(InputRows.of(data, range, ranker.inputs(), log), range.size());
        return Classification.logLoss(scores[0], outcomes);
    }

    /** Candidates of one subject are scored with its history read once, which must make no difference. */
    @Test
    void candidatesThatShareAHistoryAreScoredAsIfEachHadItsOwn() {
        byte[] bytes =
                ranker(rank(Model.Calibrate.NONE, Optional.empty(), Optional.of(dcn(0, Model.Amounts.LOG))), "shared");
        try (Ranker ranker = Ranker.of(Artefact.of(bytes))) {
            int width = ranker.width();
            int history = ranker.inputs().layout().sequencePlace(0);
            float[] all = InputRows.of(data, new DataSet.Range(0, data.rows()), ranker.inputs(), log);
            int last = data.rows() - 1;
            float[] rows = new float[7 * width];
            for (int i = 0; i < 7; i++) {
                System.arraycopy(all, (last - i) * width, rows, i * width, width);
                if (i < 6) {
                    System.arraycopy(all, last * width + history, rows, i * width + history, width - history);
                }
            }
            assertThat(Arrays.copyOfRange(rows, history, width))
                    .isNotEqualTo(Arrays.copyOfRange(rows, 6 * width + history, 7 * width));

            double[][] shared = ranker.raw(rows, 6);
            double[][] own = ranker.raw(rows, 7);
            for (int head = 0; head < shared.length; head++) {
                for (int i = 0; i < 6; i++) {
                    assertThat(shared[head][i]).isCloseTo(own[head][i], within(1e-5));
                }
            }
        }
    }

    /** A row of a data set is what the server would hand to the ranker at that moment. */
    @Test
    void aRankerSeesTheSameWhileItLearnsAndWhileItServes() {
        byte[] bytes =
                ranker(rank(Model.Calibrate.NONE, Optional.empty(), Optional.of(dcn(0, Model.Amounts.LOG))), "inputs");
        try (Ranker ranker = Ranker.of(Artefact.of(bytes));
                EventCursor events = log.read(application.framing().exposure(), 0, Long.MAX_VALUE)) {
            float[] learnt = InputRows.of(data, new DataSet.Range(0, data.rows()), ranker.inputs(), log);
            var state = new FeatureState(application, log.catalog());
            RankerInputs.Encoder encoder = ranker.encoder(state, log);
            var schema = log.schema(application.framing().exposure());
            int subject = schema.codeIndex(application.subjectColumn()).orElseThrow();
            int item = schema.codeIndex(application.itemColumn()).orElseThrow();
            float[] served = new float[ranker.width()];
            int[] row = new int[1];
            Replay.run(events, state, (event, values, reader) -> {
                encoder.encode(values, reader, event.codes()[subject], event.codes()[item], served, 0);
                int start = row[0]++ * served.length;
                assertThat(served).containsExactly(Arrays.copyOfRange(learnt, start, start + served.length));
            });
            assertThat(row[0]).isEqualTo(data.rows());
        }
    }

    private static Model.TwoTower smallTowers(Optional<Duration> forget) {
        return new Model.TwoTower(
                8,
                List.of("id", "recent_videos"),
                List.of("id", "tag"),
                50,
                1,
                0,
                10,
                20,
                16,
                0.01,
                forget,
                Model.Precision.FLOAT);
    }

    @Test
    void idsUnseenForLongHaveNoRowOfTheirOwn() {
        DataSet.Range train = days(4, 2);
        long since = data.timesMillis()[train.to() - 1] - Duration.ofHours(12).toMillis();
        var recent = new TreeSet<String>();
        var all = new TreeSet<String>();
        for (int i = train.from(); i < train.to(); i++) {
            String user = data.subjectTexts().get(data.subjects()[i]);
            all.add(user);
            if (data.timesMillis()[i] >= since) {
                recent.add(user);
            }
        }
        String beside = "forgets";
        Model.Dcn dcn = dcn(0, Model.Amounts.LOG);
        var forgetting = new Model.Dcn(
                dcn.features(),
                dcn.sequences(),
                dcn.last(),
                dcn.cross(),
                dcn.deep(),
                dcn.experts(),
                dcn.dim(),
                dcn.idDim(),
                dcn.amounts(),
                dcn.by(),
                1,
                dcn.batch(),
                dcn.learningRate(),
                dcn.rowRate(),
                dcn.dropout(),
                0,
                Optional.of(Duration.ofHours(12)));

        byte[] ranker = ranker(rank(Model.Calibrate.PLATT, Optional.empty(), Optional.of(forgetting)), beside);
        byte[] towers = new TwoTowerTrainer(
                        application,
                        log,
                        data,
                        train,
                        smallTowers(Optional.of(Duration.ofHours(12))),
                        RUN,
                        encoders,
                        folder.resolve(beside))
                .train(Progress.SILENT)
                .bytes();

        assertThat(recent).hasSizeLessThan(all.size());
        try (Ranker read = Ranker.of(Artefact.of(ranker))) {
            assertThat(read.inputs().vocabulary("user").texts()).isNotEmpty().allMatch(recent::contains);
        }
        Vocabulary known = Vocabulary.of(Artefact.of(towers).part("vocabulary-id-user.txt"));
        assertThat(known.texts()).isNotEmpty().allMatch(recent::contains);
    }

    @Test
    void aTrainingThatWasKilledGoesOnToTheSameModel() {
        Model.TwoTower settings = smallTowers(Optional.empty());
        byte[] undisturbed = new TwoTowerTrainer(
                        application, log, data, days(4, 1), settings, RUN, encoders, folder.resolve("undisturbed"))
                .train(Progress.SILENT)
                .bytes();
        Path checkpoints = folder.resolve("killed");
        for (long steps : new long[] {700, 1_300}) {
            var killed = new TwoTowerTrainer(application, log, data, days(4, 1), settings, RUN, encoders, checkpoints);
            assertThatThrownBy(() -> killed.train((done, _, _) -> {
                        if (done == steps * 16) {
                            throw new IllegalStateException("killed");
                        }
                    }))
                    .hasMessage("killed");
            assertThat(checkpoints.resolve("step-" + steps / 500 * 500)).isDirectory();
        }
        byte[] resumed = new TwoTowerTrainer(application, log, data, days(4, 1), settings, RUN, encoders, checkpoints)
                .train(Progress.SILENT)
                .bytes();

        assertThat(Artefact.hash(resumed)).isEqualTo(Artefact.hash(undisturbed));
        assertThat(checkpoints).doesNotExist();
    }

    @Test
    void towersPutWhatWasTakenNearerThanChance_andTheSameSeedGivesTheSameBytes() {
        var settings = new Model.TwoTower(
                16,
                List.of("id", "recent_videos", "active_degree"),
                List.of("id", "author", "tag", "duration"),
                50,
                1,
                0,
                20,
                8,
                128,
                0.01,
                Optional.empty(),
                Model.Precision.FLOAT);
        byte[] first = new TwoTowerTrainer(
                        application, log, data, days(4, 1), settings, RUN, encoders, folder.resolve("checkpoints"))
                .train(Progress.SILENT)
                .bytes();
        // A buffer that is collected while PyTorch still reads it would change the bits.
        byte[] second = new TwoTowerTrainer(
                        application, log, data, days(4, 1), settings, RUN, encoders, folder.resolve("checkpoints"))
                .train((_, _, _) -> System.gc())
                .bytes();

        assertThat(Artefact.hash(first)).isEqualTo(Artefact.hash(second));
        try (TwoTower model = TwoTower.of(Artefact.of(first))) {
            TwoTower.Bound towers = model.bind(log, "user", "video", encoders::vectors);
            var users = log.dictionary().domain("id:user");
            var videos = log.dictionary().domain("id:video");
            double[] clicks = requireNonNull(data.labels().get("click"));
            var random = new SplittableRandom(1);
            int nearer = 0;
            int pairs = 0;
            DataSet.Range train = days(4, 1);
            for (int i = train.from(); i < train.to() && pairs < 600; i++) {
                if (clicks[i] == 1) {
                    int[] texts = requireNonNull(data.sequences().get("recent_videos"))[i];
                    int[] recent = Arrays.stream(texts)
                            .map(item -> videos.code(data.itemTexts().get(item)))
                            .toArray();
                    float[] user = towers.subject(
                            users.code(data.subjectTexts().get(data.subjects()[i])), Map.of("recent_videos", recent));
                    int taken = videos.code(data.itemTexts().get(data.items()[i]));
                    int other = 1 + random.nextInt(videos.size() - 1);
                    float[][] items = towers.items(new int[] {taken, other});
                    nearer += Vectors.dot(user, items[0]) > Vectors.dot(user, items[1]) ? 1 : 0;
                    pairs++;
                    assertThat(Vectors.dot(user, user)).isCloseTo(1f, within(1e-5f));
                }
            }
            assertThat((double) nearer / pairs).isGreaterThan(0.6);
        }
    }

    /** Golden values by hand: 1, 3, 2, 4 pools the middle two at 2.5. */
    @Test
    void isotonicPoolsWhatFalls() {
        Isotonic curve = IsotonicFit.fit(new double[] {4, 1, 3, 2}, new double[] {4, 1, 2, 3});

        assertThat(curve.outputs()).containsExactly(1, 2.5, 4);
        assertThat(curve.inputs()).containsExactly(1, 2.5, 4);
        assertThat(curve.apply(1.75)).isCloseTo(1.75, within(1e-12));
        assertThat(curve.apply(-9)).isEqualTo(1);
        assertThat(curve.apply(99)).isEqualTo(4);
    }
}
