/** W3C Trace Context (https://www.w3.org/TR/trace-context-1/): the trace that a request belongs to. */

/** The place of one piece of work in a trace: what its caller sends, and what it sends on. */
export interface TraceContext {
  /** 32 hex digits in lower case, not all of them zero. */
  readonly traceId: string;
  /** 16 of them: of the caller's span, or of one's own. */
  readonly spanId: string;
  /** Whether the caller records its part. */
  readonly sampled: boolean;
  /** `tracestate`, which belongs to the tracing systems and is handed on as it came; empty for none. */
  readonly state: string;
}

/** version-traceid-parentid-flags; what later versions add comes after another dash (3.2.2 to 3.2.4). */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 0x01;

/** 3.3.1.3.1 and 3.3.1.3.2: a key, simple or of a tenant, and a value that does not end with a space. */
const MEMBER =
  /^(?:[a-z][-a-z0-9_*/]{0,255}|[a-z0-9][-a-z0-9_*/]{0,240}@[a-z][-a-z0-9_*/]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const MEMBERS_MAX = 32;

/** What every system has to hand on (3.3.1.5), and so what is handed on here. */
const STATE_LENGTH_MAX = 512;
/** Members that are longer than this go first where there is too much. */
const MEMBER_LENGTH_LARGE = 128;

/**
 * Reads the context that a request carries. `undefined` where there is none, or nonsense: the request
 * begins a trace of its own then. A bad `tracestate` takes nothing else along.
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

/** The headers that carry a context on to whoever is called. */
export function traceHeaders({ traceId, spanId, sampled, state }: TraceContext) {
  return {
    traceparent: `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`,
    ...(state !== "" && { tracestate: state }),
  };
}

/** The members that can be handed on; empty if the list is not one. */
function readState(text: string): string {
  const members = text
    .split(",")
    .map((member) => member.replaceAll(/^[ \t]+|[ \t]+$/g, ""))
    .filter((member) => member !== "");
  const keys = new Set(members.map((member) => member.slice(0, member.indexOf("="))));
  const isList = members.every((member) => MEMBER.test(member)) && keys.size === members.length;
  return isList && members.length <= MEMBERS_MAX ? shortened(members) : "";
}

function shortened(members: readonly string[]): string {
  const whole = members.join(",");
  if (whole.length <= STATE_LENGTH_MAX) return whole;
  const kept = members.filter(({ length }) => length <= MEMBER_LENGTH_LARGE);
  while (kept.join(",").length > STATE_LENGTH_MAX) kept.pop();
  return kept.join(",");
}
