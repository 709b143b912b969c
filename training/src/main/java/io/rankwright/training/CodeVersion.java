package io.rankwright.training;

import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.InternalFault;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The version of the code as the hash of its classes, so that a result is made anew when, and only when, the code that
 * made it has changed. Stateless.
 */
public final class CodeVersion {
    private CodeVersion() {}

    /** The hash over every class in the packages of these classes and below, in hex. */
    public static String of(Class<?>... anchors) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Class<?> anchor : anchors) {
                Path source = Path.of(anchor.getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI());
                String prefix = anchor.getPackageName().replace('.', '/') + "/";
                if (Files.isDirectory(source)) {
                    addFolder(digest, source.resolve(prefix));
                } else {
                    addArchive(digest, source, prefix);
                }
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException e) {
            throw new EnvironmentFault("the program's own files cannot be read: " + e.getMessage(), true, e);
        } catch (NoSuchAlgorithmException | URISyntaxException e) {
            throw new InternalFault("no hash of the code", e);
        }
    }

    private static void addFolder(MessageDigest digest, Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".class"))
                    .sorted()
                    .toList()) {
                digest.update(Files.readAllBytes(file));
            }
        }
    }

    private static void addArchive(MessageDigest digest, Path archive, String prefix) throws IOException {
        try (var zip = new ZipFile(archive.toFile())) {
            List<? extends ZipEntry> entries = zip.stream()
                    .filter(entry -> entry.getName().startsWith(prefix)
                            && entry.getName().endsWith(".class"))
                    .sorted((a, b) -> a.getName().compareTo(b.getName()))
                    .toList();
            for (ZipEntry entry : entries) {
                try (InputStream bytes = zip.getInputStream(entry)) {
                    digest.update(bytes.readAllBytes());
                }
            }
        }
    }
}
