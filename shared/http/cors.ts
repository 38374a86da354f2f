/** What pages of other origins may do here (https://fetch.spec.whatwg.org/#http-cors-protocol). */
import { Elysia } from "elysia";

import { contextOf } from "./context.ts";
import { STANDARD_HEADERS } from "./headers.ts";

/** What a page may send, and read, beside what any page may. */
const SENT = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id";
const READ =
  "ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, " +
  "WWW-Authenticate, X-Request-Id";

/** How long a browser may remember a preflight: the most that Chromium does. */
const PREFLIGHT_SECONDS = "7200";

/**
 * Lets pages of these origins ask, each `https://app.example.com`. It goes around an app and whatever
 * refuses before it, since refusals are read, too. Caches are told in each response that it depends on the
 * origin. No cookie is ever admitted: callers are known by their token, which a preflight has not.
 */
export function cors(origins: readonly string[]) {
  return new Elysia().wrap((handle: Function) => (request: Request) => {
    const { headers, method } = request;
    const origin = headers.get("origin");
    const allowed = origin !== null && origins.includes(origin) ? origin : undefined;
    if (method === "OPTIONS" && origin !== null && headers.has("access-control-request-method")) {
      return preflightResponse(request, allowed);
    }
    const context = contextOf(request);
    context.headers = {
      ...context.headers,
      vary: "Origin",
      ...(allowed && {
        "access-control-allow-origin": allowed,
        "access-control-expose-headers": READ,
      }),
    };
    return handle(request);
  });
}

function preflightResponse(request: Request, allowed: string | undefined): Response {
  const headers = {
    ...STANDARD_HEADERS,
    "x-request-id": contextOf(request).id,
    vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ...(allowed && {
      "access-control-allow-origin": allowed,
      "access-control-allow-methods": "GET, HEAD, POST, PATCH, DELETE",
      "access-control-allow-headers": SENT,
      "access-control-max-age": PREFLIGHT_SECONDS,
    }),
  };
  return new Response(null, { status: 204, headers });
}
