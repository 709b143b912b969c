package io.rankwright.cli;

import io.rankwright.serving.Carriers;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.RankwrightException;
import java.io.PrintWriter;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;

/** Where the process begins: parses the command line, runs the command, turns errors into messages and exit codes. */
public final class Main {
    // A logger that is not held may be collected, and its level with it.
    private static final Logger ROOT = Logger.getLogger("");

    /** DJL warns twice where there is no GPU, which is no fault. */
    private static final Logger DEVICES = Logger.getLogger("ai.djl.util.cuda");

    /** Flink inside this process has no log files and no tokens, and says so at each start. */
    private static final List<Logger> CLUSTERS = List.of(
            Logger.getLogger("org.apache.flink.runtime.webmonitor"),
            Logger.getLogger("org.apache.flink.runtime.security.token"));

    private Main() {}

    /** Runs one command and exits with its code. */
    public static void main(String[] arguments) {
        Carriers.reserve();
        ROOT.setLevel(Level.WARNING);
        DEVICES.setLevel(Level.SEVERE);
        CLUSTERS.forEach(logger -> logger.setLevel(Level.SEVERE));
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        var commandLine = new CommandLine(new Rankwright());
        commandLine.setExecutionExceptionHandler((exception, command, _) -> {
            PrintWriter err = command.getErr();
            if (exception instanceof InternalFault fault) {
                err.println("rankwright: an error of ours, please report it: " + fault.getMessage());
                fault.printStackTrace(err);
                return fault.exitCode();
            }
            if (exception instanceof RankwrightException fault) {
                err.println(fault.getMessage());
                return fault.exitCode();
            }
            err.println("rankwright: an error of ours, please report it: " + exception);
            exception.printStackTrace(err);
            return new InternalFault("").exitCode();
        });
        return commandLine;
    }
}
