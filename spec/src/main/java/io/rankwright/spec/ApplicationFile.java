package io.rankwright.spec;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One application file while it is read: its YAML, the files beside it, and the problems found so far. They are
 * collected, not thrown, until the whole file has been seen. Used once, by one thread.
 */
final class ApplicationFile {
    private final List<Problem> problems = new ArrayList<>();
    private final List<Path> ownFiles = new ArrayList<>();
    private final Map<String, Optional<Encoder>> encoders = new TreeMap<>();
    private final Path file;
    private final Path folder;
    private final Yaml yaml;

    private ApplicationFile(Path folderOrFile, Map<String, String> overrides) {
        this.file = Files.isDirectory(folderOrFile) ? folderOrFile.resolve("app.yaml") : folderOrFile;
        this.folder = requireNonNull(file.toAbsolutePath().normalize().getParent(), "a file stands in a folder");
        if (!Files.exists(file)) {
            throw new UserFault("no application file at " + file + "; expected a folder with app.yaml in it"
                    + " ('rankwright new NAME' writes one)");
        }
        this.yaml = Yaml.read(file, file.toString(), problems)
                .map(read -> overridden(read, overrides))
                .orElseThrow(() -> new UserFault(problems));
    }

    /** Reads and checks an application, whatever its task. */
    static Application of(Path folderOrFile, Map<String, String> overrides) {
        var file = new ApplicationFile(folderOrFile, overrides);
        Application application = switch (file.root().section("framing").text("task", "feed")) {
            case "search" -> new SearchReader(file).read();
            case "score" -> new ScoreReader(file).read();
            default -> new FeedReader(file).read();
        };
        file.refuse();
        return application;
    }

    /** The same, where only one task will do. */
    static <A extends Application> A of(Path folderOrFile, Map<String, String> overrides, Class<A> wanted) {
        Application application = of(folderOrFile, overrides);
        if (!wanted.isInstance(application)) {
            String task =
                    wanted == FeedApplication.class ? "feed" : wanted == SearchApplication.class ? "search" : "score";
            throw new UserFault(application.name() + " is of the task "
                    + application.task().word() + "; this works on one of the task " + task);
        }
        return wanted.cast(application);
    }

    private Yaml overridden(Yaml read, Map<String, String> overrides) {
        Yaml changed = read;
        for (var override : new TreeMap<>(overrides).entrySet()) {
            Optional<Yaml> value = Yaml.parse(override.getValue(), override.getKey(), problems);
            if (changed instanceof Yaml.Mapping mapping && value.isPresent()) {
                changed = mapping.with(List.of(override.getKey().split("\\.")), value.get());
            }
        }
        return changed;
    }

    private void refuse() {
        if (!problems.isEmpty()) {
            problems.sort(
                    Comparator.comparing((Problem problem) -> problem.location().file())
                            .thenComparing(problem -> problem.location().line())
                            .thenComparing(problem -> problem.location().column()));
            throw new UserFault(problems.stream().distinct().toList());
        }
    }

    Section root() {
        return Section.of(yaml);
    }

    List<Problem> problems() {
        return problems;
    }

    void problem(Location location, String found, String expected) {
        problems.add(new Problem(location, found, expected));
    }

    Path folder() {
        return folder;
    }

    void checkShape(Shape.Fields shape) {
        new ShapeCheck(problems).check(yaml, shape);
    }

    /** Step 1, which all tasks share. */
    Requirements requirements() {
        Section section = root().section("requirements");
        Section scale = section.section("scale");
        return new Requirements(
                section.text("objective", ""),
                scale.count("users", 0),
                scale.count("items", 0),
                scale.count("requests_per_user_per_day", 0),
                section.section("latency").duration("p99"));
    }

    /** Step 6, which all tasks share. */
    Evaluation evaluation() {
        Section section = root().section("evaluation");
        Section metrics = section.section("offline");
        var offline = new LinkedHashMap<String, List<String>>();
        metrics.mapping()
                .entries()
                .forEach(entry -> offline.put(
                        entry.key().text(), metrics.texts(entry.key().text())));
        return new Evaluation(
                offline,
                section.texts("slices"),
                section.texts("baselines"),
                section.texts("gates").stream()
                        .flatMap(text -> Section.parsed(text).stream())
                        .toList(),
                section.section("online").text("primary"),
                section.section("online").texts("guardrails"));
    }

    /** An entity with its contract; empty if that cannot be read, which is a problem already. */
    Optional<Data.EntitySource> entity(String name, Section source) {
        return contract(name, source)
                .map(contract -> new Data.EntitySource(
                        name, source.texts("source"), source.texts("extra"), source.text("key", ""), contract));
    }

    /** The contract of a source, which belongs to the application. */
    Optional<Contract> contract(String name, Section source) {
        String path = source.text("contract", "contracts/" + name + ".yaml");
        return ownFile(source, "contract", path)
                .flatMap(contract -> new ContractReader(problems)
                        .read(contract, file.resolveSibling(path).toString()));
    }

    /** The encoder that a feature names, whose files belong to the application and so to its hash. */
    Encoder encoder(Section feature, String key) {
        String word = feature.text(key, "");
        return Encoder.included(word)
                .or(() -> encoders.computeIfAbsent(word, _ -> ownEncoder(feature, key)))
                .orElse(Encoder.ALL_MINILM_L6_V2);
    }

    private Optional<Encoder> ownEncoder(Section feature, String key) {
        String word = feature.text(key, "");
        Path encoder = folder.resolve(EncoderReader.FOLDER).resolve(word);
        if (!word.matches(Shape.Kind.ENCODER.pattern())) {
            return Optional.empty();
        }
        if (!Files.isDirectory(encoder)) {
            List<String> included = Encoder.INCLUDED.stream().map(Encoder::word).toList();
            problem(
                    feature.location(key),
                    "the encoder '" + word + "'",
                    Suggestion.oneOf(included, word) + ", or a folder " + EncoderReader.FOLDER + "/" + word);
            return Optional.empty();
        }
        return new EncoderReader(problems)
                .read(
                        encoder,
                        file.resolveSibling(EncoderReader.FOLDER).resolve(word).toString());
    }

    /** A file that belongs to the application and so to its hash. */
    Optional<Path> ownFile(Section section, String key, String path) {
        Path found = folder.resolve(path).normalize();
        if (!found.startsWith(folder)) {
            problem(section.location(key), "'" + path + "'", "a file inside the application's folder");
            return Optional.empty();
        }
        if (!Files.exists(found)) {
            problem(
                    section.has(key) ? section.location(key) : section.location(),
                    "no " + key + " at " + path,
                    "a file, or '" + key + ":' with its path");
            return Optional.empty();
        }
        ownFiles.add(found);
        return Optional.of(found);
    }

    /** SHA-256 over the file and those that belong to it, as far as they have been asked for. */
    String hash() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(Files.readAllBytes(file));
            for (Path own : ownFiles) {
                digest.update(own.getFileName().toString().getBytes(StandardCharsets.UTF_8));
                digest.update(Files.readAllBytes(own));
            }
            encoders.values().stream()
                    .flatMap(Optional::stream)
                    .forEach(encoder -> digest.update(encoder.id().getBytes(StandardCharsets.UTF_8)));
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new InternalFault("no SHA-256", e);
        } catch (IOException e) {
            throw new EnvironmentFault("cannot read " + file + ": " + e.getMessage(), true, e);
        }
    }
}
