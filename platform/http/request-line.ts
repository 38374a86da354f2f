/** The log line of a request, as bytes or as text. */
import type { ByteLog, Log } from "../process/log.ts";
import type { RequestContext } from "./context.ts";
import { type Kind, perKind } from "./per-kind.ts";
import { knownMethod } from "./routes.ts";

/** A request that takes longer is marked slow: most take a thousandth of this. */
const SLOW_MS = 1_000;

/** A finished request. Its route is a pattern: values from a client must not reach the log. */
export interface LoggedRequest extends Kind {
  durationMs: number;
  /** The real path, for a log for people. */
  path?: string;
}

export function isSlow({ durationMs }: LoggedRequest): boolean {
  return durationMs > SLOW_MS;
}

type Write = (context: RequestContext, request: LoggedRequest) => void;

/** Returns the function that writes the line: as bytes if the log can, with the same content. */
export function createRequestLine(log: Log): Write {
  return log.bytes ? byteLine(log.bytes) : textLine(log);
}

function textLine(log: Log): Write {
  return ({ id, span, caller, failure, bytes }, request) => {
    // The log leaves out what is undefined.
    log.info("request", {
      request_id: id,
      trace_id: span?.context.traceId,
      caller: caller && "hash" in caller ? caller.hash : undefined,
      method: knownMethod(request.method),
      route: request.route,
      path: request.path,
      status: request.status,
      code: failure,
      bytes,
      duration_ms: Math.round(request.durationMs * 1_000) / 1_000,
      slow: isSlow(request) || undefined,
    });
  };
}

/**
 * Writes the parts of the line one after another, and creates nothing: its text would be most of
 * what a request leaves to the collector.
 */
function byteLine({ service, page, time }: ByteLog): Write {
  const { bytes } = page;
  const afterTime = encoded(
    `","level":"info","service":${JSON.stringify(service)},"message":"request","request_id":"`,
  );
  const kindOf = perKind(({ method, route, status }) =>
    encoded(`","method":"${method}","route":${JSON.stringify(route)},"status":${status}`),
  );
  const codes = new Map<string, Uint8Array>();
  /** Where the next part begins. */
  let at = 0;

  function add(part: Uint8Array): void {
    for (let index = 0; index < part.length; index += 1) bytes[at + index] = part[index] as number;
    at += part.length;
  }

  /** Adds ASCII without quotes and backslashes. */
  function addText(text: string): void {
    for (let index = 0; index < text.length; index += 1) bytes[at + index] = text.charCodeAt(index);
    at += text.length;
  }

  /** Adds a whole number, with zeros before it if it has fewer digits. */
  function addNumber(value: number, digitsMin = 1): void {
    let digits = digitsMin;
    for (let limit = 10 ** digits; limit <= value; limit *= 10) digits += 1;
    let rest = value;
    for (let place = at + digits - 1; place >= at; place -= 1) {
      bytes[place] = ZERO + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    at += digits;
  }

  /** Adds up to three decimals, and none that is a zero at the end. */
  function addMilliseconds(value: number): void {
    const micros = Math.round(value * 1_000);
    addNumber(Math.floor(micros / 1_000));
    const decimals = micros % 1_000;
    if (decimals === 0) return;
    bytes[at] = DOT;
    at += 1;
    addNumber(decimals, 3);
    while (bytes[at - 1] === ZERO) at -= 1;
  }

  function addCode(code: string): void {
    let part = codes.get(code);
    if (!part) codes.set(code, (part = encoded(`,"code":${JSON.stringify(code)}`)));
    add(part);
  }

  return ({ id, span, caller, failure, bytes: length }, request) => {
    const begin = page.begin();
    if (begin === undefined) return;
    at = begin;
    add(BEFORE_TIME);
    addText(time());
    add(afterTime);
    addText(id);
    if (span) {
      add(TRACE);
      addText(span.context.traceId);
    }
    if (caller && "hash" in caller) {
      add(CALLER);
      addText(caller.hash);
    }
    add(kindOf(request));
    if (failure !== undefined) addCode(failure);
    if (length !== undefined) {
      add(LENGTH);
      addNumber(length);
    }
    add(DURATION);
    addMilliseconds(request.durationMs);
    add(isSlow(request) ? SLOW_END : END);
    page.end(at);
  };
}

const ZERO = 0x30;
const DOT = 0x2e;
const BEFORE_TIME = encoded('{"time":"');
const TRACE = encoded('","trace_id":"');
const CALLER = encoded('","caller":"');
const LENGTH = encoded(',"bytes":');
const DURATION = encoded(',"duration_ms":');
const SLOW_END = encoded(',"slow":true}\n');
const END = encoded("}\n");

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
