/**
 * Sends spans to a collector by `fetch`. The exporters of OpenTelemetry use `node:http`, which ignores
 * the proxy of the environment.
 */
import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import type { SpanExporter } from "@opentelemetry/sdk-trace";

import type { Destination } from "../../process/trace/variables.ts";
import { outside, retryAfterMs, textAtMost } from "../fetch.ts";

/** A batch that the collector cannot accept at the moment is sent again this often at most. */
const RETRIES_MAX = 5;
/** The wait before the first retry, give or take a fifth; it doubles with each one. */
const RETRY_MS = 1_000;
/** A longer response is not read. */
const RESPONSE_BYTES_MAX = 65_536;

/** https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const RETRYABLE = [429, 502, 503, 504];

const FORMATS = {
  "http/protobuf": { serializer: ProtobufTraceSerializer, type: "application/x-protobuf" },
  "http/json": { serializer: JsonTraceSerializer, type: "application/json" },
};

export interface OtlpExporterOptions extends Destination {
  /** The wait before the first retry, in milliseconds. Default: 1000 */
  retryMs?: number;
}

/** Exports spans as OTLP over HTTP. */
export function createOtlpExporter(options: OtlpExporterOptions): SpanExporter {
  const { compression, protocol } = options;
  const { serializer, type } = FORMATS[protocol];
  const isZipped = compression === "gzip";
  const headers = {
    ...options.headers,
    "content-type": type,
    ...(isZipped && { "content-encoding": compression }),
  };
  return {
    export(spans, done) {
      const body = serializer.serializeRequest(spans) as Uint8Array<ArrayBuffer>;
      send(isZipped ? Bun.gzipSync(body) : body, { ...options, headers }).then(
        () => done({ code: 0 }),
        (error) => done({ code: 1, error }),
      );
    },
    async shutdown() {},
  };
}

/** @throws Error if the collector does not accept the batch in time; it says nothing about its response */
async function send(
  body: Uint8Array<ArrayBuffer>,
  { url, headers, timeoutMs, retryMs = RETRY_MS }: OtlpExporterOptions,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (let retries = 0; ; retries += 1) {
    const { failure, retryInMs } = await attempt();
    if (!failure) return;
    const backoffMs = retryMs * 2 ** retries * (0.8 + 0.4 * Math.random());
    const waitMs = Math.max(retryInMs ?? Infinity, backoffMs);
    if (retries === RETRIES_MAX || waitMs > deadline - performance.now()) throw new Error(failure);
    await Bun.sleep(waitMs);
  }

  /** Undefined `retryInMs`: a retry would fail too. */
  async function attempt(): Promise<{ failure?: string; retryInMs?: number }> {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers,
        body,
        redirect: "manual",
        signal: AbortSignal.timeout(Math.max(1, deadline - performance.now())),
        ...outside(url),
      });
      await textAtMost(response, RESPONSE_BYTES_MAX);
      const { ok, status } = response;
      if (ok) return {};
      const failure = `The collector responded with ${status}`;
      return RETRYABLE.includes(status)
        ? { failure, retryInMs: retryAfterMs(response, Date.now()) }
        : { failure };
    } catch (error) {
      const { code, name } = error as NodeJS.ErrnoException;
      // The code of a time limit is a number.
      const why = typeof code === "string" ? code : name;
      return { failure: `The collector cannot be reached: ${why}`, retryInMs: 0 };
    }
  }
}
