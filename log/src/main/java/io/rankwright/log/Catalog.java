package io.rankwright.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.rankwright.spec.Contract;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.InternalFault;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What there is to know besides the events themselves: how each type lies in memory, the texts as codes, the entities.
 * An {@link EventLog} keeps one on disk; where events are worked on without a log, as in a Flink job, one is made anew.
 * The codes of two catalogs differ, their texts do not.
 *
 * <p>Thread-safety: readers beside each other; a writer ({@link #put}, {@link #event}) alone.
 */
public final class Catalog {
    private final Dictionary dictionary = new Dictionary();
    private final Map<String, EventSchema> schemas = new LinkedHashMap<>();
    private final Map<String, RowCheck> checks = new HashMap<>();
    private final Map<String, EntityTable> tables = new LinkedHashMap<>();
    private final Map<String, String> keys = new HashMap<>();
    private final String subject;

    /** A catalog of an application that knows no text and no entity yet. */
    public Catalog(FeedApplication application) {
        this.subject = application.framing().subject();
        application.data().events().values().forEach(source -> {
            schemas.put(source.name(), new EventSchema(source.contract(), source.name()));
            checks.put(source.name(), new RowCheck(source.contract()));
        });
        application.data().entities().values().forEach(source -> {
            tables.put(source.name(), new EntityTable(source.name(), source.contract(), dictionary));
            checks.put(source.name(), new RowCheck(source.contract()));
            keys.put(source.name(), source.key());
        });
    }

    public EventSchema schema(String type) {
        return requireNonNull(schemas.get(type), type);
    }

    public EntityTable table(String entity) {
        return requireNonNull(tables.get(entity), entity);
    }

    Collection<EntityTable> tables() {
        return tables.values();
    }

    public Dictionary dictionary() {
        return dictionary;
    }

    int typeIndex(String type) {
        return List.copyOf(schemas.keySet()).indexOf(type);
    }

    RowCheck check(String name) {
        return requireNonNull(checks.get(name), name);
    }

    /** Puts an entity given as texts by column; it must be right. */
    public void put(String entity, Map<String, String> texts) {
        RowCheck check = check(entity);
        Dictionary.Additions additions = dictionary.new Additions();
        String id = requireNonNull(texts.get(requireNonNull(keys.get(entity))));
        int code = additions.intern(dictionary.domain(Dictionary.idsOf(entity)), id);
        table(entity).put(code, fields(check, texts), additions, false);
        additions.commit();
    }

    /** The code of a text in a domain of the dictionary; a new text gets the next one. */
    public int intern(String domain, String text) {
        Dictionary.Domain texts = dictionary.domain(domain);
        int known = texts.code(text);
        if (known != 0) {
            return known;
        }
        Dictionary.Additions additions = dictionary.new Additions();
        int code = additions.intern(texts, text);
        additions.commit();
        return code;
    }

    /** An event given as texts by column; it must be right. */
    public Event event(String type, Map<String, String> texts, long offset) {
        Dictionary.Additions additions = dictionary.new Additions();
        Event event = event(type, fields(check(type), texts), additions, offset);
        additions.commit();
        return event;
    }

    /** Why an event would go to quarantine; empty if it is right. */
    public Optional<String> fault(String type, Map<String, String> posted) {
        RowCheck check = check(type);
        return check.fault(fields(check, posted));
    }

    /** The stored columns of an event as texts, as a source would give them; missing values are left out. */
    public Map<String, String> texts(String type, Event event) {
        return schema(type).texts(dictionary, event.codes(), event.numbers());
    }

    /** The identity of an event: two with the same one are the same event. */
    public byte[] eventId(String type, Map<String, String> texts) {
        return eventId(type, fields(check(type), texts));
    }

    /** An event given as texts by column, as it arrives in an {@link ArrivalLog}; it must be right. */
    public Arrival.Happened happened(String type, Map<String, String> fields) {
        Contract contract = schema(type).contract();
        Contract.Column time = contract.column(contract.time().orElseThrow()).orElseThrow();
        return new Arrival.Happened(
                subject(type, fields), (long) RowCheck.number(time, requireNonNull(fields.get(time.name()))), fields);
    }

    /** The id of the subject of an event. */
    String subject(String type, Map<String, String> fields) {
        return schema(type)
                .contract()
                .columnOf(subject)
                .map(column -> fields.getOrDefault(column.name(), ""))
                .orElse("");
    }

    static @Nullable String[] fields(RowCheck check, Map<String, String> texts) {
        return check.columns().stream().map(column -> texts.get(column.name())).toArray(String[]::new);
    }

    Event event(String type, @Nullable String[] fields, Dictionary.Additions additions, long offset) {
        EventSchema schema = schema(type);
        RowCheck check = check(type);
        int[] codes = new int[schema.codeCount()];
        double[] numbers = new double[schema.numberCount()];
        Arrays.fill(numbers, Double.NaN);
        long timeMillis = 0;
        int code = 0;
        int number = 0;
        for (int i = 0; i < check.columns().size(); i++) {
            Contract.Column column = check.columns().get(i);
            String field = fields[i];
            if (column.isNumber()) {
                numbers[number] = field == null || field.isEmpty() ? Double.NaN : RowCheck.number(column, field);
                if (schema.contract().time().equals(Optional.of(column.name()))) {
                    timeMillis = (long) numbers[number];
                }
                number++;
            } else if (!column.isList()) {
                codes[code++] =
                        field == null ? 0 : additions.intern(dictionary.domain(schema.domain(column.name())), field);
            }
        }
        schema.derive(numbers);
        return new Event(offset, timeMillis, codes, numbers);
    }

    /** Sixteen bytes of SHA-256 over the type and the id columns: two different ids never meet in practice. */
    byte[] eventId(String type, @Nullable String[] fields) {
        RowCheck check = check(type);
        MessageDigest digest = sha256();
        digest.update(type.getBytes(UTF_8));
        for (String column : schema(type).contract().id()) {
            for (int i = 0; i < fields.length; i++) {
                if (check.columns().get(i).name().equals(column)) {
                    digest.update((byte) 0x1F);
                    digest.update(String.valueOf(fields[i]).getBytes(UTF_8));
                }
            }
        }
        return Arrays.copyOf(digest.digest(), 16);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new InternalFault("no SHA-256", e);
        }
    }
}
