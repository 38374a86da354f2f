/** Turns every failure into application/problem+json (RFC 9457). */
import { type Context, Elysia, NotFoundError, ParseError } from "elysia";

import type { FieldError, Problem } from "../contract/schemas.ts";
import { DatabaseUnavailable } from "../database/database.ts";
import { contextOf } from "./context.ts";
import type { LogFailure } from "./failure-log.ts";
import { type Failure, ProblemError, TITLES } from "./failure.ts";
import { clientLeft, databaseUnavailable, internal, pathNotFound } from "./failures.ts";
import { jsonOf, STANDARD_HEADERS } from "./response.ts";

export const PROBLEM_TYPE = "application/problem+json";

/** A failure as a response, before it is one. */
export interface Rendered {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Turns what was thrown into a response, and logs it. */
export type Render = (request: Request, error: unknown) => Rendered;

/** Returns the one function that renders failures. */
export function createRender(logFailure: LogFailure): Render {
  return (request, error) => {
    const problem = asProblem(error);
    logFailure(request, problem);
    const { id } = contextOf(request);
    const headers = { ...STANDARD_HEADERS, ...problem.headers };
    return {
      status: problem.status,
      headers: { ...headers, "content-type": PROBLEM_TYPE, "x-request-id": id },
      body: jsonOf(request, problemBody(problem, id)),
    };
  };
}

/** Returns the response to a request that failed outside the app. */
export function responseOf({ body, ...init }: Rendered): Response {
  return new Response(body, init);
}

/** Sets the status and the headers of a response of Elysia, and returns its body. */
export function given({ status, headers, body }: Rendered, set: Context["set"]): string {
  set.status = status;
  // The handler may have set it before it failed.
  delete set.headers["etag"];
  Object.assign(set.headers, headers);
  return body;
}

/**
 * What every response of Elysia has: the standard headers and the request id; and its own errors as
 * problems, such as a path that does not exist. The first plugin of an app, because a hook applies
 * only to what is added after it.
 */
export function standard(render: Render) {
  return new Elysia()
    .onRequest(identify)
    .onError({ as: "global" }, ({ error, request, set }) => given(render(request, error), set));
}

function identify({ request, set }: Pick<Context, "request" | "set">): void {
  set.headers = { ...STANDARD_HEADERS, "x-request-id": contextOf(request).id };
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
