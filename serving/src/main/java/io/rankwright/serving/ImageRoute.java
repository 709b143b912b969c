package io.rankwright.serving;

import static io.rankwright.serving.Exchange.fail;
import static io.rankwright.serving.Exchange.path;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerResponse;
import io.rankwright.log.Images;
import java.util.List;
import java.util.Optional;

/** The route of the images that rows refer to, for the API and for the console. Stateless. */
public final class ImageRoute {
    private ImageRoute() {}

    static Route of(Images images, Permission permission) {
        return Route.get(
                "/v1/images/{hash}",
                permission,
                "The image that a row refers to as image:{hash}",
                List.of(),
                (request, response) -> answer(images, path(request, "hash"), response));
    }

    /** Sends an image; what is sent is that for ever, for it is known by its hash. */
    public static void answer(Images images, String hash, ServerResponse response) {
        String reference = "image:" + hash;
        Optional<byte[]> bytes = Images.isImage(reference) ? images.bytes(reference) : Optional.empty();
        if (bytes.isEmpty()) {
            fail(response, Status.NOT_FOUND_404, "no image '" + hash + "'");
            return;
        }
        response.header(HeaderNames.CONTENT_TYPE, Images.mediaType(bytes.get()));
        response.header(HeaderNames.CACHE_CONTROL, "private, max-age=31536000, immutable");
        // Bytes that somebody sent: no browser may take them for anything but a picture.
        response.header(HeaderNames.create("X-Content-Type-Options"), "nosniff");
        response.header(HeaderNames.create("Content-Security-Policy"), "default-src 'none'");
        response.send(bytes.get());
    }
}
