/** The ways in which a call to another service fails, and what follows from each. */
import type { ServiceName } from "../../../services.ts";
import { type Failure, failure, ProblemError } from "../failure.ts";

/** What a service fails with when its call of another one does. */
export interface CallFailures {
  /** The other service cannot be reached, or cannot answer now: 503 with `Retry-After`. */
  unavailable: Failure<503>;
  /** It takes too long: 504. */
  timeout: Failure<504>;
  /** It answers outside the contract: 502. */
  badAnswer: Failure<502>;
}

/** The failures of whoever asks this service, by codes such as `users_timeout`. */
export function callFailures(service: ServiceName) {
  const it = `The ${service} service`;
  return {
    badAnswer: failure({
      status: 502,
      code: `${service}_bad_answer`,
      detail: `${it} sent an invalid response`,
      description: `${it} sent an invalid response.`,
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
      description: `${it} took too long to respond.`,
    }),
  } satisfies CallFailures;
}

/** `unsent`: there was no attempt at all. */
export type Way = "unreachable" | "late" | "answered" | "unsent";

interface CallErrorOptions {
  way: Way;
  /** The status of the answer. Default: 0, none came */
  status?: number;
  /** How long the other service asks to be left alone. Default: 0 */
  retryAfterMs?: number;
  cause?: unknown;
}

/** The longest that a client is asked to wait because another service asks for it. */
const RETRY_AFTER_SECONDS_MAX = 3_600;

/** A failed call: the problem for whoever asked, with what the parts of a call have to know of it. */
export class CallError extends ProblemError {
  readonly way: Way;
  /** The status of the answer; 0 if none came. */
  readonly answered: number;
  readonly retryAfterMs: number;

  constructor(failure: Failure, { way, status = 0, retryAfterMs = 0, cause }: CallErrorOptions) {
    const seconds = Math.min(Math.max(Math.ceil(retryAfterMs / 1000), 1), RETRY_AFTER_SECONDS_MAX);
    const isForLater = failure.header === "Retry-After";
    super(failure, { cause, headers: isForLater ? { "retry-after": String(seconds) } : {} });
    this.way = way;
    this.answered = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Whether the other service is at fault: it cannot be reached, takes too long, or answers a 5xx. */
export function isFault(error: unknown): boolean {
  if (!(error instanceof CallError)) return false;
  return error.way === "unreachable" || error.way === "late" || error.answered >= 500;
}

/** Whether another attempt may go better. */
export function isPassing(error: unknown): error is CallError {
  if (!(error instanceof CallError) || error.way === "unsent") return false;
  return error.way !== "answered" || [502, 503, 504].includes(error.answered);
}

/** Whether the other service tells nothing now. (An answer outside the contract tells something.) */
export function isAway(error: unknown): boolean {
  if (!(error instanceof CallError)) return false;
  return error.way === "unsent" || error.answered === 429 || isFault(error);
}
