/** Requests of tests to an app, and checks that hold for every failure. */
import { expect } from "bun:test";

import { Value } from "@sinclair/typebox/value";

import { TITLES } from "../../platform/http/failure.ts";
import { PROBLEM_TYPE } from "../../platform/http/problem.ts";
import { Problem } from "../../shared/types.ts";

/** An app, or anything else that handles requests. */
export interface Asked {
  handle(request: Request): Response | Promise<Response>;
}

/** Sends a request to a path. A `body` that is not text, bytes or a stream is sent as JSON. */
export async function ask(
  { handle }: Asked,
  path: string,
  { method, headers, body }: { method?: string; headers?: Headed; body?: unknown } = {},
): Promise<Response> {
  const isJson = body !== undefined && headers?.["content-type"] === undefined;
  const raw =
    typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream;
  return handle(
    new Request(`http://localhost${path}`, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: { ...(isJson && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && { body: raw ? (body as BodyInit) : JSON.stringify(body) }),
    }),
  );
}
type Headed = Record<string, string>;

/** Returns the problem in a response, after checking that it is complete and consistent. */
export async function problemIn(answer: Response): Promise<Problem> {
  const problem = (await answer.json()) as Problem;
  expect(answer.headers.get("content-type")).toBe(PROBLEM_TYPE);
  expect(Array.from(Value.Errors(Problem, problem), ({ path }) => path)).toEqual([]);
  expect(problem.status).toBe(answer.status);
  expect(problem.title).toBe(TITLES[answer.status as keyof typeof TITLES]);
  expect(problem.request_id).toBe(answer.headers.get("x-request-id") ?? "none");
  const pointers = pointersOf(problem);
  expect(pointers).toEqual([...new Set(pointers)]);
  return problem;
}

/** The fields that a problem names, as JSON pointers. */
export function pointersOf({ errors = [] }: Problem): string[] {
  return errors.map(({ pointer }) => pointer);
}

/** The path of the next page, if there is one. */
export function nextPage({ headers }: Response): string | undefined {
  return /^<([^>]*)>; rel="next"$/.exec(headers.get("link") ?? "")?.[1];
}

/**
 * A time set by a test, as responses show it; any text for executables, which use the real clock.
 */
export function timeOf(ms: number): string {
  return process.env["TEST_EXECUTABLES"] ? expect.any(String) : new Date(ms).toISOString();
}

/** The options of a request with a JSON body. */
export function json(method: string, body: unknown, headers: Record<string, string> = {}) {
  return {
    method,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}
