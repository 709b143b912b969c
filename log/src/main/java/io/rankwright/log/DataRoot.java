package io.rankwright.log;

import io.rankwright.spec.Application;
import io.rankwright.spec.Data;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The folder under which an application's sources lie, and whether its data are real. Immutable.
 *
 * @param isSimulated whether the engine made the data itself; every screen and report must say so
 */
public record DataRoot(Path folder, boolean isSimulated) {
    /**
     * Finds the data: {@code --data}, then {@code $RANKWRIGHT_DATA}, then {@code data} in the application's folder, then
     * {@code ../shared/data} beside the checkout.
     *
     * @param globs the patterns of the sources, of which one must match for a folder to be the right one
     * @param option the folder given by {@code --data}
     * @param environment the value of {@code $RANKWRIGHT_DATA}
     * @return empty if no folder holds the sources and none was named: the data are to be simulated
     * @throws UserFault if a folder was named but does not hold the sources
     */
    public static Optional<DataRoot> find(
            Application application, List<String> globs, Optional<Path> option, Optional<Path> environment) {
        Optional<Path> named = option.or(() -> environment);
        if (named.isPresent()) {
            Path folder = named.get();
            if (!Files.isDirectory(folder)) {
                throw new UserFault(
                        "no data folder at " + folder + "; expected a folder that holds " + String.join(" or ", globs));
            }
            if (!holdsAny(folder, globs)) {
                throw new UserFault("no file in " + folder + " matches " + String.join(" or ", globs)
                        + "; expected one, or no --data at all to run on simulated data");
            }
            return Optional.of(new DataRoot(folder, false));
        }
        Path home = application.folder();
        return Stream.of(
                        home.resolve("data"),
                        home.resolve("../../../shared/data").normalize())
                .filter(Files::isDirectory)
                .filter(folder -> holdsAny(folder, globs))
                .map(folder -> new DataRoot(folder, false))
                .findFirst();
    }

    private static boolean holdsAny(Path folder, List<String> globs) {
        var root = new DataRoot(folder, false);
        return globs.stream().anyMatch(glob -> !root.matching(glob).isEmpty());
    }

    /** The files that match a pattern, sorted by name. */
    List<Path> matching(String glob) {
        int slash = glob.lastIndexOf('/');
        Path parent = slash < 0 ? folder : folder.resolve(glob.substring(0, slash));
        if (!Files.isDirectory(parent)) {
            return List.of();
        }
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob.substring(slash + 1));
        try (Stream<Path> files = Files.list(parent)) {
            return files.filter(file -> matcher.matches(file.getFileName()))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new EnvironmentFault("could not list " + parent + ": " + e.getMessage(), true, e);
        }
    }

    /** Every file of an entity; those of its extra sources last. */
    List<Path> files(Data.EntitySource source) {
        var files = new ArrayList<Path>();
        for (String glob : source.globs()) {
            List<Path> matching = matching(glob);
            if (matching.isEmpty()) {
                throw new UserFault("no file matches " + glob + " of data.entities." + source.name() + " in " + folder);
            }
            files.addAll(matching);
        }
        source.extras().forEach(glob -> files.addAll(matching(glob)));
        return files;
    }

    /** Every file of an event. */
    List<Path> files(Data.EventSource source) {
        var files = new ArrayList<Path>();
        for (String glob : source.globs()) {
            List<Path> matching = matching(glob);
            if (matching.isEmpty()) {
                throw new UserFault("no file matches " + glob + " of data.events." + source.name() + " in " + folder);
            }
            files.addAll(matching);
        }
        return files;
    }
}
