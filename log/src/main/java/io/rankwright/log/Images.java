package io.rankwright.log;

import io.rankwright.spec.Contract;
import io.rankwright.spec.EnvironmentFault;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.imageio.IIOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/**
 * The images of an application, each kept once, in a file named by the hash of its bytes. Rows hold references to them:
 * {@code image:} and the SHA-256 in hex. What comes from a file names an image by its path beneath the data root or holds it
 * as a data URI; what comes over the network holds it, or a reference to one that is kept.
 *
 * <p>Thread-safety: any number of threads, in any number of processes.
 */
public final class Images {
    /** The largest image that is taken, in bytes. */
    public static final int MOST_BYTES = 16 << 20;

    /** The largest image that is taken, in pixels: a small file may claim to be huge. */
    public static final long MOST_PIXELS = 40_000_000;

    private static final String PREFIX = "image:";
    private static final Pattern REFERENCE = Pattern.compile(PREFIX + "[0-9a-f]{64}");
    private static final Pattern DATA = Pattern.compile("data:image/[a-z0-9.+-]+;base64,");

    /** What begins a data URI is not longer. */
    private static final int LONGEST_START = 100;

    static {
        // Images are read from memory: no file besides.
        ImageIO.setUseCache(false);
    }

    private final Path folder;

    /** @param state the folder of an application's state, in which the images are, or will be */
    public Images(Path state) {
        this.folder = state.resolve("images");
    }

    /** Whether a text is an image, held or referred to. */
    public static boolean isImage(String text) {
        return isReference(text) || isHeld(text);
    }

    /** The hash of an image that is held or referred to: SHA-256 in hex. */
    public static String hash(String image) {
        return reference(image).substring(PREFIX.length());
    }

    private static boolean isReference(String text) {
        return text.length() == PREFIX.length() + 64 && REFERENCE.matcher(text).matches();
    }

    private static boolean isHeld(String text) {
        return DATA.matcher(text.substring(0, Math.min(text.length(), LONGEST_START)))
                .lookingAt();
    }

    /** The reference to an image that is held or referred to. */
    public static String reference(String image) {
        return isReference(image) ? image : reference(held(image));
    }

    private static String reference(byte[] bytes) {
        MessageDigest digest = Catalog.sha256();
        return PREFIX + HexFormat.of().formatHex(digest.digest(bytes));
    }

    private static byte[] held(String dataUri) {
        return Base64.getMimeDecoder().decode(dataUri.substring(dataUri.indexOf(',') + 1));
    }

    /**
     * Why an image cannot be taken; empty if it can.
     *
     * @param image held or referred to
     */
    public Optional<String> fault(String image) {
        return fault(image, Optional.empty());
    }

    /**
     * Why the images of a row cannot be taken; empty if they can.
     *
     * @param root beneath which files may be named; empty if none may, as in what came over the network
     */
    public Optional<String> fault(Contract contract, Map<String, String> fields, Optional<Path> root) {
        return columns(contract).stream()
                .filter(column -> fields.containsKey(column.name()))
                .flatMap(
                        column -> fault(fields.getOrDefault(column.name(), ""), root)
                                .map(fault -> column.name() + " is " + fault)
                                .stream())
                .findFirst();
    }

    /**
     * The row with references in the place of its images, which are kept; the row must be right.
     *
     * @throws EnvironmentFault if the disk is full
     */
    public Map<String, String> keep(Contract contract, Map<String, String> fields, Optional<Path> root) {
        List<Contract.Column> columns = columns(contract);
        if (columns.isEmpty()) {
            return fields;
        }
        var kept = new LinkedHashMap<String, String>(fields);
        for (Contract.Column column : columns) {
            kept.computeIfPresent(column.name(), (_, image) -> keep(image, root));
        }
        return kept;
    }

    /** The references in a row. */
    public static List<String> references(Contract contract, Map<String, String> row) {
        return columns(contract).stream()
                .map(column -> row.getOrDefault(column.name(), ""))
                .filter(Images::isReference)
                .toList();
    }

    /** Whether rows of a contract have images. */
    public static boolean areIn(Contract contract) {
        return !columns(contract).isEmpty();
    }

    /** The columns of images. */
    static List<Contract.Column> columns(Contract contract) {
        return contract.columns().stream()
                .filter(column -> column.type() == Contract.Type.IMAGE)
                .toList();
    }

    private Optional<String> fault(String image, Optional<Path> root) {
        if (isReference(image)) {
            return Files.exists(file(image))
                    ? Optional.empty()
                    : Optional.of("a reference to an image that is not kept; expected the image");
        }
        if (!isHeld(image) && root.isEmpty()) {
            return Optional.of("no image; expected a data URI such as data:image/png;base64,iVBOR…");
        }
        byte[] bytes;
        try {
            bytes = isHeld(image) ? held(image) : named(image, root.orElseThrow());
        } catch (IllegalArgumentException e) {
            return Optional.of("no base64: " + e.getMessage());
        } catch (IOException e) {
            return Optional.of("'" + shortened(image) + "'; expected the path of an image beneath the data root");
        }
        return fault(bytes);
    }

    /** An image that is kept was looked at before; any other must be whole. */
    private Optional<String> fault(byte[] bytes) {
        if (bytes.length > MOST_BYTES) {
            return Optional.of("an image of " + bytes.length + " bytes; expected at most " + MOST_BYTES);
        }
        if (Files.exists(file(reference(bytes)))) {
            return Optional.empty();
        }
        try {
            decoded(bytes);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /**
     * The pixels of an image.
     *
     * @throws IOException if it is none, is broken or too large
     */
    public static BufferedImage decoded(byte[] bytes) throws IOException {
        try (ImageInputStream in = ImageIO.createImageInputStream(new ByteArrayInputStream(bytes))) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            if (!readers.hasNext()) {
                throw new IOException("no image; expected PNG, JPEG, WebP, GIF or BMP");
            }
            ImageReader reader = readers.next();
            try {
                reader.setInput(in);
                // What it says of itself, before a pixel is made of it.
                long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
                if (pixels > MOST_PIXELS) {
                    throw new IOException("an image of " + pixels + " pixels; expected at most " + MOST_PIXELS);
                }
                return reader.read(0);
            } catch (RuntimeException | IIOException e) {
                throw new IOException("a broken image (" + e.getMessage() + ")", e);
            } finally {
                reader.dispose();
            }
        }
    }

    private static byte[] named(String path, Path root) throws IOException {
        Path whole = root.toAbsolutePath().normalize();
        Path file = whole.resolve(path).normalize();
        if (!file.startsWith(whole) || !Files.isRegularFile(file) || Files.size(file) > MOST_BYTES) {
            throw new IOException("no such file");
        }
        return Files.readAllBytes(file);
    }

    private static String shortened(String text) {
        return text.length() <= 60 ? text : text.substring(0, 60) + "…";
    }

    private String keep(String image, Optional<Path> root) {
        if (isReference(image)) {
            return image;
        }
        try {
            byte[] bytes = isHeld(image) ? held(image) : named(image, root.orElseThrow());
            String reference = reference(bytes);
            synchronized (this) {
                if (!Files.exists(file(reference))) {
                    Files.createDirectories(folder);
                    new DiskRoom(folder).refuseIfFull("keep an image", bytes.length);
                    WholeFile.write(file(reference), bytes);
                }
            }
            return reference;
        } catch (IOException e) {
            throw new EnvironmentFault("could not keep the image " + shortened(image), true, e);
        }
    }

    /**
     * The bytes of an image, held or referred to.
     *
     * @return empty if it is referred to and not kept
     */
    public Optional<byte[]> bytes(String image) {
        if (!isReference(image)) {
            return Optional.of(held(image));
        }
        try {
            Path file = file(image);
            return Files.exists(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
        } catch (IOException e) {
            throw new EnvironmentFault("could not read the image " + image + ": " + e.getMessage(), true, e);
        }
    }

    /** What kind of image some bytes are, as browsers call it. */
    public static String mediaType(byte[] bytes) {
        try (ImageInputStream in = ImageIO.createImageInputStream(new ByteArrayInputStream(bytes))) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            return readers.hasNext()
                    ? readers.next().getOriginatingProvider().getMIMETypes()[0]
                    : "application/octet-stream";
        } catch (IOException e) {
            return "application/octet-stream";
        }
    }

    /** Forgets an image, to which nothing may refer any more. */
    public void drop(String reference) {
        try {
            Files.deleteIfExists(file(reference));
        } catch (IOException e) {
            throw new EnvironmentFault("could not delete the image " + reference + ": " + e.getMessage(), true, e);
        }
    }

    /** A thousand folders, so that none is too full. */
    private Path file(String reference) {
        String hash = reference.substring(PREFIX.length());
        return folder.resolve(hash.substring(0, 3)).resolve(hash);
    }
}
