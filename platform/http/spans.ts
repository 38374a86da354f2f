import { CallError } from "../call/error.ts";
/**
 * HTTP spans by the stable conventions
 * (https://opentelemetry.io/docs/specs/semconv/http/http-spans/).
 */
import {
  readTraceContext,
  type TraceContext,
  traceHeaders,
} from "../process/trace/trace-context.ts";
import type { Attributes, Span, Tracer } from "../process/trace/tracer.ts";
import { knownMethod } from "./methods.ts";

/** Clients choose the path and the host of a request, and a full queue has to fit into memory. */
const VALUE_LENGTH_MAX = 256;

/** Starts the span of a received request, as part of the trace in its headers. */
export function startServerSpan(tracer: Tracer, { method, url, headers }: Request): Span {
  const { pathname, protocol, hostname, port } = new URL(url);
  return tracer.start(knownMethod(method), {
    kind: "server",
    parent: readTraceContext(headers),
    attributes: {
      ...methodAttributes(method),
      "url.path": bounded(pathname),
      "url.scheme": protocol.slice(0, -1),
      "server.address": bounded(hostname),
      ...(port && { "server.port": Number(port) }),
    },
  });
}

/** Ends the span. A 4xx is not an error of the server. */
export function endServerSpan(
  span: Span,
  { method, route, status }: { method: string; route: string; status: number },
): void {
  span.end({
    name: `${knownMethod(method)} ${route}`,
    attributes: { "http.response.status_code": status, "http.route": route },
    error: status >= 500 ? String(status) : undefined,
  });
}

export interface ClientSpanOptions {
  url: string;
  /** The span of the request that this one is sent for. */
  parent: TraceContext | undefined;
  /** The number of earlier attempts. */
  resends: number;
}

/**
 * Sends a request to another service within a span.
 *
 * @param get sends these headers, and returns `undefined` for a 404
 */
export async function withClientSpan<Result>(
  tracer: Tracer,
  { url, parent, resends }: ClientSpanOptions,
  get: (headers: Record<string, string>) => Promise<Result | undefined>,
): Promise<Result | undefined> {
  const { hostname, port, protocol } = new URL(url);
  const span = tracer.start("GET", {
    kind: "client",
    parent,
    attributes: {
      "http.request.method": "GET",
      "url.full": url,
      "server.address": hostname,
      "server.port": Number(port) || (protocol === "https:" ? 443 : 80),
      ...(resends > 0 && { "http.request.resend_count": resends }),
    },
  });
  const end = (status: number, error: string | undefined) =>
    span.end({ attributes: status > 0 ? { "http.response.status_code": status } : {}, error });
  try {
    const result = await get(traceHeaders(span.context));
    // For a client span every 4xx is an error, including the 404 of a missing resource.
    if (result === undefined) end(404, "404");
    else end(200, undefined);
    return result;
  } catch (error) {
    const status = error instanceof CallError ? error.responseStatus : 0;
    end(status, status > 0 ? String(status) : nameOf(error));
    throw error;
  }
}

function nameOf(error: unknown): string {
  if (error instanceof CallError) return error.code;
  return error instanceof Error ? error.name : "_OTHER";
}

/** Returns a copy of the beginning: a substring would keep the whole string in memory. */
function bounded(value: string): string {
  if (value.length <= VALUE_LENGTH_MAX) return value;
  return Buffer.from(value.slice(0, VALUE_LENGTH_MAX)).toString();
}

function methodAttributes(method: string): Attributes {
  const known = knownMethod(method);
  return {
    "http.request.method": known === "other" ? "_OTHER" : known,
    ...(known === "other" && { "http.request.method_original": method }),
  };
}
