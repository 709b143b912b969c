package io.rankwright.spec;

import static io.rankwright.spec.Shape.choice;
import static io.rankwright.spec.Shape.fields;
import static io.rankwright.spec.Shape.optional;
import static io.rankwright.spec.Shape.required;
import static io.rankwright.spec.Shape.value;

import io.rankwright.spec.Encoder.Fit;
import io.rankwright.spec.Encoder.Pooling;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads and checks the {@code encoder.yaml} of an application's own encoder, and takes the hash of its files. */
final class EncoderReader {
    /** The file that describes an encoder, in its folder. */
    static final String FILE = "encoder.yaml";

    /** Where the encoders of an application lie. */
    static final String FOLDER = "encoders";

    private static final Shape TEXT = value(Shape.Kind.TEXT);
    private static final Shape INTEGER = value(Shape.Kind.INTEGER);
    private static final Shape NUMBER = value(Shape.Kind.NUMBER);
    private static final int MOST_PIXELS = 4096;

    /** How {@code encoder.yaml} looks. */
    static final Shape.Fields SHAPE = fields(
            "A pre-trained network that makes a vector of a text or an image; all files lie beside this one.",
            required("dim", INTEGER, "the length of its vectors"),
            optional("network", TEXT, "the ONNX file (default network.onnx)"),
            optional("output", TEXT, "the output of the network that is used (default the first)"),
            optional(
                    "pooling",
                    choice("mean", "first", "none"),
                    "how an output with a vector for each token becomes one vector (default mean for texts, none for images)"),
            optional(
                    "texts",
                    fields(
                            "How it looks at texts.",
                            optional(
                                    "tokenizer", TEXT, "the file of a Hugging Face tokenizer (default tokenizer.json)"),
                            optional("longest", INTEGER, "how many tokens are looked at (default 256)"),
                            optional("query_prefix", TEXT, "what a query begins with")),
                    "it reads texts"),
            optional(
                    "images",
                    fields(
                            "How it looks at images.",
                            required(
                                    "size",
                                    new Shape.OneOrMore(INTEGER),
                                    "of the square that the network sees, in pixels; or its height and its width"),
                            optional(
                                    "resize",
                                    INTEGER,
                                    "the shorter side before a crop, in pixels (default that of size)"),
                            optional(
                                    "fit",
                                    choice("crop", "stretch", "pad"),
                                    "how an image of another shape becomes one of this (default crop)"),
                            optional(
                                    "mean",
                                    new Shape.Items(NUMBER, 3, 3),
                                    "of red, green and blue from 0 to 1, which is taken away (default 0)"),
                            optional(
                                    "deviation",
                                    new Shape.Items(NUMBER, 3, 3),
                                    "of red, green and blue, by which is divided (default 1)"),
                            optional(
                                    "channels",
                                    choice("first", "last"),
                                    "whether the input is colour x row x column or row x column x colour (default first)")),
                    "it reads images"));

    private final List<Problem> problems;

    EncoderReader(List<Problem> problems) {
        this.problems = problems;
    }

    /**
     * Reads one.
     *
     * @param folder with its files
     * @param shownAs how the folder is called in problems
     * @return empty if a file is missing, which is a problem then
     */
    Optional<Encoder> read(Path folder, String shownAs) {
        int before = problems.size();
        Optional<Yaml> yaml = Yaml.read(folder.resolve(FILE), shownAs + "/" + FILE, problems);
        yaml.ifPresent(read -> new ShapeCheck(problems).check(read, SHAPE));
        return yaml.map(Section::of).filter(_ -> problems.size() == before).flatMap(root -> bind(root, folder));
    }

    private Optional<Encoder> bind(Section root, Path folder) {
        boolean isOfImages = root.has("images");
        if (isOfImages == root.has("texts")) {
            problems.add(new Problem(
                    root.location(),
                    isOfImages ? "an encoder of both texts and images" : "an encoder of nothing",
                    "either 'texts:' or 'images:'; the two sides of a network of both are two encoders"));
            return Optional.empty();
        }
        if (root.integer("dim", 1) < 1) {
            problems.add(new Problem(root.location("dim"), "vectors without a value", "1 or more"));
        }
        Encoder.Reading reading = isOfImages ? images(root.section("images")) : texts(root.section("texts"));
        var files = new ArrayList<String>(List.of(FILE, root.text("network", "network.onnx")));
        if (reading instanceof Encoder.Texts texts) {
            files.add(texts.tokenizer());
        }
        for (String file : files) {
            Path found = folder.resolve(file).normalize();
            if (!found.startsWith(folder) || !Files.isRegularFile(found)) {
                problems.add(new Problem(root.location(), "no file " + file, "one beside " + FILE));
                return Optional.empty();
            }
        }
        String word = String.valueOf(folder.getFileName());
        return Optional.of(new Encoder(
                word,
                word + "-" + hash(folder, files).substring(0, 12),
                root.integer("dim", 1),
                files.get(1),
                root.text("output", ""),
                Pooling.valueOf(
                        root.text("pooling", isOfImages ? "none" : "mean").toUpperCase(Locale.ROOT)),
                reading,
                Optional.of(folder)));
    }

    private static Encoder.Texts texts(Section section) {
        return new Encoder.Texts(
                section.text("tokenizer", "tokenizer.json"),
                section.integer("longest", Encoder.MOST_TOKENS),
                section.scalars("query_prefix").stream()
                        .findFirst()
                        .map(Yaml.Scalar::text)
                        .orElse(""));
    }

    private Encoder.Images images(Section section) {
        List<Integer> size = section.integers("size", List.of(224));
        int height = size.getFirst();
        int width = size.getLast();
        int shorter = Math.min(height, width);
        int resize = section.integer("resize", shorter);
        if (size.size() > 2
                || shorter < 1
                || Math.max(height, width) > MOST_PIXELS
                || resize < shorter
                || resize > MOST_PIXELS) {
            problems.add(new Problem(
                    section.location("size"),
                    "size " + size + ", resize " + resize,
                    "a side, or height and width, from 1 to " + MOST_PIXELS + ", and resize not less"));
        }
        List<Double> deviations = numbers(section, "deviation", 1);
        if (deviations.stream().anyMatch(deviation -> !(deviation > 0))) {
            problems.add(new Problem(section.location("deviation"), "a deviation of " + deviations, "more than 0"));
        }
        return new Encoder.Images(
                height,
                width,
                resize,
                Fit.valueOf(section.text("fit", "crop").toUpperCase(Locale.ROOT)),
                numbers(section, "mean", 0),
                deviations,
                section.text("channels", "first").equals("last"));
    }

    private static List<Double> numbers(Section section, String key, double missing) {
        return section.has(key)
                ? section.texts(key).stream().map(Double::valueOf).toList()
                : List.of(missing, missing, missing);
    }

    private static String hash(Path folder, List<String> files) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String file : files) {
                digest.update(file.getBytes(StandardCharsets.UTF_8));
                try (InputStream in = new DigestInputStream(Files.newInputStream(folder.resolve(file)), digest)) {
                    in.transferTo(OutputStream.nullOutputStream());
                }
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new InternalFault("no SHA-256", e);
        } catch (IOException e) {
            throw new EnvironmentFault("cannot read " + folder + ": " + e.getMessage(), true, e);
        }
    }
}
