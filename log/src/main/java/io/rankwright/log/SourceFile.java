package io.rankwright.log;

import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.Location;
import io.rankwright.spec.Problem;
import io.rankwright.spec.UserFault;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * One file of a source, read whole and checked before a row of it is used. Immutable.
 *
 * @param hash SHA-256 of its bytes, in hex
 */
record SourceFile(Path path, String name, long bytes, String hash) {
    /**
     * Reads a file to its end, so that a truncated one is refused before anything of it is taken in.
     *
     * @throws UserFault if the file is empty or broken
     */
    static SourceFile checked(Path root, Path path) {
        String name = root.relativize(path).toString();
        MessageDigest digest = Catalog.sha256();
        try (InputStream raw =
                new DigestInputStream(new BufferedInputStream(Files.newInputStream(path), 1 << 16), digest)) {
            if (Files.size(path) == 0) {
                throw fault(path, 1, "an empty file", "a header and rows");
            }
            InputStream text = name.endsWith(".gz") ? new GZIPInputStream(raw, 1 << 16) : raw;
            text.transferTo(OutputStream.nullOutputStream());
            raw.transferTo(OutputStream.nullOutputStream());
            return new SourceFile(path, name, Files.size(path), HexFormat.of().formatHex(digest.digest()));
        } catch (EOFException e) {
            throw fault(path, 1, "a truncated gzip file", "a complete one: copy it again");
        } catch (ZipException e) {
            throw fault(path, 1, "a broken gzip file (" + e.getMessage() + ")", "a complete one: copy it again");
        } catch (IOException e) {
            throw new EnvironmentFault("could not read " + path + ": " + e.getMessage(), true, e);
        }
    }

    static UserFault fault(Path path, int line, String found, String expected) {
        return new UserFault(List.of(new Problem(new Location(path.toString(), line, 1), found, expected)));
    }
}
