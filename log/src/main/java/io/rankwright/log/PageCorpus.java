package io.rankwright.log;

import io.rankwright.spec.Contract;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.SearchApplication;
import io.rankwright.spec.SearchApplication.Pages;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Makes the data of a search out of Markdown pages: each section is an item, its heading the first text, what stands below
 * it the last. A query is what somebody might ask who has read a section: words of it, the rarer the likelier (known-item
 * queries; Azzopardi, de Rijke and Balog, "Building Simulated Queries for Known-Item Topics", SIGIR 2007), and now and then
 * one that has nothing to do with it. The same pages and seed give the same files.
 */
public final class PageCorpus {
    private static final int FEWEST_WORDS = 12;
    private static final int SHORTEST_QUERY = 3;
    private static final int LONGEST_QUERY = 7;
    private static final double NOISE = 0.1;

    private final SearchApplication application;
    private final SplittableRandom random;
    private final List<Section> sections = new ArrayList<>();
    private final Map<String, Integer> frequencies = new HashMap<>();

    private record Section(String id, String heading, String body, List<String> words) {}

    private PageCorpus(SearchApplication application, Pages pages) {
        this.application = application;
        this.random = new SplittableRandom(pages.seed());
    }

    /**
     * Writes items, queries and judgements below a folder, under the names that the application's patterns match.
     *
     * @return how many sections there are
     * @throws UserFault if there is no page
     */
    public static int write(Path folder, SearchApplication application, Pages pages) {
        var corpus = new PageCorpus(application, pages);
        Path from = application.folder().resolve(pages.folder()).normalize();
        try (Stream<Path> files = Files.isDirectory(from) ? Files.walk(from) : Stream.empty()) {
            for (Path page : files.filter(file -> file.toString().endsWith(".md"))
                    .sorted()
                    .toList()) {
                corpus.read(from.relativize(page).toString(), Files.readString(page));
            }
            if (corpus.sections.size() < 2) {
                throw new UserFault(
                        "no page with two sections in " + from + " (data.simulate.pages); expected .md files");
            }
            corpus.writeTo(folder, pages.queries());
            return corpus.sections.size();
        } catch (IOException e) {
            throw new EnvironmentFault("could not make data of the pages in " + from + ": " + e.getMessage(), true, e);
        }
    }

    private void read(String page, String text) {
        String heading = page;
        var body = new StringBuilder();
        for (String line : text.lines().toList()) {
            if (line.startsWith("#")) {
                end(page, heading, body.toString());
                heading = line.replaceFirst("^#+\\s*", "").replace("`", "");
                body.setLength(0);
            } else {
                body.append(line).append(' ');
            }
        }
        end(page, heading, body.toString());
    }

    private void end(String page, String heading, String body) {
        List<String> words = words(body);
        if (words.size() < FEWEST_WORDS) {
            return;
        }
        String id = page + "#" + heading.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        sections.add(new Section(
                sections.stream().anyMatch(known -> known.id().equals(id)) ? id + "-" + sections.size() : id,
                heading,
                body.strip(),
                words));
        words.stream().distinct().forEach(word -> frequencies.merge(word, 1, Integer::sum));
    }

    private static List<String> words(String text) {
        return Arrays.stream(text.toLowerCase(Locale.ROOT).split("[^\\p{L}]+"))
                .filter(word -> word.length() > 2)
                .toList();
    }

    private void writeTo(Path folder, int queries) throws IOException {
        var data = application.data();
        List<Contract.Column> texts = data.items().contract().columns().stream()
                .filter(column -> column.type() == Contract.Type.TEXT)
                .toList();
        var items = new ArrayList<Map<String, String>>();
        for (Section section : sections) {
            var row = new LinkedHashMap<String, String>();
            row.put(data.items().key(), section.id());
            row.put(texts.getFirst().name(), section.heading());
            row.put(
                    texts.getLast().name(),
                    texts.size() == 1 ? section.heading() + "\n" + section.body() : section.body());
            for (Contract.Column column : Images.columns(data.items().contract())) {
                row.put(column.name(), MadeImage.of(kind(section), random));
            }
            items.add(row);
        }
        var asked = new ArrayList<Map<String, String>>();
        var train = new ArrayList<Map<String, String>>();
        var test = new ArrayList<Map<String, String>>();
        Contract judgement = data.judgement();
        String ofQuery =
                judgement.columnOf(application.framing().query()).orElseThrow().name();
        String ofItem =
                judgement.columnOf(application.framing().item()).orElseThrow().name();
        for (int q = 1; q <= queries; q++) {
            Section section = sections.get(random.nextInt(sections.size()));
            asked.add(Map.of(
                    data.queries().key(),
                    Integer.toString(q),
                    data.queryText(),
                    data.isAskedByImages() ? MadeImage.of(kind(section), random) : query(section)));
            // A quarter judges.
            (q % 4 == 0 ? test : train).add(Map.of(ofQuery, Integer.toString(q), ofItem, section.id()));
        }
        MadeFile.write(folder, data.items().globs().getFirst(), data.items().contract(), items);
        MadeFile.write(folder, data.queries().globs().getFirst(), data.queries().contract(), asked);
        MadeFile.write(folder, data.train().getFirst(), judgement, train);
        MadeFile.write(folder, data.test().getFirst(), judgement, test);
    }

    /** What its image shows: which page it is of. */
    private int kind(Section section) {
        List<String> pages = sections.stream().map(PageCorpus::page).distinct().toList();
        return pages.indexOf(page(section));
    }

    private static String page(Section section) {
        return section.id().substring(0, section.id().indexOf('#'));
    }

    private String query(Section section) {
        int length = SHORTEST_QUERY + random.nextInt(LONGEST_QUERY - SHORTEST_QUERY + 1);
        var query = new ArrayList<String>();
        while (query.size() < length) {
            Section from = random.nextDouble() < NOISE ? sections.get(random.nextInt(sections.size())) : section;
            query.add(drawn(from.words()));
        }
        return String.join(" ", query);
    }

    /** A word, the likelier the rarer it is. */
    private String drawn(List<String> words) {
        double[] weights = words.stream()
                .mapToDouble(word -> Math.log(1.0 + sections.size() / (1.0 + frequencies.getOrDefault(word, 0))))
                .toArray();
        double left = random.nextDouble() * Arrays.stream(weights).sum();
        for (int w = 0; w < weights.length; w++) {
            left -= weights[w];
            if (left <= 0) {
                return words.get(w);
            }
        }
        return words.getLast();
    }
}
