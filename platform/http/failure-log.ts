import { type Clock, systemClock } from "../process/clock.ts";
/**
 * Logs failures: rejected callers for an audit, and our own faults. Any client can cause either, so
 * the number of lines is bounded, and so is the memory for lines that are held back.
 */
import type { Fields, Log } from "../process/log.ts";
import { shortHash } from "../process/short-hash.ts";
import { contextOf } from "./context.ts";
import type { ProblemError } from "./failure.ts";
import { malformedToken, overloaded } from "./failures.ts";

/** The default window. */
const WINDOW_MS = 60_000;

/**
 * The maximum number of callers with a line of their own in a window, of each kind: known subjects,
 * and addresses, of which an attacker may have many. They take less than 1 MB.
 */
const CALLERS_MAX = 1_000;

/** The maximum number of lines in a window about faults with the same code. */
const FAULTS_MAX = 100;

const REFUSALS: readonly number[] = [401, 403, 429];

/** Logs a failure, and sets its code in the context of the request. */
export type LogFailure = (request: Request, problem: ProblemError) => void;

export interface FailureLogOptions {
  log: Log;
  /** Returns the address of the client of a request. Default: none is known */
  addressOf?: (request: Request) => string;
  /** How long refusals of a caller are counted before its line is written. Default: a minute */
  windowMs?: number;
  /**
   * Registers what to write before the process ends. Default: nothing is held back, and each failure
   * has a line
   */
  atEnd?: ((write: () => void) => void) | undefined;
  clock?: Clock;
}

/** The refusals of a caller in a window. */
interface Refused {
  /** What identifies the caller and the first of its refusals. */
  fields: Fields;
  codes: Map<string, number>;
}

/** What is held back until the window ends. */
interface Window {
  subjects: Map<string, Refused>;
  addresses: Map<string, Refused>;
  /** Refusals of further callers. */
  others: Refused;
  /** How often each fault happened, by its code. */
  faults: Map<string, number>;
}

export function createFailureLog({
  log,
  addressOf = () => "",
  windowMs = WINDOW_MS,
  atEnd,
  clock = systemClock,
}: FailureLogOptions): LogFailure {
  let window: Window | undefined;
  let cancel: (() => void) | undefined;
  atEnd?.(end);

  /** The window; it begins with the first failure and ends for all callers at the same time. */
  function current(): Window {
    if (!window) {
      const others = { fields: { code: "other_callers" }, codes: new Map() };
      window = { subjects: new Map(), addresses: new Map(), others, faults: new Map() };
      cancel = clock.after(windowMs, end);
    }
    return window;
  }

  function end(): void {
    cancel?.();
    if (!window) return;
    const { subjects, addresses, others, faults } = window;
    window = undefined;
    for (const refused of [...subjects.values(), ...addresses.values()]) writeRefused(refused);
    if (others.codes.size > 0) writeRefused(others);
    for (const [code, count] of faults) {
      if (count > FAULTS_MAX) log.error("faults not logged", { code, count: count - FAULTS_MAX });
    }
  }

  function writeRefused({ fields, codes }: Refused): void {
    const count = [...codes.values()].reduce((sum, one) => sum + one, 0);
    log.warn("refused", {
      ...fields,
      count,
      ...(codes.size > 1 && { codes: Object.fromEntries(codes) }),
    });
  }

  function refuse(request: Request, { code, detail, cause }: ProblemError): void {
    const subject = knownCaller(request)?.subject;
    const address = addressOf(request);
    const first = () => ({
      ...fieldsOf(request, code),
      reason: cause instanceof Error ? cause.message : detail,
      // For an audit, which needs the subject.
      subject,
      address_hash: address === "" ? undefined : shortHash(address),
    });
    if (!atEnd) return writeRefused({ fields: first(), codes: new Map([[code, 1]]) });
    const { subjects, addresses, others } = current();
    const [callers, name] = subject === undefined ? [addresses, address] : [subjects, subject];
    let refused = callers.get(name);
    if (!refused && callers.size >= CALLERS_MAX) refused = others;
    if (!refused) {
      refused = { fields: first(), codes: new Map() };
      callers.set(name, refused);
    }
    refused.codes.set(code, (refused.codes.get(code) ?? 0) + 1);
  }

  function report(request: Request, problem: ProblemError): void {
    const { code, detail, cause } = problem;
    if (atEnd) {
      const { faults } = current();
      const count = (faults.get(code) ?? 0) + 1;
      faults.set(code, count);
      if (count > FAULTS_MAX) return;
    }
    log.error(detail, {
      ...fieldsOf(request, code),
      caller: knownCaller(request)?.hash,
      error: cause ?? problem,
    });
  }

  return (request, problem) => {
    const { status, code, failure } = problem;
    contextOf(request).failure = code;
    if (REFUSALS.includes(status) || failure === malformedToken) {
      if (log.enabled("warn")) refuse(request, problem);
      // Overload is counted in the metrics only: logging every rejection would add to the load.
    } else if (status >= 500 && failure !== overloaded) report(request, problem);
  };
}

/** The line of the request has the same id. */
function fieldsOf(request: Request, code: string): Fields {
  const { id, span } = contextOf(request);
  return { request_id: id, ...(span && { trace_id: span.context.traceId }), code };
}

function knownCaller(request: Request) {
  const { caller } = contextOf(request);
  return caller && "subject" in caller ? caller : undefined;
}
