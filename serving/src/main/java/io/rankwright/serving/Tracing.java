package io.rankwright.serving;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Traces of requests by OpenTelemetry: a span for each, below it one for each stage, joined to the trace of whoever asks by
 * the header {@code traceparent}. Where nothing has been told to take them they cost nothing. Any number of threads.
 */
public final class Tracing {
    private static final String NAME = "rankwright";
    private static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
    private static final AttributeKey<String> ROUTE = AttributeKey.stringKey("http.route");
    private static final AttributeKey<Long> STATUS = AttributeKey.longKey("http.response.status_code");

    private static final TextMapGetter<ServerRequest> HEADERS = new TextMapGetter<>() {
        @Override
        public @Nullable String get(@Nullable ServerRequest request, String key) {
            return request == null
                    ? null
                    : request.headers().value(HeaderNames.create(key)).orElse(null);
        }
    };

    private final Tracer tracer = GlobalOpenTelemetry.getTracer(NAME);

    Tracing() {}

    /**
     * Sends the traces of this process to where the environment says, by the SDK's own variables, such as {@code
     * OTEL_EXPORTER_OTLP_ENDPOINT} and {@code OTEL_TRACES_SAMPLER}. To be called before anything is traced.
     */
    public static void start() {
        AutoConfiguredOpenTelemetrySdk.builder()
                // Metrics are Prometheus's, logs the JDK's.
                .addPropertiesSupplier(() -> Map.of(
                        "otel.service.name", NAME, "otel.metrics.exporter", "none", "otel.logs.exporter", "none"))
                .setResultAsGlobal()
                .build();
    }

    /** Begins the span of a request, in the trace that its headers name if they name one. */
    Span begin(Route route, ServerRequest request) {
        Context parent =
                GlobalOpenTelemetry.getPropagators().getTextMapPropagator().extract(Context.root(), request, HEADERS);
        return tracer.spanBuilder(route.method().text() + " " + route.path())
                .setSpanKind(SpanKind.SERVER)
                .setParent(parent)
                .setAttribute(METHOD, route.method().text())
                .setAttribute(ROUTE, route.path())
                .startSpan();
    }

    /** Ends the span of a request. */
    static void end(Span span, int status) {
        span.setAttribute(STATUS, (long) status);
        span.end();
    }

    /** A stage of the request that this thread answers, which has ended just now. */
    void stage(String name, long nanos) {
        if (!Span.current().isRecording()) {
            return;
        }
        long end = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
        tracer.spanBuilder(name)
                .setStartTimestamp(end - nanos, TimeUnit.NANOSECONDS)
                .startSpan()
                .end(end, TimeUnit.NANOSECONDS);
    }

    /** Says of the request that this thread answers what its answer was. */
    static void answered(FeedAnswer answer) {
        Span span = Span.current();
        if (span.isRecording()) {
            span.setAttribute("rankwright.request", answer.request());
            span.setAttribute("rankwright.version", answer.version());
            span.setAttribute("rankwright.rung", answer.rung());
            span.setAttribute("rankwright.degraded", String.join("; ", answer.degraded()));
        }
    }
}
