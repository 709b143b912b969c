package io.rankwright.cli;

import picocli.CommandLine.Command;

/** The {@code rankwright} command; its subcommands do the work. */
@Command(
        name = "rankwright",
        mixinStandardHelpOptions = true,
        version = "rankwright 0.1.0",
        description = "A ranking engine: an ML ranking system described in one file, in seven steps, and run.",
        subcommands = {
            RunCommand.class,
            CheckCommand.class,
            CiCommand.class,
            TrainCommand.class,
            EvaluateCommand.class,
            TuneCommand.class,
            ImportCommand.class,
            ModelsCommand.class,
            ReportCommand.class,
            FeaturesCommand.class,
            SnapshotsCommand.class,
            ReproduceCommand.class,
            ExperimentCommand.class,
            CanaryCommand.class,
            ShadowCommand.class,
            SimulateCommand.class,
            SkewCommand.class,
            OffPolicyCommand.class,
            UpliftCommand.class,
            BackfillCommand.class,
            BatchCommand.class,
            PlanCommand.class,
            PublishCommand.class,
            FlinkCommand.class,
            PromoteCommand.class,
            RollbackCommand.class,
            SchemaCommand.class,
            NewCommand.class,
            HealthCommand.class,
            DevCommand.class,
            BenchCommand.class
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:what was compared differs, or a check of ci has failed",
            "2:the file, the data or the arguments are wrong; the message says what would be right",
            "3:the machine refused: a port or folder in use, a full disk",
            "70:an error of Rankwright itself"
        })
final class Rankwright extends CommandGroup {
    Rankwright() {
        super("a command; the first one to try: rankwright run apps/video-feed");
    }
}
