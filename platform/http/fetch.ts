/** Requests of our own: to services, to the issuer of tokens, to the collector of traces. */
import { isLoopback } from "../process/ip-address.ts";

/**
 * For `fetch`: never through a proxy, which would read the token of a service.
 *
 * `fetch` sends every request through the proxy that `HTTP_PROXY`, `HTTPS_PROXY` or `ALL_PROXY`
 * names, in either case, even one to this machine. That is right only for what is outside: the
 * issuer and the collector.
 */
export const DIRECT = { proxy: false } as const;

/** For `fetch`: through the proxy of the environment, unless the URL is on this machine. */
export function outside(url: string): Partial<typeof DIRECT> {
  return isLoopback(new URL(url).hostname) ? DIRECT : {};
}

let isPrepared = false;

/**
 * Bun creates the thread of its HTTP client at the first request, and ends the process if no file
 * descriptor is left for it. So a process that will make calls sends one request before it accepts
 * connections: to a socket that cannot exist, because any other request could go to a proxy from
 * the environment.
 */
export function prepareFetch(): void {
  if (isPrepared) return;
  isPrepared = true;
  void fetch("http://localhost", { unix: "/dev/null/none" }).catch(() => {});
}

/**
 * Reads the body of a response as UTF-8. Returns undefined, and cancels the rest of the body, if it is
 * longer than `bytesMax`.
 */
export async function textAtMost(
  response: Response,
  bytesMax: number,
): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
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
