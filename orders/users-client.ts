/** The order-to-user call: fetch with a deadline, and an answer that is checked before it is believed. */
import type { TSchema } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";

import { ProblemError } from "../shared/http/failure.ts";
import { NOT_FOUND } from "../shared/http/failures.ts";
import { PROBLEM_TYPE } from "../shared/http/problem.ts";
import { Problem, User } from "../shared/types.ts";
import { usersBadAnswer, usersTimeout, usersUnavailable } from "./failures.ts";

export interface UsersClientOptions {
  /** Where `users` is. */
  baseUrl: string;
  /** For the whole call, body included. Default: 2000 */
  timeoutMs?: number;
  /** How a request gets there; a test may lead it into the other app. Default: `fetch` */
  fetch?: (request: Request) => Response | Promise<Response>;
}

/** The longest that a client is asked to wait because `users` asks for it. */
const RETRY_AFTER_SECONDS_MAX = 3_600;

/** The largest answer that is read: a User is far smaller. */
const ANSWER_BYTES_MAX = 65_536;

/**
 * A client of the `users` service. Its calls fail with a ProblemError for whoever asked `orders`: 503
 * with `Retry-After` if `users` cannot be reached or cannot answer now, 504 if it takes too long, 502
 * if it answers anything outside the contract.
 *
 * A call is one attempt: retries, breaker and cache go around `byId` here, and nowhere else.
 */
export function createUsersClient({
  baseUrl,
  timeoutMs = 2_000,
  fetch: send = fetch,
}: UsersClientOptions) {
  const base = baseUrl.replace(/\/$/, "");

  async function get(path: string, requestId: string): Promise<Answer> {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const headers = { accept: "application/json", "x-request-id": requestId };
      const request = new Request(`${base}${path}`, { headers, redirect: "manual", signal });
      const response = await send(request);
      return { response, body: await read(response) };
    } catch (cause) {
      if (cause instanceof ProblemError) throw cause;
      throw new ProblemError(signal.aborted ? usersTimeout : usersUnavailable, { cause });
    }
  }

  return {
    /** The user, if there is one. The request id is passed on, so that one id finds both logs. */
    async byId(id: string, requestId: string): Promise<User | undefined> {
      const { response, body } = await get(`/users/${encodeURIComponent(id)}`, requestId);
      const { status } = response;
      const type = contentType(response);
      const user = isUser.Check(body) && type === "application/json";
      if (user && status === 200 && body.id === id) return body;
      const problem = isProblem.Check(body) && type === PROBLEM_TYPE;
      if (problem && status === 404 && body.code === NOT_FOUND) return undefined;
      if (problem && (status === 429 || status === 503)) {
        throw new ProblemError(usersUnavailable, {
          detail: "The users service cannot answer at the moment",
          headers: { "retry-after": retryAfterOf(response) },
          cause: new Error(`users answered ${status} ${body.code}`),
        });
      }
      throw outsideContract(`status ${status}, ${type || "no content type"}`);
    },

    /** Resolves if `users` is up; rejects as {@link byId} does. */
    async ping(): Promise<void> {
      const { response } = await get("/health/live", Bun.randomUUIDv7());
      if (response.status !== 200) throw outsideContract(`status ${response.status}`);
    },
  };
}
export type UsersClient = ReturnType<typeof createUsersClient>;

interface Answer {
  response: Response;
  /** `undefined` if it is not JSON. */
  body: unknown;
}

const isUser = lazily(User);
const isProblem = lazily(Problem);

/** Compiles the schema at its first use. */
function lazily<Schema extends TSchema>(schema: Schema) {
  let compiled: ReturnType<typeof TypeCompiler.Compile<Schema>> | undefined;
  return {
    Check(value: unknown): value is Schema["static"] {
      compiled ??= TypeCompiler.Compile(schema);
      return compiled.Check(value);
    },
  };
}

async function read(response: Response): Promise<unknown> {
  const { headers } = response;
  const length = headers.get("content-length");
  if (Number(length ?? 0) > ANSWER_BYTES_MAX) {
    await response.body?.cancel();
    throw outsideContract("an answer that is too large");
  }
  // With a declared length, which fetch holds the server to, there is nothing to count.
  const isBounded = length !== null && !headers.has("content-encoding");
  const text = isBounded ? await response.text() : await textAtMost(response);
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function textAtMost(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > ANSWER_BYTES_MAX) throw outsideContract("an answer that is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function contentType(response: Response): string {
  return (response.headers.get("content-type") ?? "").split(";", 1).join("").trim().toLowerCase();
}

/** What `users` asks for, if that is a decent number of seconds. */
function retryAfterOf(response: Response): string {
  const text = response.headers.get("retry-after") ?? "";
  return /^\d{1,4}$/.test(text) ? String(Math.min(Number(text), RETRY_AFTER_SECONDS_MAX)) : "1";
}

function outsideContract(answer: string): ProblemError {
  return new ProblemError(usersBadAnswer, { cause: new Error(`users answered ${answer}`) });
}
