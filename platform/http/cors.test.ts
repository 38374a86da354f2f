import { describe, expect, test } from "bun:test";

import { contextOf } from "./context.ts";
import { cors } from "./cors.ts";

const APP = "https://app.example.com";
/** Responds with 418 to every request that gets past it. */
const send = cors(() => new Response("", { status: 418 }), [APP, "http://localhost:3000"]);

function preflightFrom(origin: string, headers: Record<string, string> = {}) {
  const init = {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "PATCH", ...headers },
  };
  return send(new Request("http://localhost/things/1", init)) as Response;
}

/** The headers of the response to a page of this origin. */
function admitted(origin: string | undefined): Headers {
  const request = new Request("http://localhost/things/1", { headers: origin ? { origin } : {} });
  expect((send(request) as Response).status).toBe(418);
  return new Headers(contextOf(request).headers);
}

describe("A preflight", () => {
  test("gets the allowed methods and headers if its origin is allowed", () => {
    const response = preflightFrom(APP);
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe(APP);
    expect(response.headers.get("access-control-allow-methods")).toContain("PATCH");
    const allowed = response.headers.get("access-control-allow-headers")?.split(", ");
    for (const name of ["Authorization", "Idempotency-Key", "If-Match", "Content-Type"]) {
      expect(allowed).toContain(name);
    }
    for (const name of ["Traceparent", "Tracestate", "Baggage"]) expect(allowed).toContain(name);
    expect(response.headers.has("access-control-allow-credentials")).toBe(false);
  });

  test.each([
    "https://other.example.com",
    "https://app.example.com.evil.example",
    "https://app.example.com:8443",
    "http://app.example.com",
    "HTTPS://APP.EXAMPLE.COM",
    "null",
    "*",
    "",
  ])("gets no CORS headers for the origin %j", (origin) => {
    const response = preflightFrom(origin);
    expect(response.status).toBe(204);
    const names = [...(response.headers.keys() ?? [])];
    expect(names.filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });

  test("gets a response that tells caches that it depends on the origin", () => {
    for (const origin of [APP, "https://other.example.com"]) {
      expect(preflightFrom(origin).headers.get("vary")).toContain("Origin");
    }
  });

  test("is only an OPTIONS request with both an origin and a requested method", () => {
    const url = "http://localhost/things/1";
    const headers = { origin: APP };
    for (const init of [{ headers }, { method: "OPTIONS" }, { method: "OPTIONS", headers }]) {
      expect((send(new Request(url, init)) as Response).status).toBe(418);
    }
  });
});

describe("A response", () => {
  test("lets a page of an allowed origin read it and its headers", () => {
    const headers = admitted("http://localhost:3000");
    expect(headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
    const exposed = headers.get("access-control-expose-headers")?.split(", ");
    for (const name of ["ETag", "Link", "Location", "Retry-After", "RateLimit", "X-Request-Id"]) {
      expect(exposed).toContain(name);
    }
    expect(headers.has("access-control-allow-credentials")).toBe(false);
  });

  test.each(["https://other.example.com", "null", undefined])(
    "has no CORS headers for the origin %p",
    (origin) => {
      expect([...admitted(origin).keys()]).toEqual(["vary"]);
    },
  );

  test("always tells caches that it depends on the origin", () => {
    expect(admitted(undefined).get("vary")).toBe("Origin");
    expect(admitted(APP).get("vary")).toBe("Origin");
  });
});
