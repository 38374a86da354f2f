/**
 * Failures of requests. Each is declared once, as a value: a route throws the same value that it
 * documents, so the two cannot differ.
 */
import type { FieldError } from "../contract/schemas.ts";

/** The statuses of failures, with their names (RFC 9110, 15). */
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
  // Not registered, and never sent: nginx's status for a client that closed the connection.
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
  /** For programs; stable. */
  readonly code: Code;
  /** For people: a sentence without a full stop, which never repeats the client's input. */
  readonly detail: string;
  /** When it happens, for the OpenAPI document: a sentence. */
  readonly description: string;
  /** The header of every such response. Default: none */
  readonly header?: "Accept" | "Allow" | "Retry-After" | "WWW-Authenticate";
  /** Whether every operation can fail so: the document says it once. Default: false */
  readonly everywhere?: boolean;
  /** Whether it happens only if the service requires tokens. Default: false */
  readonly withTokens?: boolean;
}

export interface FailureOptions {
  /** The sentence for this occurrence. Default: the failure's own */
  detail?: string;
  /** The invalid fields. Default: none */
  errors?: FieldError[] | undefined;
  /** Headers of the response. Default: `Retry-After: 1` for a failure with that header, or none */
  headers?: Record<string, string>;
  /** The cause: for the log, never for the client. */
  cause?: unknown;
}

/** An expected failure: thrown where it is found, turned into a response by `problem.ts`. */
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

/**
 * Declares a failure with literal types of its status and code: a misspelled code does not compile.
 * Default of the description: the detail.
 */
export function failure<const Status extends ProblemStatus, const Code extends string>({
  description,
  ...declared
}: Omit<Failure<Status, Code>, "description"> & { description?: string }): Failure<Status, Code> {
  return { ...declared, description: description ?? `${declared.detail}.` };
}
