/** A small trace collector: receives OTLP over HTTP, in protobuf or JSON, and keeps the spans. */
import { readOtlp } from "./otlp-protobuf.ts";

/** A received span: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  traceState?: string;
  name: string;
  /** 2: server, 3: client. */
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Record<string, unknown>;
  /** 2: error. */
  status: { code?: number };
  /** The `service.name` of its resource. */
  service: string;
}

interface Attribute {
  key: string;
  value: Record<string, unknown>;
}

interface Exported {
  resourceSpans: {
    resource: { attributes: Attribute[] };
    scopeSpans: { spans: (Omit<ReceivedSpan, "attributes"> & { attributes: Attribute[] })[] }[];
  }[];
}

/** Starts a collector on a free port. `respond` may be slow. Default: responds with 200 */
export function startCollector(
  respond: (request: Request) => Response | Promise<Response> = () => Response.json({}),
) {
  const spans: ReceivedSpan[] = [];
  const resources: Record<string, unknown>[] = [];
  const requests: { path: string; headers: Headers }[] = [];
  let waiting: (() => void)[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      requests.push({ path: new URL(request.url).pathname, headers: request.headers });
      const body = await bodyOf(request);
      const response = await respond(request);
      if (response.ok) take(body);
      for (const wake of waiting.splice(0)) wake();
      return response;
    },
  });

  function take({ resourceSpans }: Exported) {
    for (const { resource, scopeSpans } of resourceSpans) {
      const about = valuesOf(resource.attributes);
      resources.push(about);
      for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
        const attributes = valuesOf(span.attributes);
        spans.push({ ...span, attributes, service: String(about["service.name"]) });
      }
    }
  }

  return {
    url: server.url.origin,
    spans,
    resources,
    requests,
    /** Resolves when `isEnough` returns true after a request. */
    async until(isEnough: () => boolean): Promise<void> {
      while (!isEnough()) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    async stop() {
      waiting = [];
      await server.stop(true);
    },
  };
}

async function bodyOf(request: Request): Promise<Exported> {
  const sent = new Uint8Array(await request.arrayBuffer());
  const isZipped = request.headers.get("content-encoding") === "gzip";
  const bytes = isZipped ? Bun.gunzipSync(sent) : sent;
  const type = request.headers.get("content-type");
  if (type === "application/x-protobuf") return readOtlp(bytes) as Exported;
  if (type === "application/json") return JSON.parse(new TextDecoder().decode(bytes)) as Exported;
  throw new Error(`Spans as ${type}`);
}

function valuesOf(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => {
      const [kind = "", content] = Object.entries(value)[0] ?? [];
      return [key, kind === "intValue" ? Number(content) : content];
    }),
  );
}
