package io.rankwright.cli;

import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rankwright health}: whether a server is ready, for machines that have no other means to ask. */
@Command(
        name = "health",
        mixinStandardHelpOptions = true,
        description = "Asks a server whether it is ready; exit code 0 if it is, 3 if not.")
final class HealthCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(4);

    @Parameters(
            paramLabel = "ADDRESS",
            defaultValue = "http://127.0.0.1:8080",
            description = "The server (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init")
    private String address;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        HttpRequest request;
        try {
            request = HttpRequest.newBuilder(URI.create(address + "/health/ready"))
                    .timeout(PATIENCE)
                    .build();
        } catch (IllegalArgumentException e) {
            throw new UserFault("the address '" + address + "'; expected one such as http://127.0.0.1:8080");
        }
        try (HttpClient client =
                HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                throw new EnvironmentFault(address + " is not ready: " + response.body(), true);
            }
            spec.commandLine().getOut().println("ready");
            return 0;
        } catch (IOException e) {
            throw new EnvironmentFault(
                    address + " does not answer: " + e.getClass().getSimpleName(), true, e);
        }
    }
}
