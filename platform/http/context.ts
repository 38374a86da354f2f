/** What a request knows of itself: its id, caller, span and route. Created once, and passed on. */
import type { MaybePromise } from "../process/and-then.ts";
import type { TraceContext } from "../process/trace/trace-context.ts";
import type { Span } from "../process/trace/tracer.ts";
import type { ProblemError } from "./failure.ts";

/** Returns the response to a request: an app, or a part of the way to it. */
export type Respond = (request: Request) => MaybePromise<Response>;

/** Accepted request ids from clients; any other is replaced. */
const REQUEST_ID = /^[0-9A-Za-z._-]{1,128}$/;

/** A caller, as its token describes it. */
export interface Caller {
  /** The `sub` of the token: the id of its user. */
  readonly subject: string;
  /** Replaces the subject in the log: the first 12 hex digits of its SHA-256. */
  readonly hash: string;
  /** The `scope` of the token, including scopes that the services do not know. */
  readonly scopes: ReadonlySet<string>;
}

export interface RequestContext {
  /** The client's `X-Request-Id` if it is acceptable, otherwise a new UUIDv7. */
  readonly id: string;
  /**
   * The authenticated caller, or the failure to authenticate it. Undefined with AUTH=off, and
   * before the check.
   */
  caller?: Caller | ProblemError;
  /** Headers to add to any response. */
  headers?: Record<string, string>;
  /** The span of the request, parent of other spans. Undefined unless traces are sent. */
  span?: Span;
  /** The length of the response body, if it is known before it is sent. */
  bytes?: number;
  /** The `code` of the failure. Default: none */
  failure?: string;
  /** The pattern of the path, once a route handles the request. */
  route?: string;
}

/** The property of a request that holds its context. A WeakMap would cost the collector more. */
const CONTEXT = Symbol("context");

interface WithContext extends Request {
  [CONTEXT]?: RequestContext;
}

/** Returns the context of this request; created on first use. */
export function contextOf(request: WithContext): RequestContext {
  return (request[CONTEXT] ??= { id: idOf(request) });
}

function idOf({ headers }: Request): string {
  const given = headers.get("x-request-id");
  return given !== null && REQUEST_ID.test(given) ? given : Bun.randomUUIDv7();
}

/** The trace context for operations that belong to this request. */
export function traceOf(request: WithContext): TraceContext | undefined {
  return request[CONTEXT]?.span?.context;
}

/** The path of a URL, without its query. */
export function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const end = url.indexOf("?", start);
  return end === -1 ? url.slice(start) : url.slice(start, end);
}
