/** Cross-origin requests (https://fetch.spec.whatwg.org/#http-cors-protocol). */
import { contextOf, type Respond } from "./context.ts";
import { STANDARD_HEADERS } from "./response.ts";

/**
 * The request headers that a page may send, and the response headers that it may read, besides the
 * safelisted ones. The tracing of a page adds those of W3C to its requests, and a browser blocks the
 * whole request if one of them is missing here.
 */
const SENT =
  "Authorization, Baggage, Content-Type, Idempotency-Key, If-Match, If-None-Match, Traceparent, " +
  "Tracestate, X-Request-Id";
const READ =
  "ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, " +
  "WWW-Authenticate, X-Request-Id";

/** How long a browser may cache a preflight: the maximum of Chromium. */
const PREFLIGHT_SECONDS = "7200";

/**
 * Allows requests from pages of these origins, for example `https://app.example.com`. Goes around
 * everything that refuses requests, because pages read failures, too. Each response tells caches
 * that it depends on the origin. Cookies are never allowed: callers authenticate with a token, which
 * a preflight does not have.
 */
export function cors(respond: Respond, origins: readonly string[]): Respond {
  return (request) => {
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
    return respond(request);
  };
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
