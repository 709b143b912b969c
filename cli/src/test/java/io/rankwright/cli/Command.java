package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Playwright;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** The {@code rankwright} command as a process of its own, as a user starts it. */
final class Command {
    private static final Path APPS = Path.of("../apps");

    private Command() {}

    record Result(int exitCode, String out, String err) {}

    /** Copies the flagship so that it finds no real data, made small enough for a test. */
    static final String BUDGET = "budget: { retrieve: 5s, rank: 5s, rerank: 5s }";

    /** Copies an application so that it finds no real data. */
    static Path application(String name, Path folder) {
        return copied(name, folder.resolve(name));
    }

    private static Path copied(String name, Path application) {
        try (Stream<Path> files = Files.walk(APPS.resolve(name))) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".yaml")).toList()) {
                Path copy =
                        application.resolve(APPS.resolve(name).relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
            return application;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path smallApplication(Path folder) {
        Path application = copied("video-feed", folder.resolve("small"));
        try {
            Path yaml = application.resolve("app.yaml");
            Files.writeString(
                    yaml,
                    Files.readString(yaml)
                            .replace("users: 20k, videos: 5k, days: 12", "users: 900, videos: 300, days: 6")
                            .replace("rounds: 600", "rounds: 40")
                            // What suits 170,000 exposures learns next to nothing from 4,000.
                            .replace("regularisation: 300, ", "")
                            .replace("batch: 256, row_rate: 0.08, dropout: 50%, teachers: 2, ", "")
                            .replace("    refit: true\n", "")
                            // Sources that the home feed does not use are tried here.
                            .replace(
                                    "    similar:   {",
                                    "    ease:      { to: recent_videos, regularisation: 50, candidates: 100 }\n"
                                            + "    ials:      { to: recent_videos, dim: 16, candidates: 100 }\n"
                                            + "    similar:   {")
                            // Deadlines are tested where they are meant to be missed, not by a machine that pauses.
                            .replace("budget:   { retrieve: 40ms, rank: 60ms, rerank: 10ms }", BUDGET)
                            .replace("epochs: 2", "epochs: 1, batch: 128")
                            .replaceFirst("gates: +\\[.*\\]", "gates: [ \"click.auc > 0.5\" ]"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return application;
    }

    /** The home of a whole run of the small application, made once for all tests that only need one. */
    private static synchronized Path trained() {
        Path home = made("trained");
        if (!Files.isDirectory(home.resolve("home"))) {
            Path application = smallApplication(home);
            Result made = run(
                    home,
                    "run",
                    application.toString(),
                    "--no-serve",
                    "--home",
                    home.resolve("home").toString());
            assertThat(made.exitCode()).as(made.err()).isZero();
        }
        return home.resolve("home");
    }

    /** The small application, and in its folder the home of a whole run. */
    static Path trainedApplication(Path folder) {
        Path application = smallApplication(folder);
        trainedHome(application.resolve(".rankwright"));
        return application;
    }

    /** Makes a home of a whole run of the small application. */
    static void trainedHome(Path home) {
        try {
            copy(trained(), home);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Copies a folder with all that is in it. */
    static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> inside = Files.walk(from)) {
            for (Path file : inside.filter(Files::isRegularFile).toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
    }

    /** The classes of children, folders of them as files, so that they can be shared as they lie in memory. */
    private static final String CLASSES = Arrays.stream(
                    System.getProperty("java.class.path").split(File.pathSeparator))
            .map(Path::of)
            .filter(entry -> !entry.endsWith("test-classes"))
            .map(entry -> Files.isDirectory(entry) ? jar(entry) : entry)
            .map(Path::toString)
            .collect(Collectors.joining(File.pathSeparator));

    private static Path jar(Path folder) {
        Path jar = made("classes-" + Integer.toHexString(folder.toAbsolutePath().hashCode()) + ".jar");
        try (var out = new JarOutputStream(Files.newOutputStream(jar));
                Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                out.putNextEntry(new JarEntry(folder.relativize(file).toString()));
                Files.copy(file, out);
                out.closeEntry();
            }
            return jar;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Those classes as they lie in memory: most of what a child takes to start is reading and checking them. */
    private static final Path ARCHIVE = archive();

    private static Path archive() {
        Path archive = made("classes.jsa");
        try {
            new ProcessBuilder(
                            java(),
                            "@" + Path.of("../ship/jvm.options"),
                            "-XX:ArchiveClassesAtExit=" + archive,
                            "-Xlog:disable",
                            "-cp",
                            CLASSES,
                            Main.class.getName(),
                            "check",
                            APPS.resolve("video-feed").toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return archive;
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** A file of this run of the tests. */
    private static Path made(String name) {
        Path folder = Path.of("target", "made-" + ProcessHandle.current().pid()).toAbsolutePath();
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return folder.resolve(name);
    }

    static Process start(List<String> arguments, Map<String, String> environment, Path out, Path err) {
        var command = new ArrayList<String>(List.of(
                java(),
                "@" + Path.of("../ship/jvm.options"),
                "-Xmx2g",
                "-XX:SharedArchiveFile=" + ARCHIVE,
                "-Xlog:cds=off",
                "-cp",
                CLASSES,
                Main.class.getName()));
        command.addAll(arguments);
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
            builder.environment().putAll(environment);
            builder.environment().remove("RANKWRIGHT_DATA");
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Result run(Path scratch, String... arguments) {
        Path out = scratch.resolve("out-" + System.nanoTime());
        Path err = scratch.resolve("err-" + System.nanoTime());
        try {
            Process process = start(List.of(arguments), Map.of(), out, err);
            if (!process.waitFor(8, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new IllegalStateException("not finished: " + String.join(" ", arguments));
            }
            return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Does something in Debian's Chromium; where that is not installed the test is skipped. */
    static void inChromium(Consumer<Browser> use) {
        Path chromium = Path.of("/usr/bin/chromium");
        Assumptions.assumeTrue(Files.isExecutable(chromium), "Debian's chromium is not installed");
        try (Playwright playwright = Playwright.create(
                        new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
                Browser browser = playwright
                        .chromium()
                        .launch(new BrowserType.LaunchOptions()
                                .setExecutablePath(chromium)
                                .setArgs(List.of(
                                        "--no-sandbox",
                                        "--disable-gpu",
                                        "--disable-quic",
                                        "--no-first-run",
                                        "--disable-background-networking",
                                        "--disable-component-update",
                                        "--disable-sync")))) {
            use.accept(browser);
        }
    }

    /** A server that was started by {@code rankwright run}. */
    record Running(Process process, String address, Path err) implements AutoCloseable {
        private static final ObjectMapper JSON = new ObjectMapper();
        private static final HttpClient HTTP = HttpClient.newHttpClient();

        HttpResponse<String> send(String method, String path, String body) throws IOException, InterruptedException {
            return HTTP.send(
                    HttpRequest.newBuilder(URI.create(address + path))
                            .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                            .header("Content-Type", "application/json")
                            .build(),
                    BodyHandlers.ofString());
        }

        JsonNode get(String path) throws IOException, InterruptedException {
            HttpResponse<String> response = send("GET", path, "");
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            return JSON.readTree(response.body());
        }

        @Override
        public void close() {
            process.destroy();
            try {
                if (!process.waitFor(20, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static final Pattern ADDRESS = Pattern.compile("open +(http://\\S+)");

    static Running serve(Path scratch, String... arguments) {
        return serve(scratch, Map.of(), arguments);
    }

    static Running serve(Path scratch, Map<String, String> environment, String... arguments) {
        Path out = scratch.resolve("serve-out-" + System.nanoTime());
        Path err = scratch.resolve("serve-err-" + System.nanoTime());
        var all = new ArrayList<>(List.of("run"));
        all.addAll(List.of(arguments));
        Process process = start(all, environment, out, err);
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(5);
        try {
            while (System.nanoTime() < deadline) {
                Matcher matcher = ADDRESS.matcher(Files.readString(out));
                if (matcher.find()) {
                    return new Running(process, matcher.group(1), err);
                }
                if (process.waitFor(50, TimeUnit.MILLISECONDS)) {
                    throw new IllegalStateException("ended with " + process.exitValue() + ": " + Files.readString(err));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        process.destroyForcibly();
        throw new IllegalStateException("not serving in time");
    }
}
