/**
 * The spans of requests by the stable conventions
 * (https://opentelemetry.io/docs/specs/semconv/http/http-spans/).
 */
import { readTraceContext } from "../process/trace/trace-context.ts";
import type { Attributes, Span, Tracer } from "../process/trace/tracer.ts";
import { knownMethod } from "./routes.ts";

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
