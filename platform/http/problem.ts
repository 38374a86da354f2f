/** Turns every failure into application/problem+json (RFC 9457). */
import { type Context, Elysia, NotFoundError, ParseError } from "elysia";

import type { FieldError, Problem } from "../contract/schemas.ts";
import { DatabaseUnavailable } from "../database/database.ts";
import type { Log } from "../process/log.ts";
import { contextOf } from "./context.ts";
import { createFailureLog, type LogFailure } from "./failure-log.ts";
import { type Failure, ProblemError, TITLES } from "./failure.ts";
import { clientLeft, databaseUnavailable, internal, pathNotFound } from "./failures.ts";
import { STANDARD_HEADERS } from "./headers.ts";
import { jsonOf } from "./json.ts";

export const PROBLEM_TYPE = "application/problem+json";

export interface FailedRequest extends Pick<Context, "request" | "set"> {
  error: unknown;
}

/** Returns the body of the response to a failed request, and sets its status and headers. */
export type Fail = (failed: FailedRequest) => string;

/**
 * Returns the function that turns errors into responses and logs them.
 *
 * @param logFailure Default: each failure has a line
 */
export function failing(log: Log, logFailure = createFailureLog({ log })): Fail {
  return ({ error, request, set }) => {
    const problem = asProblem(error);
    logFailure(request, problem);
    set.status = problem.status;
    // The handler may have set it before it failed.
    delete set.headers["etag"];
    Object.assign(set.headers, headersOf(problem));
    return jsonOf(request, problemBody(problem, contextOf(request).id));
  };
}

/** Handles the errors of an app. Must be its first plugin; see `app.ts`. */
export function problems(log: Log, logFailure?: LogFailure) {
  const fail = failing(log, logFailure);
  return new Elysia().onError({ as: "global" }, ({ error, request, set }) =>
    fail({ error, request, set }),
  );
}

/** Returns the response to a request that failed outside the app. */
export function problemResponse(
  logFailure: LogFailure,
  request: Request,
  error: unknown,
): Response {
  const problem = asProblem(error);
  const { id } = contextOf(request);
  logFailure(request, problem);
  const headers = { ...headersOf(problem), "x-request-id": id };
  const body = jsonOf(request, problemBody(problem, id));
  return new Response(body, { status: problem.status, headers });
}

function headersOf({ headers }: ProblemError): Record<string, string> {
  return { ...STANDARD_HEADERS, ...headers, "content-type": PROBLEM_TYPE };
}

interface ProblemFields extends Pick<Failure, "status" | "detail" | "code"> {
  readonly errors?: FieldError[] | undefined;
}

/** Returns the JSON form of a failure. */
export function problemBody(
  { status, detail, code, errors }: ProblemFields,
  requestId: string,
): Problem {
  return {
    type: "about:blank",
    title: TITLES[status],
    status,
    detail,
    code,
    request_id: requestId,
    ...(errors && { errors }),
  };
}

/** Maps a thrown value to a failure; an unexpected one becomes a 500 without details. */
export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  // Elysia wraps errors of parsers.
  if (error instanceof ParseError && error.cause instanceof ProblemError) return error.cause;
  if (error instanceof NotFoundError) return new ProblemError(pathNotFound);
  if (error instanceof DatabaseUnavailable) {
    return new ProblemError(databaseUnavailable, { cause: error.cause });
  }
  // The abort reason of a request's signal.
  if (error instanceof DOMException && error.name === "AbortError") {
    return new ProblemError(clientLeft, { cause: error });
  }
  return new ProblemError(internal, { cause: error });
}
