import { describe, expect, test } from "bun:test";

import { contextOf } from "./context.ts";
import { createCors } from "./cors.ts";

const APP = "https://app.example.com";
const cors = createCors([APP, "http://localhost:3000"]);

function preflightFrom(origin: string, headers: Record<string, string> = {}) {
  const init = {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "PATCH", ...headers },
  };
  return cors.preflight(new Request("http://localhost/orders/1", init));
}

/** The headers of the response to a page of this origin. */
function admitted(origin: string | undefined): Headers {
  const request = new Request("http://localhost/orders/1", { headers: origin ? { origin } : {} });
  cors.admit(request);
  return new Headers(contextOf(request).headers);
}

describe("A preflight", () => {
  test("of an origin that is named is told what a page may send", () => {
    const response = preflightFrom(APP);
    expect(response?.status).toBe(204);
    expect(response?.headers.get("access-control-allow-origin")).toBe(APP);
    expect(response?.headers.get("access-control-allow-methods")).toContain("PATCH");
    const allowed = response?.headers.get("access-control-allow-headers")?.split(", ");
    expect(allowed).toContain("Authorization");
    expect(allowed).toContain("Idempotency-Key");
    expect(allowed).toContain("If-Match");
    expect(allowed).toContain("Content-Type");
    expect(response?.headers.has("access-control-allow-credentials")).toBe(false);
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
  ])("of %j, which is not named, is told nothing", (origin) => {
    const response = preflightFrom(origin);
    expect(response?.status).toBe(204);
    const names = [...(response?.headers.keys() ?? [])];
    expect(names.filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });

  test("is told apart from one of another origin by caches", () => {
    for (const origin of [APP, "https://other.example.com"]) {
      expect(preflightFrom(origin)?.headers.get("vary")).toContain("Origin");
    }
  });

  test("is no other request", () => {
    const url = "http://localhost/orders";
    const origin = { origin: APP };
    expect(cors.preflight(new Request(url, { headers: origin }))).toBeUndefined();
    expect(cors.preflight(new Request(url, { method: "OPTIONS" }))).toBeUndefined();
    expect(
      cors.preflight(new Request(url, { method: "OPTIONS", headers: origin })),
    ).toBeUndefined();
  });
});

describe("A response", () => {
  test("to an origin that is named can be read by its page, headers included", () => {
    const headers = admitted("http://localhost:3000");
    expect(headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
    const exposed = headers.get("access-control-expose-headers")?.split(", ");
    for (const name of ["ETag", "Link", "Location", "Retry-After", "RateLimit", "X-Request-Id"]) {
      expect(exposed).toContain(name);
    }
    expect(headers.has("access-control-allow-credentials")).toBe(false);
  });

  test.each(["https://other.example.com", "null", undefined])("to %p can not", (origin) => {
    expect([...admitted(origin).keys()]).toEqual(["vary"]);
  });

  test("always tells caches that it depends on the origin", () => {
    expect(admitted(undefined).get("vary")).toBe("Origin");
    expect(admitted(APP).get("vary")).toBe("Origin");
  });
});
