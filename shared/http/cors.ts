/** What pages of other origins may do here (https://fetch.spec.whatwg.org/#http-cors-protocol). */
import { contextOf } from "./context.ts";
import { STANDARD_HEADERS } from "./headers.ts";

/** What a page may send beside what any page may. */
const REQUEST_HEADERS = [
  "Authorization",
  "Content-Type",
  "Idempotency-Key",
  "If-Match",
  "If-None-Match",
  "X-Request-Id",
].join(", ");

/** What a page may read beside what any page may. */
const RESPONSE_HEADERS = [
  "ETag",
  "Idempotency-Replayed",
  "Link",
  "Location",
  "RateLimit",
  "RateLimit-Policy",
  "Retry-After",
  "WWW-Authenticate",
  "X-Request-Id",
].join(", ");

const METHODS = "GET, HEAD, POST, PATCH, DELETE";

/** How long a browser may remember a preflight: the most that Chromium does. */
const PREFLIGHT_SECONDS = "7200";

export interface Cors {
  /** The answer to a preflight; undefined for any other request. It asks for no token, which none has. */
  preflight(request: Request): Response | undefined;
  /** Lets the page that sent this request read the response, whatever it is, if its origin may. */
  admit(request: Request): void;
}

/**
 * The rules for pages of these origins, each `https://app.example.com`. Caches are told in each
 * response that it depends on the origin. No cookie is ever admitted: callers are known by their token.
 */
export function createCors(origins: readonly string[]): Cors {
  const admitted = new Set(origins);

  return {
    preflight(request) {
      const { headers, method } = request;
      const origin = headers.get("origin");
      if (method !== "OPTIONS" || origin === null) return undefined;
      if (!headers.has("access-control-request-method")) return undefined;
      const response = new Response(null, {
        status: 204,
        headers: {
          ...STANDARD_HEADERS,
          "x-request-id": contextOf(request).id,
          vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
        },
      });
      if (!admitted.has(origin)) return response;
      response.headers.set("access-control-allow-origin", origin);
      response.headers.set("access-control-allow-methods", METHODS);
      response.headers.set("access-control-allow-headers", REQUEST_HEADERS);
      response.headers.set("access-control-max-age", PREFLIGHT_SECONDS);
      return response;
    },

    admit(request) {
      const context = contextOf(request);
      const origin = request.headers.get("origin");
      context.headers = { ...context.headers, vary: "Origin" };
      if (origin === null || !admitted.has(origin)) return;
      context.headers["access-control-allow-origin"] = origin;
      context.headers["access-control-expose-headers"] = RESPONSE_HEADERS;
    },
  };
}
