import { describe, expect, test } from "bun:test";

import { EXAMPLE_SECRET, secretsIn } from "./identity-rules.ts";
import { VARIABLES } from "./variables.ts";

const SECRET = "an-own-secret-of-32-bytes-and-more";
const ON = { AUTH: "on", AUTH_ISSUER: "https://issuer.example.com/", AUTH_AUDIENCE: "shop" };

/** The faults of these variables, if no others are set. */
function faults(environment: Record<string, string>, HOST = "127.0.0.1"): string[] {
  const isSet = (name: string) => name in environment;
  const given = { config: { AUTH: "off", HOST, ...environment }, isSet };
  const { AUTH, AUTH_SECRET, AUTH_JWKS_URL } = VARIABLES;
  return [AUTH, AUTH_SECRET, AUTH_JWKS_URL].flatMap((one) => one["faults"]?.(given) ?? []);
}

describe("AUTH without a value", () => {
  test.each(["127.0.0.1", "127.1.2.3", "localhost", "::1"])("is off on %s", (host) => {
    expect(faults({}, host)).toEqual([]);
  });

  test.each(["0.0.0.0", "::", "10.0.0.1", "192.0.2.1", "example.com"])(
    "is required on %s",
    (host) => {
      expect(faults({}, host)).toEqual([
        "AUTH: set it to on or off, because other machines can reach HOST",
      ]);
      expect(faults({ AUTH: "off" }, host)).toEqual([]);
    },
  );

  test.each(["AUTH_SECRET", "AUTH_JWKS_URL", "AUTH_ISSUER", "AUTH_AUDIENCE"])(
    "is required if %s is set",
    (name) => {
      expect(faults({ [name]: SECRET })).toEqual([
        `AUTH: set it to on or off, because ${name} is set`,
      ]);
    },
  );
});

test("AUTH=off ignores the other variables", () => {
  expect(faults({ AUTH: "off", AUTH_SECRET: "x", AUTH_JWKS_URL: "ftp://x" }, "0.0.0.0")).toEqual(
    [],
  );
});

test("A value that AUTH cannot have is the only fault of identity", () => {
  expect(faults({ AUTH: "yes", AUTH_SECRET: "x", AUTH_JWKS_URL: "ftp://x" })).toEqual([]);
});

describe("AUTH=on", () => {
  test("requires an issuer, an audience and a key", () => {
    expect(faults({ AUTH: "on" })).toEqual([
      "AUTH_ISSUER: required with AUTH=on",
      "AUTH_AUDIENCE: required with AUTH=on",
      "AUTH_SECRET: required with AUTH=on, unless AUTH_JWKS_URL is set",
    ]);
  });

  test("accepts a secret or a key set, but not both", () => {
    const url = "https://issuer.example.com/jwks";
    expect(faults({ ...ON, AUTH_SECRET: SECRET })).toEqual([]);
    expect(faults({ ...ON, AUTH_JWKS_URL: url })).toEqual([]);
    expect(faults({ ...ON, AUTH_SECRET: SECRET, AUTH_JWKS_URL: url })).toEqual([
      "AUTH_JWKS_URL: cannot be combined with AUTH_SECRET",
    ]);
  });

  test.each([
    ["accepts 32 bytes", "x".repeat(32), true],
    ["rejects 31 bytes", "x".repeat(31), false],
    ["accepts 32 bytes in 16 characters", "é".repeat(16), true],
    ["accepts two secrets", `${SECRET},${SECRET}2`, true],
    ["rejects two secrets, one of them short,", `${SECRET},short`, false],
    ["rejects a secret and an empty one", `${SECRET},`, false],
    ["rejects three secrets", [1, 2, 3].map((n) => `${SECRET}${n}`).join(","), false],
    ["rejects the secret in the documentation", EXAMPLE_SECRET, false],
    ["rejects a secret and the one in the documentation", `${SECRET},${EXAMPLE_SECRET}`, false],
  ])("%s as AUTH_SECRET", (_what, secret, accepted) => {
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
  ])("accepts AUTH_JWKS_URL=%s: %p", (url, accepted) => {
    const said = faults({ ...ON, AUTH_JWKS_URL: url });
    expect(said.length).toBe(accepted ? 0 : 1);
    for (const one of said) expect(one).toStartWith("AUTH_JWKS_URL: ");
  });
});

test("The secrets have the order of the variable", () => {
  expect(secretsIn("new,old")).toEqual(["new", "old"]);
});
