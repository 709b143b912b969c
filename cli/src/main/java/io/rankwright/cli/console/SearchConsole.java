package io.rankwright.cli.console;

import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.rankwright.cli.pipeline.SearchSet;
import io.rankwright.cli.pipeline.SevenSteps.Fact;
import io.rankwright.log.Images;
import io.rankwright.retrieval.text.Searches;
import io.rankwright.serving.BadRequest;
import io.rankwright.serving.Recent;
import io.rankwright.serving.search.SearchEngine;
import io.rankwright.spec.SearchApplication;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The console's pages over a running search. Any number of threads. */
public final class SearchConsole {
    private static final int EXAMPLES = 4;
    private static final int UPLOADS = 20;
    private static final List<Pages.Link> NAVIGATION =
            List.of(new Pages.Link("/", "task", "Overview"), new Pages.Link("/search", "search", "Search"));

    private final SearchEngine engine;
    private final SearchApplication application;
    private final SearchSet data;
    private final Pages pages;
    private final Recent<String> uploads = new Recent<>(UPLOADS);

    /** @param data what the search was judged by, for the overview and for examples */
    public SearchConsole(SearchEngine engine, SearchSet data) {
        this.engine = engine;
        this.application = engine.application();
        this.data = data;
        this.pages = new Pages(application, NAVIGATION, engine::version, () -> Pages.remark(engine.data()));
    }

    /** Adds the pages to a server. */
    public void register(HttpRouting.Builder routing) {
        routing.get("/", Pages.page(_ -> pages.render("task", overview())));
        routing.get("/search", Pages.page(request -> pages.render("search", search(request))));
        routing.post("/search/click", Pages.button(this::click));
        routing.post("/search/image", Pages.button(this::image));
        Pages.assets(routing);
        Pages.images(routing, engine.images());
    }

    private Map<String, Object> overview() {
        return TaskPage.values(
                application,
                engine.registry(),
                engine.version(),
                Map.of(
                        3,
                        List.of(
                                new Fact(
                                        "Searched",
                                        String.format(
                                                Locale.ROOT,
                                                "%,d %ss",
                                                engine.size(),
                                                application.framing().item())),
                                new Fact(
                                        "Judged",
                                        String.format(
                                                Locale.ROOT,
                                                "%,d queries teach, %,d judge",
                                                data.train().size(),
                                                data.test().size()))),
                        7,
                        List.of(new Fact("Live", engine.version().name()))),
                List.of(),
                data.counts(),
                data.quarantined());
    }

    /** One value of a facet with the address that narrows to it, or widens again if it is chosen. */
    public record Choice(String value, long count, String address, boolean isChosen) {}

    /** One facet. */
    public record Facet(String name, List<Choice> counts) {}

    /** What moved a score. */
    public record Moved(String feature, String value, String contribution, boolean isPositive, int width) {}

    /**
     * One result, in words.
     *
     * @param image where its picture is; empty if it has none
     */
    public record Shown(
            String id,
            int place,
            String title,
            int words,
            int meaning,
            String score,
            String passage,
            String image,
            List<Moved> reasons) {}

    private Map<String, Object> search(ServerRequest request) {
        String asked = request.query().first("q").orElse("").strip();
        var chosen = new HashMap<String, String>();
        for (String name : engine.filters()) {
            request.query().first(name).ifPresent(value -> chosen.put(name, value));
        }
        var values = new HashMap<String, Object>();
        boolean isImage = Images.isImage(asked);
        values.put("asked", isImage ? "" : asked);
        values.put("image", isImage ? asked.substring(asked.indexOf(':') + 1) : "");
        values.put("upload", isImage ? uploads.get(asked).orElse("") : "");
        values.put("hasImages", Images.areIn(application.data().items().contract()));
        values.put("hasAnswer", !asked.isEmpty());
        values.put(
                "examples",
                data.test().keySet().stream()
                        .limit(EXAMPLES)
                        .map(id -> data.queries().getOrDefault(id, ""))
                        .filter(query -> !Images.isImage(query))
                        .toList());
        values.put("isFiltered", !chosen.isEmpty());
        if (asked.isEmpty()) {
            return values;
        }
        var filters = chosen.entrySet().stream()
                .map(filter -> engine.filter(filter.getKey(), filter.getValue()))
                .toList();
        SearchEngine.Reply reply = engine.search(new SearchEngine.Request(
                uploads.get(asked).orElse(asked), 0, application.serving().size(), filters, true));
        values.put("corrected", reply.corrected());
        values.put("degraded", reply.degraded());
        values.put("found", reply.found());
        values.put("answer", reply.answer());
        values.put("milliseconds", String.format(Locale.ROOT, "%.1f", reply.milliseconds()));
        values.put(
                "facets",
                reply.facets().entrySet().stream()
                        .map(facet ->
                                new Facet(facet.getKey(), choices(facet.getKey(), facet.getValue(), asked, chosen)))
                        .toList());
        var shown = new ArrayList<Shown>();
        for (SearchEngine.Item item : reply.results()) {
            shown.add(new Shown(
                    item.id(),
                    shown.size() + 1,
                    item.row().getOrDefault(application.serving().title(), item.id()),
                    item.words(),
                    item.meaning(),
                    String.format(Locale.ROOT, "%.3f", item.score()),
                    item.highlight(),
                    Pages.imagesOf(application.data().items().contract(), item.row()).stream()
                            .findFirst()
                            .orElse(""),
                    moved(item.why())));
        }
        values.put("results", shown);
        return values;
    }

    private static List<Choice> choices(
            String feature, List<Searches.Count> counts, String asked, Map<String, String> chosen) {
        return counts.stream()
                .filter(count -> count.count() > 0)
                .map(count -> {
                    boolean isChosen = count.value().equals(chosen.get(feature));
                    var next = new HashMap<>(chosen);
                    if (isChosen) {
                        next.remove(feature);
                    } else {
                        next.put(feature, count.value());
                    }
                    String address = "/search?q=" + encoded(asked)
                            + next.entrySet().stream()
                                    .sorted(Map.Entry.comparingByKey())
                                    .map(entry -> "&" + encoded(entry.getKey()) + "=" + encoded(entry.getValue()))
                                    .collect(Collectors.joining());
                    return new Choice(count.value(), count.count(), address, isChosen);
                })
                .toList();
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static List<Moved> moved(List<SearchEngine.Reason> reasons) {
        double greatest = reasons.stream()
                .mapToDouble(reason -> Math.abs(reason.contribution()))
                .max()
                .orElse(1);
        return reasons.stream()
                .map(reason -> new Moved(
                        reason.feature(),
                        String.format(Locale.ROOT, "%.3g", reason.value()),
                        String.format(Locale.ROOT, "%+.3f", reason.contribution()),
                        reason.contribution() >= 0,
                        (int) Math.round(100 * Math.abs(reason.contribution()) / Math.max(greatest, 1e-9))))
                .toList();
    }

    /** An image that somebody shows is known for a while, so that the page of its answer has an address. */
    private String image(ServerRequest request) throws IOException {
        String image = Pages.form(request).getOrDefault("image", "");
        if (!Images.isImage(image)) {
            throw new BadRequest("a file that is no image", "PNG, JPEG, WebP, GIF or BMP");
        }
        uploads.put(Images.reference(image), image);
        return Images.reference(image);
    }

    private String click(ServerRequest request) throws IOException {
        Map<String, String> form = Pages.form(request);
        engine.click(form.getOrDefault("answer", ""), form.getOrDefault("item", ""));
        return "<p class=\"told\" role=\"status\">Noted: the next version learns from it.</p>";
    }
}
