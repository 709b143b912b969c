package io.rankwright.log;

import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** A file that is there whole or not at all. */
public final class WholeFile {
    private WholeFile() {}

    /**
     * Writes a file in the place of the one that is there, and its folder if there is none. When this returns, it is on
     * disk; a crash before leaves the old file.
     *
     * @throws EnvironmentFault if the disk refuses
     */
    public static void write(Path file, byte[] content) {
        Path partial = file.resolveSibling(file.getFileName() + ".partial");
        try {
            Files.createDirectories(partial.toAbsolutePath().getParent());
            try (FileChannel channel = FileChannel.open(
                    partial,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING)) {
                var buffer = ByteBuffer.wrap(content);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
                channel.force(true);
            }
            Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new EnvironmentFault(
                    "could not write " + file + ": " + e.getMessage() + "; the old file stays", true, e);
        }
    }
}
