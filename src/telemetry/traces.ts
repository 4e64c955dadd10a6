import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from "@opentelemetry/api";
import type { Context, HrTime, Tracer } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { Log } from "../controllers/ports.ts";
import type { Redactor } from "../core/redact.ts";
import type { TraceSpan } from "../core/trace.ts";
import { messageOf } from "../lib/medic-error.ts";

/** How long what is queued may take to be sent when the medic stops, in milliseconds. */
const LAST_WORD_MS = 2_000;
/** Spans that wait to be sent; those of a few hundred incidents. */
const QUEUE = 2_048;
const DELAY_MS = 5_000;
/** Characters of an attribute. */
const LONGEST_VALUE = 4_096;

export interface Traces {
  /** Queues spans to be sent. Never throws and never waits; what the queue has no room for is dropped. */
  send(spans: readonly TraceSpan[]): void;
  /** Sends what is queued, for two seconds at most. Never rejects. */
  stop(): Promise<void>;
}

export interface TracesOptions {
  readonly url: string;
  readonly version: string;
  readonly redactor: Redactor;
  readonly log: Log;
  readonly onSent: (outcome: "sent" | "failed", spans: number) => void;
  /** How long spans may wait for others before they are sent, in milliseconds; five seconds unless told otherwise. */
  readonly delayMs?: number;
}

/**
 * Spans by OTLP over HTTP, as JSON. Headers, timeout, compression, certificates and the resource's attributes are read from
 * the standard variables by the SDK. The queue holds 2048 spans. Throws when the address is none.
 */
export function openTraces(options: TracesOptions): Traces {
  const { href, protocol } = new URL(options.url);
  if (protocol !== "http:" && protocol !== "https:") throw new Error(`${href} is no http address`);
  const exporter = new OTLPTraceExporter({ url: href });
  const ids = { traceId: "", spanId: "" };
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      "service.name": "build-medic",
      "service.version": options.version,
    }).merge(detectResources({ detectors: [envDetector] })),
    spanLimits: { attributeValueLengthLimit: LONGEST_VALUE },
    idGenerator: { generateTraceId: () => ids.traceId, generateSpanId: () => ids.spanId },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: reported(exporter, options),
        maxQueueSize: QUEUE,
        scheduledDelayMillis: options.delayMs ?? DELAY_MS,
      }),
    ],
  });
  const tracer = provider.getTracer("build-medic", options.version);
  return {
    send(spans) {
      for (const span of spans) {
        Object.assign(ids, { traceId: span.traceId, spanId: span.spanId });
        record(tracer, span, options.redactor);
      }
    },
    async stop() {
      const { promise, resolve } = Promise.withResolvers<void>();
      const limit = setTimeout(resolve, LAST_WORD_MS);
      // A collector that is away has been reported already.
      await Promise.race([provider.shutdown().catch(() => {}), promise]);
      clearTimeout(limit);
    },
  };
}

const kinds = { client: SpanKind.CLIENT, producer: SpanKind.PRODUCER } as const;

function record(tracer: Tracer, span: TraceSpan, redactor: Redactor): void {
  const recorded = tracer.startSpan(
    span.name,
    {
      kind: span.kind === undefined ? SpanKind.INTERNAL : kinds[span.kind],
      startTime: hrTime(span.start),
      attributes: masked(span.attributes, redactor),
    },
    parentOf(span),
  );
  if (span.outcome?.ok === true) recorded.setStatus({ code: SpanStatusCode.OK });
  if (span.outcome?.ok === false)
    recorded.setStatus({ code: SpanStatusCode.ERROR, message: redactor.text(span.outcome.why ?? "") });
  recorded.end(hrTime(span.end));
}

function parentOf({ traceId, parentSpanId }: TraceSpan): Context {
  if (parentSpanId === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId: parentSpanId,
    traceFlags: TraceFlags.SAMPLED,
  });
}

function masked(
  attributes: TraceSpan["attributes"],
  redactor: Redactor,
): Record<string, string | number | boolean | string[]> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => {
      if (typeof value === "string") return [name, redactor.text(value)];
      return [name, typeof value === "object" ? value.map((item) => redactor.text(item)) : value];
    }),
  );
}

/** A plain number from before this process started would be read as a time since then. */
function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}

/** The exporter, with each change between going and failing told once. */
function reported(exporter: SpanExporter, { log, onSent, url }: TracesOptions): SpanExporter {
  let failing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.error !== undefined;
        onSent(failed ? "failed" : "sent", spans.length);
        if (failed && !failing)
          log.warn("traces cannot be sent; nothing else depends on them", { error: messageOf(result.error) });
        if (!failed && failing) log.info("traces are sent again", { to: new URL(url).host });
        failing = failed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}
