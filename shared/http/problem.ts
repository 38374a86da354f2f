/** Every failure, as application/problem+json (RFC 9457). */
import { type ValueError, ValueErrorType } from "@sinclair/typebox/errors";
import { Elysia, NotFoundError, ParseError, ValidationError } from "elysia";

import { DatabaseUnavailable } from "../database/database.ts";
import { expectation } from "../process/expectation.ts";
import type { Log } from "../process/log.ts";
import type { FieldError, Problem } from "../types.ts";

/** The statuses a failure may have, with their names (RFC 9110, 15). */
export const TITLES = {
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  412: "Precondition Failed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
} as const;
export type ProblemStatus = keyof typeof TITLES;

export const PROBLEM_TYPE = "application/problem+json";

/** `errors` of a problem has this many rows at most. */
const ERRORS_MAX = 100;
/** A pointer into a body longer than this says no more than the one of its parent. */
const POINTER_LENGTH_MAX = 256;

interface ProblemOptions {
  /** The fields that do not fit. Default: none. */
  errors?: FieldError[];
  /** Headers of the answer, `Retry-After` or `Allow` say. Default: none. */
  headers?: Record<string, string>;
  /** What led to it: for the log, never for the client. */
  cause?: unknown;
}

/**
 * An expected failure: thrown where it is found, answered by {@link problems}.
 *
 * `code` is for programs and stable; `detail` is for people, a sentence without a full stop that
 * never repeats what the client sent.
 */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly errors: FieldError[] | undefined;
  readonly headers: Record<string, string>;

  constructor(
    readonly status: ProblemStatus,
    readonly code: string,
    readonly detail: string,
    { errors, headers = {}, cause }: ProblemOptions = {},
  ) {
    super(detail, { cause });
    this.errors = errors;
    this.headers = headers;
  }
}

/**
 * Something this service needs is out of reach for now: 503.
 *
 * @param retryAfterSeconds when it makes sense to ask again. Default: 1
 */
export function unavailable(
  code: string,
  detail: string,
  { cause, retryAfterSeconds = 1 }: { cause?: unknown; retryAfterSeconds?: number } = {},
): ProblemError {
  return new ProblemError(503, code, detail, {
    headers: { "retry-after": String(retryAfterSeconds) },
    cause,
  });
}

/**
 * The one place where errors become answers. It has to be the first plugin of an app: Elysia's hooks
 * hold for what is added after them.
 */
export function problems(log: Log) {
  return new Elysia().onError({ as: "global" }, ({ error, request, set }) => {
    const problem = asProblem(error);
    const requestId = String(set.headers["x-request-id"]);
    if (problem.status >= 500) {
      const { method, url } = request;
      log.error(problem.detail, {
        request_id: requestId,
        code: problem.code,
        method,
        path: new URL(url).pathname,
        error: problem.cause ?? problem,
      });
    }
    set.status = problem.status;
    Object.assign(set.headers, problem.headers, { "content-type": PROBLEM_TYPE });
    return problemBody(problem, requestId);
  });
}

/** The wire form of a problem. */
export function problemBody(problem: ProblemError, requestId: string): Problem {
  return {
    type: "about:blank",
    title: TITLES[problem.status],
    status: problem.status,
    detail: problem.detail,
    code: problem.code,
    request_id: requestId,
    ...(problem.errors && { errors: problem.errors }),
  };
}

/** What a thrown value means to the client; an unexpected one is a 500 that tells nothing. */
export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof ValidationError) return invalid(error);
  if (error instanceof DatabaseUnavailable) {
    return unavailable("database_unavailable", "The database cannot be used at the moment", {
      cause: error.cause,
    });
  }
  // Elysia wraps what a parser throws.
  if (error instanceof ParseError && error.cause instanceof ProblemError) return error.cause;
  if (error instanceof NotFoundError) {
    // Not `not_found`: whoever asks the wrong service must not take it for a missing thing.
    return new ProblemError(404, "path_not_found", "There is nothing under this path");
  }
  return new ProblemError(500, "internal", "Something went wrong on our side", { cause: error });
}

function invalid(error: ValidationError): ProblemError {
  // An answer that breaks its own schema is our fault, and what it holds is nobody's business.
  if (error.type === "response") {
    const fields = fieldErrors(error).map(({ pointer, detail }) => `${pointer}: ${detail}`);
    const cause = new Error(`The answer does not fit its schema: ${fields.join("; ")}`);
    return new ProblemError(500, "internal", "Something went wrong on our side", { cause });
  }
  const errors = fieldErrors(error);
  switch (error.type) {
    case "body":
      return new ProblemError(422, "invalid_body", "The body does not fit its schema", { errors });
    case "query":
      return invalidQuery(errors);
    case "headers":
      return new ProblemError(400, "invalid_headers", "A header does not fit its schema", {
        errors,
      });
    default:
      return new ProblemError(400, "invalid_path", "The path does not fit its schema", { errors });
  }
}

/** A query, or a cursor in it, that is not what the route expects. */
export function invalidQuery(errors: FieldError[]): ProblemError {
  return new ProblemError(400, "invalid_query", "The query does not fit its schema", { errors });
}

/** One row a field: the first thing that is wrong with it. */
function fieldErrors({ validator, value }: ValidationError): FieldError[] {
  const details = new Map<string, string>();
  // Not `error.all`: it stops at the 64th, and a field may have several.
  for (const error of (validator as Checker).Errors(value)) {
    const pointer = shortened(error.path);
    if (details.size === ERRORS_MAX) break;
    if (!details.has(pointer)) details.set(pointer, explain(error));
  }
  return Array.from(details, ([pointer, detail]) => ({ pointer, detail }));
}

interface Checker {
  Errors(value: unknown): Iterable<ValueError>;
}

function shortened(pointer: string): string {
  let short = pointer;
  while (short.length > POINTER_LENGTH_MAX) short = short.slice(0, short.lastIndexOf("/"));
  return short;
}

function explain({ type, schema, value }: ValueError): string {
  if (type === ValueErrorType.ObjectRequiredProperty) return "Required";
  if (type === ValueErrorType.ObjectAdditionalProperties) return "Unknown name";
  if (Array.isArray(value) && schema.type !== "object") return "Expected one value, not several";
  return `Expected ${expectation(schema)}`;
}
