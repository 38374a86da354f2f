/**
 * W3C Trace Context (https://www.w3.org/TR/trace-context-1/): the trace that a request belongs to.
 */

/** A position in a trace: received from the caller, and sent to other services. */
export interface TraceContext {
  /** 32 hex digits in lower case, not all zero. */
  readonly traceId: string;
  /** 16 hex digits: the caller's span, or our own. */
  readonly spanId: string;
  /** Whether the caller records the trace. */
  readonly sampled: boolean;
  /**
   * `tracestate`, which belongs to the tracing systems and is passed on unchanged; empty if there
   * is none.
   */
  readonly state: string;
}

/**
 * version-traceid-parentid-flags; later versions may append fields after another dash (3.2.2 to
 * 3.2.4). The ids are parts of the header and keep it in memory, so its length is bounded.
 */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.{0,256})?$/;
const SAMPLED = 0x01;

/**
 * 3.3.1.3.1 and 3.3.1.3.2: a key, simple or of a tenant, and a value that does not end with a
 * space.
 */
const MEMBER =
  /^(?:[a-z][-a-z0-9_*/]{0,255}|[a-z0-9][-a-z0-9_*/]{0,240}@[a-z][-a-z0-9_*/]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const MEMBERS_MAX = 32;

/** The length that every system must propagate (3.3.1.5), and the limit here. */
const STATE_LENGTH_MAX = 512;
/** Longer members are dropped first if the total is too long. */
const MEMBER_LENGTH_LARGE = 128;

/**
 * Reads the context from the headers of a request. Undefined if it is missing or invalid: the
 * request then starts a new trace. An invalid `tracestate` invalidates nothing else.
 */
export function readTraceContext(headers: Pick<Headers, "get">): TraceContext | undefined {
  const parent = headers.get("traceparent");
  const [, version, traceId = "", spanId = "", flags = "", rest] =
    (parent !== null && TRACEPARENT.exec(parent)) || [];
  if (version === undefined || version === "ff" || (version === "00" && rest !== undefined)) {
    return undefined;
  }
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  const sampled = (Number.parseInt(flags, 16) & SAMPLED) !== 0;
  return { traceId, spanId, sampled, state: readState(headers.get("tracestate") ?? "") };
}

/** Returns the headers that propagate a context. */
export function traceHeaders({ traceId, spanId, sampled, state }: TraceContext) {
  return {
    traceparent: `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`,
    ...(state !== "" && { tracestate: state }),
  };
}

/** Returns the members to propagate; empty if the list is invalid. */
function readState(text: string): string {
  const members = text
    .split(",")
    .map((member) => member.replaceAll(/^[ \t]+|[ \t]+$/g, ""))
    .filter((member) => member !== "");
  const keys = new Set(members.map((member) => member.slice(0, member.indexOf("="))));
  const isList = members.every((member) => MEMBER.test(member)) && keys.size === members.length;
  const state = isList && members.length <= MEMBERS_MAX ? shortened(members) : "";
  // A copy, where most of a long header was left out: a part of it would keep the whole in memory.
  return text.length > STATE_LENGTH_MAX ? Buffer.from(state).toString() : state;
}

function shortened(members: readonly string[]): string {
  const whole = members.join(",");
  if (whole.length <= STATE_LENGTH_MAX) return whole;
  const kept = members.filter(({ length }) => length <= MEMBER_LENGTH_LARGE);
  while (kept.join(",").length > STATE_LENGTH_MAX) kept.pop();
  return kept.join(",");
}
