/**
 * A client for both services, to copy. It is typed by their OpenAPI documents, and retries.
 * It needs `openapi-fetch` and the types in `docs/openapi/*.d.ts`, and nothing else of this project.
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
  /** Waits between two attempts. Default: `setTimeout` */
  pause?: (ms: number) => Promise<void>;
}

export function createUsersClient({ baseUrl, ...options }: ClientOptions) {
  return createClient<UsersPaths>({ baseUrl, fetch: patiently(options) });
}

export function createOrdersClient({ baseUrl, ...options }: ClientOptions) {
  return createClient<OrdersPaths>({ baseUrl, fetch: patiently(options) });
}

/** Statuses to retry, besides a 409 while the first request with the key is in progress. */
const TRANSIENT = new Set([429, 502, 503, 504]);
/** Who must wait longer gets the response instead: a retry before its time would be refused too. */
const PAUSE_MAX_MS = 10_000;

/**
 * `fetch` that retries requests that are safe to repeat: reads, and creations with an
 * `Idempotency-Key`. It waits for the time in `Retry-After`, and then for a random, growing time, so
 * that clients which failed together do not retry together.
 */
function patiently({
  attemptsMax = 5,
  attemptTimeoutMs = 5_000,
  pauseMs = 200,
  pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}: Omit<ClientOptions, "baseUrl">) {
  return async (request: Request): Promise<Response> => {
    const isRepeatable = request.method === "GET" || request.headers.has("idempotency-key");
    for (let attempt = 1; ; attempt += 1) {
      const isLast = attempt >= attemptsMax || !isRepeatable;
      const signal = AbortSignal.any([request.signal, AbortSignal.timeout(attemptTimeoutMs)]);
      const randomMs = Math.random() * Math.min(pauseMs * 2 ** (attempt - 1), PAUSE_MAX_MS);
      try {
        const response = await whole(await fetch(request.clone(), { signal }));
        if (isLast || !(await isTransient(response))) return response;
        const afterMs = retryAfterMs(response, Date.now());
        if (afterMs > PAUSE_MAX_MS) return response;
        await pause(afterMs + randomMs);
      } catch (error) {
        if (isLast || request.signal.aborted) throw error;
        await pause(randomMs);
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

/** The three forms of a date in HTTP (RFC 9110, 5.6.7); the last does not name its zone. */
const HTTP_DATE = /^[A-Z][a-z]{2,8},? [\w -]+ \d{2}:\d{2}:\d{2} (?:GMT|\d{4})$/;

/**
 * Reads a `Retry-After` (RFC 9110, 10.2.3). Returns milliseconds; 0 for anything but a number of
 * seconds or a future date.
 */
export function retryAfterMs({ headers }: Response, now: number): number {
  const text = headers.get("retry-after") ?? "";
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  if (!HTTP_DATE.test(text)) return 0;
  const date = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
  return Number.isNaN(date) ? 0 : Math.max(date - now, 0);
}
