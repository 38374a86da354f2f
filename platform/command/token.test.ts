import { describe, expect, test } from "bun:test";

import { decodeJwt } from "jose";

import { createSecretKeys } from "../identity/keys.ts";
import { scopesOf } from "../identity/scopes.ts";
import { createVerifier } from "../identity/verifier.ts";
import { readConfig } from "../process/config.ts";
import { FAMILY, MakersConfig } from "../testing/family.ts";
import { parseDurationSeconds, token, type TokenOptions } from "./token.ts";

const IDENTITY = {
  AUTH: "on",
  AUTH_SECRET: "a-secret-of-32-bytes-and-more-of-them,the-one-that-signed-before-it-did",
  AUTH_ISSUER: "https://issuer.example.com/",
  AUTH_AUDIENCE: "shop",
};

/** What the command prints. */
async function printed(options: TokenOptions, environment: Record<string, string> = IDENTITY) {
  let text = "";
  const output = { say() {}, progress() {}, print: (more: string) => void (text += more) };
  await token(readConfig(MakersConfig, environment), options, { scopes: scopesOf(FAMILY), output });
  return text;
}

describe("The token command", () => {
  test("prints only a valid token", async () => {
    const text = await printed({ sub: "1", scope: "things:read things:write", expires: "90s" });
    expect(text).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const { verify } = createVerifier({
      keys: await createSecretKeys(["a-secret-of-32-bytes-and-more-of-them"]),
      issuer: IDENTITY.AUTH_ISSUER,
      audience: IDENTITY.AUTH_AUDIENCE,
    });
    const { subject, scopes } = await verify(text.trim());
    expect([subject, ...scopes]).toEqual(["1", "things:read", "things:write"]);
    const { iat = 0, exp } = decodeJwt(text.trim());
    expect(exp).toBe(iat + 90);
  });

  test("prints a token for one hour by default", async () => {
    const { iat = 0, exp } = decodeJwt((await printed({ sub: "1", scope: "admin" })).trim());
    expect(exp).toBe(iat + 3_600);
  });

  test.each<[string, TokenOptions]>([
    ["--sub", { scope: "admin" }],
    ["--sub", { sub: "", scope: "admin" }],
    ["--scope", { sub: "1" }],
    ["--scope", { sub: "1", scope: "" }],
    ["--scope", { sub: "1", scope: "things:read things:delete" }],
    ["--scope", { sub: "1", scope: "things:read,things:write" }],
    ["--scope", { sub: "1", scope: "constructor" }],
    ["--expires", { sub: "1", scope: "admin", expires: "soon" }],
  ])("rejects a missing or invalid %s: %j", (option, options) => {
    expect(printed(options)).rejects.toThrow(`${option}: expected`);
  });

  test("requires AUTH_SECRET", () => {
    const { AUTH_SECRET: _, ...rest } = IDENTITY;
    const elsewhere = { ...rest, AUTH_JWKS_URL: "https://issuer.example.com/jwks" };
    for (const environment of [elsewhere, {}, { AUTH: "off" }]) {
      expect(printed({ sub: "1", scope: "admin" }, environment)).rejects.toThrow("AUTH_SECRET");
    }
  });
});

test.each([
  ["1s", 1],
  ["90s", 90],
  ["15m", 900],
  ["1h", 3_600],
  ["7d", 604_800],
])("%s is %d seconds", (text, seconds) => {
  expect(parseDurationSeconds(text)).toBe(seconds);
});

test.each(["", "1", "0s", "-1s", "1.5h", "1 h", "1H", "1w", "12345678s", "1h30m"])(
  "%j is not a duration",
  (text) => {
    expect(parseDurationSeconds(text)).toBeUndefined();
  },
);
