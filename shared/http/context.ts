/** What a request knows of itself: one value, made once, and handed on instead of read back. */
import type { TraceContext } from "../process/trace/trace-context.ts";
import type { Span } from "../process/trace/tracer.ts";
import type { Caller } from "./auth/caller.ts";
import type { ProblemError } from "./failure.ts";

/** The ids of callers that are taken over; any other is replaced. */
const REQUEST_ID = /^[0-9A-Za-z._-]{1,128}$/;

export interface RequestContext {
  /** The caller's own `X-Request-Id` if that is a decent one, or a new UUIDv7. */
  readonly id: string;
  /** Who asks, or why that is not known. Undefined where nobody has to say, and before it was asked. */
  caller?: Caller | ProblemError;
  /** Headers of the response, whatever it is. */
  headers?: Record<string, string>;
  /** Its part of a trace; what is done for it is a part of that. Undefined unless traces are sent. */
  span?: Span;
  /** How long the body of its response is, where that is known before it is sent. */
  bytes?: number;
  /** The `code` of the failure that it ended with. Default: none */
  failure?: string;
}

// A Request is made by the server and has no room for more.
const contexts = new WeakMap<Request, RequestContext>();

/** The context of this request: made when it is first asked for, and the same from then on. */
export function contextOf(request: Request): RequestContext {
  let context = contexts.get(request);
  if (context === undefined) {
    context = { id: idOf(request) };
    contexts.set(request, context);
  }
  return context;
}

function idOf({ headers }: Request): string {
  const given = headers.get("x-request-id");
  return given !== null && REQUEST_ID.test(given) ? given : Bun.randomUUIDv7();
}

/** The part of a trace that what is done for this request belongs to. */
export function traceOf(request: Request): TraceContext | undefined {
  return contexts.get(request)?.span?.context;
}

/** The path of a URL, without its query. */
export function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const end = url.indexOf("?", start);
  return end === -1 ? url.slice(start) : url.slice(start, end);
}

/** Whether this has to be answered even when nothing else is, whoever asks for it. */
export function isOperational({ url }: Request): boolean {
  const path = pathOf(url);
  return path.startsWith("/health/") || path === "/metrics";
}
