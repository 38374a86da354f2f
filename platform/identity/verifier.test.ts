import { describe, expect, test } from "bun:test";

import { UnsecuredJWT } from "jose";

import { AUDIENCE, createSigner, type Forgery, ISSUER, sign } from "../../tests/support/issuer.ts";
import { createSecretKeys, type Keys } from "./keys.ts";
import { mintToken } from "./own-token.ts";
import { createVerifier, InvalidToken, type VerifierOptions } from "./verifier.ts";

const SECRET = "a-secret-of-32-bytes-and-more-of-them";
const NOW = Date.parse("2026-01-02T03:04:05.678Z");
const SECONDS = Math.floor(NOW / 1000);

/** A signer that has the secret. */
const owner = { alg: "HS256", privateKey: Buffer.from(SECRET) };

async function openVerifier(options: Partial<VerifierOptions> & { secrets?: string[] } = {}) {
  const clock = { ms: NOW };
  const { secrets = [SECRET], ...rest } = options;
  const verifier = createVerifier({
    keys: await createSecretKeys(secrets),
    issuer: ISSUER,
    audience: AUDIENCE,
    now: () => clock.ms,
    ...rest,
  });
  return { clock, ...verifier };
}

async function refusalOf(token: string): Promise<string> {
  const { verify } = await openVerifier();
  const error: unknown = await verify(token).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InvalidToken);
  return (error as InvalidToken).message.replace("The token is not accepted: ", "");
}

describe("A token", () => {
  test("identifies the caller and its scopes", async () => {
    const { verify } = await openVerifier();
    const claims = { sub: "auth0|42", scope: "makers:read things:read" };
    const { subject, scopes } = await verify(await sign(owner, { claims, now: NOW }));
    expect(subject).toBe("auth0|42");
    expect([...scopes]).toEqual(["makers:read", "things:read"]);
  });

  test.each<[string, unknown]>([
    ["a number", 1],
    ["null", null],
    ["true", true],
    ["an object", { admin: true }],
    ["an object like a list", { length: 1, 0: "admin" }],
    ["a list with anything but texts", ["admin", 1]],
    ["a list in a list", [["admin"]]],
    ["an empty list", []],
    ["a text with other separators", "admin,x\tadmin"],
    ["a text of JSON", '["admin"]'],
  ])("grants nothing by claims that are %s", async (_what, value) => {
    const { verify } = await openVerifier();
    const claims = { scope: value, scp: value, permissions: value, roles: value, idtyp: "app" };
    const { scopes } = await verify(await sign(owner, { claims, now: NOW }));
    expect(scopes.has("admin")).toBe(false);
  });

  test.each<[string, Record<string, unknown>]>([
    ["a list in scope", { scope: ["admin"] }],
    ["a text in permissions", { permissions: "admin" }],
    ["the roles of a user", { roles: ["admin"], idtyp: "user" }],
    ["roles of nobody knows whom", { roles: ["admin"] }],
    ["a claim of another name", { scopes: ["admin"], groups: ["admin"], role: "admin" }],
  ])("grants nothing by %s", async (_what, claims) => {
    const { verify } = await openVerifier();
    const { scopes } = await verify(await sign(owner, { claims, now: NOW }));
    expect(scopes.has("admin")).toBe(false);
  });

  test("grants what all of its claims grant", async () => {
    const { verify } = await openVerifier();
    const claims = {
      scope: "a b",
      scp: ["c"],
      permissions: ["d", "b"],
      roles: ["e"],
      idtyp: "app",
    };
    const { scopes } = await verify(await sign(owner, { claims, now: NOW }));
    expect([...scopes]).toEqual(["a", "b", "c", "d", "e"]);
  });

  test.each<[string, Forgery]>([
    ["no type", { header: { typ: undefined } }],
    ["type JWT", { header: { typ: "JWT" } }],
    ["type jwt", { header: { typ: "jwt" } }],
    ["its full media type", { header: { typ: "application/at+jwt" } }],
    ["several audiences", { claims: { aud: ["https://other.example.com", AUDIENCE] } }],
    ["an expiry 4 s ago", { claims: { exp: SECONDS - 4 } }],
    ["a start in 5 s", { claims: { nbf: SECONDS + 5 } }],
    ["no scope", { claims: { scope: undefined } }],
  ])("is accepted with %s", async (_what, forgery) => {
    const { verify } = await openVerifier();
    expect((await verify(await sign(owner, { now: NOW, ...forgery }))).subject).toBe("1");
  });

  test.each<[string, string, Forgery]>([
    ["an expiry 5 s ago", "expired", { claims: { exp: SECONDS - 5 } }],
    ["no expiry", "claim exp", { claims: { exp: undefined } }],
    ["an expiry that is not a number", "claim exp", { claims: { exp: "1" } }],
    ["a start in 6 s", "claim nbf", { claims: { nbf: SECONDS + 6 } }],
    ["another issuer", "claim iss", { claims: { iss: "https://issuer.example.com" } }],
    ["no issuer", "claim iss", { claims: { iss: undefined } }],
    ["another audience", "claim aud", { claims: { aud: `${AUDIENCE}/` } }],
    ["no audience", "claim aud", { claims: { aud: undefined } }],
    ["no subject", "claim sub", { claims: { sub: undefined } }],
    ["an empty subject", "claim sub", { claims: { sub: "" } }],
    ["a subject that is a number", "claim sub", { claims: { sub: 1 } }],
    ["the type of an ID token", "type", { header: { typ: "id+jwt" } }],
    ["a type that is not a string", "type", { header: { typ: 1 } }],
    ["an unknown critical header", "critical header", { header: { crit: ["x"], x: 1 } }],
    [
      "the standard critical header b64",
      "critical header",
      { header: { crit: ["b64"], b64: true } },
    ],
    ["a key id that is not a string", "malformed", { header: { kid: 1 } }],
  ])("is rejected with %s: %s", async (_what, reason, forgery) => {
    expect(await refusalOf(await sign(owner, { now: NOW, ...forgery }))).toBe(reason);
  });

  test("is rejected with an infinite expiry", async () => {
    const payload = `{"iss":"${ISSUER}","aud":"${AUDIENCE}","sub":"1","exp":1e999}`;
    const input = `${base64url('{"alg":"HS256"}')}.${base64url(payload)}`;
    const mac = new Bun.CryptoHasher("sha256", SECRET).update(input).digest("base64url");
    expect(await refusalOf(`${input}.${mac}`)).toBe("claim exp");
  });

  test("is rejected with another algorithm before its key is looked up", async () => {
    for (const alg of ["HS384", "HS512"]) {
      const privateKey = Buffer.from(SECRET.repeat(2));
      expect(await refusalOf(await sign({ alg, privateKey }, { now: NOW }))).toBe("algorithm");
    }
    const { privateKey, alg } = await createSigner("1", "RS256");
    expect(await refusalOf(await sign({ alg, privateKey }, { now: NOW }))).toBe("algorithm");
    const unsecured = new UnsecuredJWT({ sub: "1" }).setIssuer(ISSUER).setAudience(AUDIENCE);
    expect(await refusalOf(unsecured.setExpirationTime("1h").encode())).toBe("algorithm");
    expect(await refusalOf(`${base64url('{"alg":"None"}')}.${base64url("{}")}.`)).toBe("algorithm");
    expect(await refusalOf(`${base64url("{}")}.${base64url("{}")}.`)).toBe("algorithm");
  });

  test("is rejected if it is altered or signed with another secret", async () => {
    const other = { alg: "HS256", privateKey: Buffer.from(`${SECRET}!`) };
    expect(await refusalOf(await sign(other, { now: NOW }))).toBe("signature");
    const [header, , signature] = (await sign(owner, { now: NOW })).split(".");
    const payload = base64url(JSON.stringify({ iss: ISSUER, aud: AUDIENCE, sub: "2", exp: 9e9 }));
    expect(await refusalOf(`${header}.${payload}.${signature}`)).toBe("signature");
    expect(await refusalOf(`${header}.${payload}.`)).toBe("signature");
  });

  test.each([
    "",
    "a",
    "a.b",
    "a.b.c",
    "a.b.c.d",
    "..",
    "....",
    "bnVsbA.e30.e30",
    "x".repeat(8_192),
  ])("is rejected if it is %j", async (token) => {
    expect(["malformed", "algorithm"]).toContain(await refusalOf(token));
  });

  test("is rejected without being parsed if it is too long", async () => {
    expect(await refusalOf("x".repeat(8_193))).toBe("too long");
  });
});

describe("Two secrets", () => {
  test("are both accepted, and a third one is not", async () => {
    const { verify } = await openVerifier({ secrets: ["new".repeat(11), SECRET] });
    for (const secret of ["new".repeat(11), SECRET]) {
      const minted = await mintToken({
        secret,
        issuer: ISSUER,
        audience: AUDIENCE,
        subject: "1",
        scope: "makers:read",
        lifetimeSeconds: 60,
        now: NOW,
      });
      expect((await verify(minted)).subject).toBe("1");
    }
    const third = { alg: "HS256", privateKey: Buffer.from("third".repeat(8)) };
    expect(verify(await sign(third, { now: NOW }))).rejects.toThrow(InvalidToken);
  });

  test("do not make an expired token of the second one look forged", async () => {
    const { verify } = await openVerifier({ secrets: ["new".repeat(11), SECRET] });
    const token = await sign(owner, { claims: { exp: SECONDS - 60 }, now: NOW });
    expect(verify(token)).rejects.toThrow("expired");
  });
});

describe("The cache of verified tokens", () => {
  test("returns the caller without a promise", async () => {
    const { recall, verify } = await openVerifier();
    const token = await sign(owner, { now: NOW });
    expect(recall(token)).toBeUndefined();
    const caller = await verify(token);
    expect(recall(token)).toBe(caller);
    expect(recall(`${token}x`)).toBeUndefined();
  });

  test("forgets a token when it expires", async () => {
    const { clock, recall, remembered, verify } = await openVerifier();
    const token = await sign(owner, { claims: { exp: SECONDS + 60 }, now: NOW });
    await verify(token);
    clock.ms = (SECONDS + 65) * 1000 - 1;
    expect(recall(token)).toBeDefined();
    clock.ms += 1;
    expect(recall(token)).toBeUndefined();
    expect(remembered()).toBe(0);
    expect(verify(token)).rejects.toThrow("expired");
  });

  test("forgets every token when the keys change", async () => {
    const keys = await createSecretKeys([SECRET]);
    let generation = 0;
    const changing: Keys = { ...keys, generation: () => generation };
    const { recall, verify } = await openVerifier({ keys: changing });
    const token = await sign(owner, { now: NOW });
    await verify(token);
    generation = 1;
    expect(recall(token)).toBeUndefined();
  });

  test("evicts old tokens when it is full", async () => {
    const tokens = await Promise.all(
      Array.from({ length: 50 }, (_, n) => sign(owner, { claims: { sub: `user-${n}` }, now: NOW })),
    );
    const rememberedLengthMax = (tokens[0]?.length ?? 0) * 10;
    const { recall, remembered, verify } = await openVerifier({ rememberedLengthMax });
    for (const token of tokens) await verify(token);
    expect(remembered()).toBeLessThanOrEqual(10);
    expect(await recall(tokens[49] ?? "")).toMatchObject({ subject: "user-49" });
    expect(recall(tokens[0] ?? "")).toBeUndefined();
  });

  test("stores a token once, however often it is verified", async () => {
    const token = await sign(owner, { now: NOW });
    const { recall, remembered, verify } = await openVerifier({
      rememberedLengthMax: token.length * 2,
    });
    await Promise.all([verify(token), verify(token), verify(token)]);
    expect(remembered()).toBe(1);
    expect(await recall(token)).toMatchObject({ subject: "1" });
  });

  test("does not store a rejected token", async () => {
    const { remembered, verify } = await openVerifier();
    const token = await sign(owner, { claims: { aud: "other" }, now: NOW });
    await verify(token).catch(() => {});
    expect(remembered()).toBe(0);
  });
});

function base64url(text: string): string {
  return Buffer.from(text).toString("base64url");
}
