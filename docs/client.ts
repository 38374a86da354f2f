/**
 * A client for both services, to copy. It is typed by their OpenAPI documents, and retries.
 * It needs `openapi-fetch` and the types in `docs/openapi/*.d.ts`.
 */
import createClient from "openapi-fetch";

import type { paths as OrdersPaths } from "./openapi/orders.d.ts";
import type { paths as UsersPaths } from "./openapi/users.d.ts";

export interface ClientOptions {
  baseUrl: string;
  /** Maximum number of attempts. Default: 5 */
  attemptsMax?: number;
  /** Time limit of one attempt. Default: 5000 */
  attemptTimeoutMs?: number;
  /** Longest pause before the second attempt; it doubles with each attempt. Default: 200 */
  pauseMs?: number;
}

export function createUsersClient({ baseUrl, ...options }: ClientOptions) {
  return createClient<UsersPaths>({ baseUrl, fetch: patiently(options) });
}

export function createOrdersClient({ baseUrl, ...options }: ClientOptions) {
  return createClient<OrdersPaths>({ baseUrl, fetch: patiently(options) });
}

/** Statuses to retry, besides a 409 while the first request with the key is in progress. */
const TRANSIENT = new Set([429, 502, 503, 504]);
const PAUSE_MAX_MS = 10_000;

/**
 * `fetch` that retries requests that are safe to repeat: reads, and creations with an
 * `Idempotency-Key`. It waits for a random, growing time, or for `Retry-After` if that is longer.
 * The pauses are random so that clients which failed together do not retry together.
 */
function patiently({
  attemptsMax = 5,
  attemptTimeoutMs = 5_000,
  pauseMs = 200,
}: Omit<ClientOptions, "baseUrl">) {
  return async (request: Request): Promise<Response> => {
    const isRepeatable = request.method === "GET" || request.headers.has("idempotency-key");
    for (let attempt = 1; ; attempt += 1) {
      const isLast = attempt >= attemptsMax || !isRepeatable;
      const signal = AbortSignal.any([request.signal, AbortSignal.timeout(attemptTimeoutMs)]);
      try {
        const response = await whole(await fetch(request.clone(), { signal }));
        if (isLast || !(await isTransient(response))) return response;
        const seconds = Number(response.headers.get("retry-after") ?? 0);
        await pause(Math.max(seconds * 1_000, Math.random() * pauseMs * 2 ** (attempt - 1)));
      } catch (error) {
        if (isLast || request.signal.aborted) throw error;
        await pause(Math.random() * pauseMs * 2 ** (attempt - 1));
      }
    }
  };
}

/** Reads the body within the attempt, because it can be cut off or late too. */
async function whole(response: Response): Promise<Response> {
  const body = await response.arrayBuffer();
  return new Response(body.byteLength > 0 ? body : null, response);
}

async function isTransient(response: Response): Promise<boolean> {
  if (response.status !== 409) return TRANSIENT.has(response.status);
  const { code } = (await response.clone().json()) as { code: string };
  return code === "idempotency_key_in_use";
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.min(ms, PAUSE_MAX_MS)));
}
