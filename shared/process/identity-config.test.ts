import { describe, expect, test } from "bun:test";

import { EXAMPLE_SECRET, identityFaults, secretsIn } from "./identity-config.ts";

const SECRET = "an-own-secret-of-32-bytes-and-more";
const ON = { AUTH: "on", AUTH_ISSUER: "https://issuer.example.com/", AUTH_AUDIENCE: "shop" };

/** What is said of these variables; those that are not among them are not set. */
function faults(environment: Record<string, string>, HOST = "127.0.0.1"): string[] {
  const isSet = (name: string) => name in environment;
  return identityFaults({ AUTH: "off", HOST, ...environment }, isSet);
}

describe("Identity that nobody has chosen", () => {
  test.each(["127.0.0.1", "127.1.2.3", "localhost", "::1"])("is off on %s", (host) => {
    expect(faults({}, host)).toEqual([]);
  });

  test.each(["0.0.0.0", "::", "10.0.0.1", "192.0.2.1", "example.com"])(
    "has to be chosen on %s",
    (host) => {
      expect(faults({}, host)).toEqual([
        "AUTH: set it to on or off, because other machines can reach HOST",
      ]);
      expect(faults({ AUTH: "off" }, host)).toEqual([]);
    },
  );

  test.each(["AUTH_SECRET", "AUTH_JWKS_URL", "AUTH_ISSUER", "AUTH_AUDIENCE"])(
    "has to be chosen where %s is set",
    (name) => {
      expect(faults({ [name]: SECRET })).toEqual([
        `AUTH: set it to on or off, because ${name} is set`,
      ]);
    },
  );
});

test("AUTH=off looks at nothing else", () => {
  expect(faults({ AUTH: "off", AUTH_SECRET: "x", AUTH_JWKS_URL: "ftp://x" }, "0.0.0.0")).toEqual(
    [],
  );
});

describe("AUTH=on", () => {
  test("needs to know issuer, audience and key", () => {
    expect(faults({ AUTH: "on" })).toEqual([
      "AUTH_ISSUER: required with AUTH=on",
      "AUTH_AUDIENCE: required with AUTH=on",
      "AUTH_SECRET: required with AUTH=on, unless AUTH_JWKS_URL is set",
    ]);
  });

  test("takes a secret or a key set, never both", () => {
    const url = "https://issuer.example.com/jwks";
    expect(faults({ ...ON, AUTH_SECRET: SECRET })).toEqual([]);
    expect(faults({ ...ON, AUTH_JWKS_URL: url })).toEqual([]);
    expect(faults({ ...ON, AUTH_SECRET: SECRET, AUTH_JWKS_URL: url })).toEqual([
      "AUTH_JWKS_URL: cannot be combined with AUTH_SECRET",
    ]);
  });

  test.each([
    ["32 bytes", "x".repeat(32), true],
    ["31 bytes", "x".repeat(31), false],
    ["32 bytes in 16 characters", "é".repeat(16), true],
    ["two", `${SECRET},${SECRET}2`, true],
    ["two, one of them short", `${SECRET},short`, false],
    ["one and an empty one", `${SECRET},`, false],
    ["three", [1, 2, 3].map((n) => `${SECRET}${n}`).join(","), false],
    ["the one of the documentation", EXAMPLE_SECRET, false],
    ["the one of the documentation as the former", `${SECRET},${EXAMPLE_SECRET}`, false],
  ])("with a secret of %s: %p", (_what, secret, accepted) => {
    const said = faults({ ...ON, AUTH_SECRET: secret });
    if (accepted) return expect(said).toEqual([]);
    expect(said).toHaveLength(1);
    expect(said[0]).toStartWith("AUTH_SECRET: ");
    expect(said[0]).not.toContain(SECRET);
  });

  test.each([
    ["https://issuer.example.com/jwks.json?v=1", true],
    ["https://10.0.0.1:8443/jwks", true],
    ["http://localhost:9000/jwks", true],
    ["http://127.0.0.1/jwks", true],
    ["http://[::1]:9000/jwks", true],
    ["http://issuer.example.com/jwks", false],
    ["http://10.0.0.1/jwks", false],
    ["http://localhost.example.com/jwks", false],
    ["http://localhost@issuer.example.com/jwks", false],
    ["https://user:password@issuer.example.com/jwks", false],
    ["https://issuer.example.com/jwks#key", false],
    ["https://a b/jwks", false],
  ])("with the key set at %s: %p", (url, accepted) => {
    const said = faults({ ...ON, AUTH_JWKS_URL: url });
    expect(said.length).toBe(accepted ? 0 : 1);
    for (const one of said) expect(one).toStartWith("AUTH_JWKS_URL: ");
  });
});

test("the secrets are in the order of the text", () => {
  expect(secretsIn("new,old")).toEqual(["new", "old"]);
});
