/** How a call to another service fails, and what follows from it. */
import { type Failure, failure, ProblemError } from "../http/failure.ts";

/** The failures of a request whose call to another service fails. */
export interface CallFailures {
  /** 503 with `Retry-After`: the other service cannot be reached or cannot respond now. */
  unavailable: Failure<503>;
  /** 504: it takes too long. */
  timeout: Failure<504>;
  /** 502: its response violates the contract. */
  badResponse: Failure<502>;
}

/** Returns the failures, with codes such as `things_timeout`. */
export function callFailures<const Name extends string>(service: Name) {
  const it = `The ${service} service`;
  return {
    badResponse: failure({
      status: 502,
      code: `${service}_bad_answer`,
      detail: `${it} sent an invalid response`,
    }),
    unavailable: failure({
      status: 503,
      code: `${service}_unavailable`,
      detail: `${it} is not available at the moment`,
      description: `${it} cannot be reached or cannot respond at the moment.`,
      header: "Retry-After",
    }),
    timeout: failure({
      status: 504,
      code: `${service}_timeout`,
      detail: `${it} took too long to respond`,
    }),
  } satisfies CallFailures;
}

/** `unsent`: there was no attempt. */
export type CallErrorKind = "unreachable" | "timeout" | "response" | "unsent";

interface CallErrorOptions {
  kind: CallErrorKind;
  /** The status of the response. Default: 0, there was none */
  status?: number;
  /** How long the other service asks to wait. Default: 0 */
  retryAfterMs?: number;
  cause?: unknown;
}

/** The limit of the `Retry-After` that is passed on from another service. */
const RETRY_AFTER_SECONDS_MAX = 3_600;

/** A failed call: the problem for the client, with what the parts of a call need to know. */
export class CallError extends ProblemError {
  readonly kind: CallErrorKind;
  /** The status of the response; 0 if there was none. */
  readonly responseStatus: number;
  readonly retryAfterMs: number;

  constructor(failure: Failure, { kind, status = 0, retryAfterMs = 0, cause }: CallErrorOptions) {
    const seconds = Math.min(Math.max(Math.ceil(retryAfterMs / 1000), 1), RETRY_AFTER_SECONDS_MAX);
    const isForLater = failure.header === "Retry-After";
    super(failure, { cause, headers: isForLater ? { "retry-after": String(seconds) } : {} });
    this.kind = kind;
    this.responseStatus = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Whether the other service is at fault: it cannot be reached, takes too long, or responds with a
 * 5xx.
 */
export function isFault(error: unknown): boolean {
  if (!(error instanceof CallError)) return false;
  return error.kind === "unreachable" || error.kind === "timeout" || error.responseStatus >= 500;
}

/** Whether another attempt may succeed. */
export function isPassing(error: unknown): error is CallError {
  if (!(error instanceof CallError) || error.kind === "unsent") return false;
  return error.kind !== "response" || [502, 503, 504].includes(error.responseStatus);
}

/**
 * Whether the other service is unavailable. (A response that violates the contract is not such a
 * case.)
 */
export function isAway(error: unknown): boolean {
  if (!(error instanceof CallError)) return false;
  return error.kind === "unsent" || error.responseStatus === 429 || isFault(error);
}
