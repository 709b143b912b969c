package io.rankwright.log;

import io.rankwright.spec.FeedApplication;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;

/** The flagship application, copied into a folder of a test so that it finds no real data. */
final class TestApplication {
    private static final Path VIDEO_FEED = Path.of("../apps/video-feed");

    private TestApplication() {}

    static FeedApplication in(Path folder) {
        try (Stream<Path> files = Files.walk(VIDEO_FEED)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".yaml")).toList()) {
                Path copy = folder.resolve("app")
                        .resolve(VIDEO_FEED.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return FeedApplication.read(folder.resolve("app"));
    }
}
