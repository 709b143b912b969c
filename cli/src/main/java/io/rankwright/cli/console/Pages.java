package io.rankwright.cli.console;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.pebbletemplates.pebble.PebbleEngine;
import io.pebbletemplates.pebble.loader.ClasspathLoader;
import io.rankwright.cli.pipeline.MetricsTable;
import io.rankwright.log.Images;
import io.rankwright.registry.Version;
import io.rankwright.serving.BadRequest;
import io.rankwright.serving.HttpApi;
import io.rankwright.serving.ImageRoute;
import io.rankwright.spec.Application;
import io.rankwright.spec.Contract;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.ScoreApplication;
import io.rankwright.spec.SearchApplication;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/** How the consoles of all tasks write pages and take what their buttons send. Any number of threads. */
final class Pages {
    private final Application application;
    private final List<Link> navigation;
    private final Supplier<Version> version;
    private final Supplier<String> remark;
    private final PebbleEngine templates;

    /**
     * @param version the version that serves
     * @param remark what every page must say first, such as that its data are simulated; empty if nothing
     */
    Pages(Application application, List<Link> navigation, Supplier<Version> version, Supplier<String> remark) {
        this.application = application;
        this.navigation = List.copyOf(navigation);
        this.version = version;
        this.remark = remark;
        var loader = new ClasspathLoader(Pages.class.getClassLoader());
        loader.setPrefix("io/rankwright/cli/console");
        this.templates = new PebbleEngine.Builder()
                .loader(loader)
                .strictVariables(true)
                .defaultLocale(Locale.ROOT)
                .build();
    }

    /**
     * A page that all others lead to.
     *
     * @param template its template's name
     */
    public record Link(String address, String template, String name) {}

    /** What pages say first where data are simulated. */
    static String remark(String data) {
        return data.equals("simulated")
                ? "Simulated data: every figure on this page comes from data that the engine made."
                : "";
    }

    String render(String template, Map<String, Object> values) {
        var out = new StringWriter();
        var all = new HashMap<>(values);
        all.put("application", application.name());
        all.put("remark", remark.get());
        all.put("version", version.get().name());
        all.put("subjectWord", subjectWord());
        all.put("itemWord", itemWord());
        all.put("page", template);
        all.put("navigation", navigation);
        try {
            templates.getTemplate(template + ".peb").evaluate(out, all);
        } catch (IOException e) {
            throw new InternalFault("a page that cannot be written", e);
        }
        return out.toString();
    }

    private String subjectWord() {
        return switch (application) {
            case FeedApplication feed -> feed.framing().subject();
            case SearchApplication search -> search.framing().query();
            case ScoreApplication _ -> "reviewer";
        };
    }

    private String itemWord() {
        return switch (application) {
            case FeedApplication feed -> feed.framing().item();
            case SearchApplication search -> search.framing().item();
            case ScoreApplication score -> score.framing().item();
        };
    }

    /** The style sheet and the script of all pages. */
    static void assets(HttpRouting.Builder routing) {
        routing.get("/assets/style.css", asset("io/rankwright/cli/console/style.css", "text/css"));
        routing.get(
                "/assets/htmx.js",
                asset("META-INF/resources/webjars/htmx.org/2.0.10/dist/htmx.min.js", "text/javascript"));
        routing.get("/assets/keys.js", asset("io/rankwright/cli/console/keys.js", "text/javascript"));
    }

    /** Pages are there without a key, so only for whoever names this machine as itself (DNS rebinding). */
    private static void refuseStrangers(ServerRequest request) {
        String host = request.authority().replaceFirst(":\\d+$", "");
        if (!List.of("localhost", "127.0.0.1", "[::1]").contains(host)) {
            throw new BadRequest("a page of '" + host + "'", "localhost");
        }
    }

    interface Page {
        String of(ServerRequest request) throws IOException;
    }

    static Handler page(Page page) {
        return (request, response) -> {
            response.header(HeaderNames.CONTENT_TYPE, "text/html; charset=utf-8");
            response.header(
                    HeaderNames.create("Content-Security-Policy"),
                    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'");
            response.header(HeaderNames.create("X-Content-Type-Options"), "nosniff");
            try {
                refuseStrangers(request);
                response.send(page.of(request));
            } catch (BadRequest e) {
                response.status(Status.BAD_REQUEST_400);
                response.send(
                        String.valueOf(e.getMessage()).replace("&", "&amp;").replace("<", "&lt;"));
            }
        };
    }

    /** What a button does; no other page than the console's own may press it. */
    static Handler button(Page page) {
        return page(request -> {
            if (request.headers().value(HeaderNames.create("HX-Request")).isEmpty()) {
                throw new BadRequest("a form that was not sent by the console", "the buttons of the page");
            }
            return page.of(request);
        });
    }

    /** The images that rows refer to. */
    static void images(HttpRouting.Builder routing, Images images) {
        routing.get("/images/{hash}", (request, response) -> {
            try {
                refuseStrangers(request);
                ImageRoute.answer(images, request.path().pathParameters().get("hash"), response);
            } catch (BadRequest e) {
                response.status(Status.BAD_REQUEST_400);
                response.send();
            }
        });
    }

    /** Where a page shows the images that a row refers to. */
    static List<String> imagesOf(Contract contract, Map<String, String> row) {
        return Images.references(contract, row).stream()
                .map(reference -> "/images/" + Images.hash(reference))
                .toList();
    }

    private static Handler asset(String resource, String type) {
        byte[] bytes;
        try (InputStream in = Pages.class.getClassLoader().getResourceAsStream(resource)) {
            if (in == null) {
                throw new InternalFault("no resource " + resource);
            }
            bytes = in.readAllBytes();
        } catch (IOException e) {
            throw new InternalFault("the resource " + resource + " cannot be read", e);
        }
        return (ServerRequest _, ServerResponse response) -> {
            response.header(HeaderNames.CONTENT_TYPE, type + "; charset=utf-8");
            response.header(HeaderNames.CACHE_CONTROL, "max-age=3600");
            response.send(bytes);
        };
    }

    static Map<String, String> form(ServerRequest request) throws IOException {
        var form = new HashMap<String, String>();
        try (InputStream in = request.content().inputStream()) {
            String body = new String(in.readNBytes(HttpApi.MOST_BYTES), StandardCharsets.UTF_8);
            for (String pair : body.split("&")) {
                int equals = pair.indexOf('=');
                if (equals > 0) {
                    form.put(
                            URLDecoder.decode(pair.substring(0, equals), StandardCharsets.UTF_8),
                            URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
                }
            }
        }
        return form;
    }

    /** One metric beside the baselines, in words. */
    public record Figure(String name, String value, String interval, List<String> baselines) {}

    static List<Figure> figures(Version version, Application application) {
        List<String> baselines = application.evaluation().baselines();
        return MetricsTable.rows(version, baselines).stream()
                .map(row -> new Figure(
                        row.metric(),
                        number(row.value()),
                        row.interval().isEmpty()
                                ? ""
                                : number(row.interval().get(0)) + " – "
                                        + number(row.interval().get(1)),
                        row.baselines().stream()
                                .map(value -> Double.isNaN(value) ? "" : number(value))
                                .toList()))
                .toList();
    }

    static String number(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }
}
