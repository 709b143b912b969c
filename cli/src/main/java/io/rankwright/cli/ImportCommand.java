package io.rankwright.cli;

import io.rankwright.cli.pipeline.Home;
import io.rankwright.cli.pipeline.MetricsTable;
import io.rankwright.models.ImportedNetwork;
import io.rankwright.registry.Version;
import io.rankwright.spec.FeedApplication;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rankwright import}: a ranker that was trained elsewhere becomes a version like our own. */
@Command(
        name = "import",
        mixinStandardHelpOptions = true,
        description = {
            "Takes a ranker that was trained elsewhere: an ONNX network with one input x of (n, inputs) and one output of"
                    + " (n, heads), and a manifest in JSON that names them:",
            "{\"inputs\": [{\"feature\": \"user_ctr\", \"missing\": 0.5}, {\"feature\": \"tag\", \"categories\":"
                    + " [\"11\", \"4\"]}], \"outputs\": [\"click\", \"watch\"]}",
            "A category goes in as its place in the list, from 1, and 0 if it is not there; a probability comes out as its"
                    + " log-odds. The ranker is calibrated, judged and registered; 'rankwright promote' lets it serve."
        })
final class ImportCommand implements Callable<Integer> {
    @Mixin
    private final ApplicationOptions options = new ApplicationOptions();

    @Mixin
    private final TrainingOptions training = new TrainingOptions();

    @Option(names = "--model", required = true, paramLabel = "FILE", description = "The network as ONNX.")
    @SuppressWarnings("NullAway.Init")
    private Path model;

    @Option(names = "--manifest", required = true, paramLabel = "FILE", description = "What goes in and comes out.")
    @SuppressWarnings("NullAway.Init")
    private Path manifest;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        FeedApplication application = options.application();
        ImportedNetwork network = ImportedNetwork.read(model, manifest, application);
        try (Home home = Home.take(options.homeFolder(application))) {
            Version version = training.pipeline(application, options, home).take(network);
            MetricsTable.print(version, application, spec.commandLine().getOut());
            return 0;
        }
    }
}
