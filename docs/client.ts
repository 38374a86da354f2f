/**
 * A client of both services, typed by their documents and patient: to be copied by whoever calls them.
 * `bun add openapi-fetch`, and the types are `docs/openapi/*.d.ts`.
 */
import createClient from "openapi-fetch";

import type { paths as OrdersPaths } from "./openapi/orders.d.ts";
import type { paths as UsersPaths } from "./openapi/users.d.ts";

export interface ClientOptions {
  baseUrl: string;
  /** How often a request is sent at most. Default: 5 */
  attemptsMax?: number;
  /** How long an attempt may take. Default: 5000 */
  attemptTimeoutMs?: number;
  /** The longest pause before the second attempt; it doubles with each. Default: 200 */
  pauseMs?: number;
}

export function createUsersClient({ baseUrl, ...options }: ClientOptions) {
  return createClient<UsersPaths>({ baseUrl, fetch: patiently(options) });
}

export function createOrdersClient({ baseUrl, ...options }: ClientOptions) {
  return createClient<OrdersPaths>({ baseUrl, fetch: patiently(options) });
}

/** What goes away by itself, as does a 409 which says that the first request is not finished yet. */
const TRANSIENT = new Set([429, 502, 503, 504]);
const PAUSE_MAX_MS = 10_000;

/**
 * `fetch` that tries again what is safe to repeat: what only reads, and a creation with an
 * `Idempotency-Key`, which happens once however often it is sent. It waits as long as `Retry-After`
 * says, or a random time that grows, so that clients who failed together do not come back together.
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

/** With the body, which may break off or be late as well. */
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
