/**
 * What a request may fail with. A failure is declared once, as a value: a route throws it, and documents
 * it by the same value, so that neither can say what the other does not.
 */
import type { FieldError } from "../types.ts";

/** The statuses that a failure may have, with their names (RFC 9110, 15). */
export const TITLES = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  412: "Precondition Failed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  421: "Misdirected Request",
  422: "Unprocessable Content",
  // Not registered, and never received: what nginx counts a client as that has closed the connection.
  499: "Client Closed Request",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
} as const;
export type ProblemStatus = keyof typeof TITLES;

export interface Failure<
  Status extends ProblemStatus = ProblemStatus,
  Code extends string = string,
> {
  readonly status: Status;
  /** For programs, and stable. */
  readonly code: Code;
  /** For people: a sentence without a full stop, which never repeats what the client sent. */
  readonly detail: string;
  /** When it happens, for the OpenAPI document: a sentence. */
  readonly description: string;
  /** The header that every such response has. Default: none */
  readonly header?: "Accept" | "Allow" | "Retry-After" | "WWW-Authenticate";
}

export interface FailureOptions {
  /** What to say this time. Default: the failure's own sentence */
  detail?: string;
  /** The fields that do not fit. Default: none */
  errors?: FieldError[];
  /** Headers of the response. Default: `Retry-After: 1` for a failure that has one, or none */
  headers?: Record<string, string>;
  /** What led to it: for the log, never for the client. */
  cause?: unknown;
}

/** An expected failure: thrown where it is found, made a response by `problems`. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly status: ProblemStatus;
  readonly code: string;
  readonly detail: string;
  readonly errors: FieldError[] | undefined;
  readonly headers: Record<string, string>;

  constructor(
    readonly failure: Failure,
    { detail = failure.detail, errors, headers, cause }: FailureOptions = {},
  ) {
    super(detail, { cause });
    this.status = failure.status;
    this.code = failure.code;
    this.detail = detail;
    this.errors = errors;
    this.headers = headers ?? (failure.header === "Retry-After" ? { "retry-after": "1" } : {});
  }
}

/** Declares a failure and keeps its status and code as types: a misspelt code does not compile. */
export function failure<const Status extends ProblemStatus, const Code extends string>(
  declared: Failure<Status, Code>,
): Failure<Status, Code> {
  return declared;
}
