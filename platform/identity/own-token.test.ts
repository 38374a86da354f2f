import { describe, expect, test } from "bun:test";
import { renameSync } from "node:fs";
import { join } from "node:path";

import { decodeJwt, decodeProtectedHeader } from "jose";

import { temporaryFolder } from "../../tests/support/folders.ts";
import { AUDIENCE, ISSUER } from "../../tests/support/issuer.ts";
import { createSecretKeys } from "./keys.ts";
import { mintedToken, tokenFile } from "./own-token.ts";
import { createVerifier } from "./verifier.ts";

const SECRET = "a-secret-of-32-bytes-and-more-of-them";
const MINTING = {
  secret: SECRET,
  issuer: ISSUER,
  audience: AUDIENCE,
  subject: "things",
  scope: "makers:read makers:read:any",
};

describe("A minted token", () => {
  test("identifies the service and its scopes to a verifier with the same secret", async () => {
    const { verify } = createVerifier({
      keys: await createSecretKeys([SECRET]),
      issuer: ISSUER,
      audience: AUDIENCE,
    });
    const token = await mintedToken(MINTING)();
    const { subject, scopes } = await verify(token);
    expect(subject).toBe("things");
    expect([...scopes]).toEqual(["makers:read", "makers:read:any"]);
    expect(decodeProtectedHeader(token)).toEqual({ alg: "HS256", typ: "at+jwt" });
    const required = ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"];
    expect(Object.keys(decodeJwt(token))).toEqual(expect.arrayContaining(required));
  });

  test("expires after five minutes, and is reused until 90 s before that", async () => {
    const clock = { ms: Date.parse("2026-01-02T03:04:05.678Z") };
    const start = clock.ms;
    const own = mintedToken({ ...MINTING, now: () => clock.ms });
    const token = await own();
    const { exp = 0 } = decodeJwt(token);
    expect(exp).toBe(Math.floor(start / 1000) + 300);
    clock.ms = start + 209_999;
    expect(await own()).toBe(token);
    clock.ms = start + 210_000;
    const next = await own();
    expect(next).not.toBe(token);
    expect(await own()).toBe(next);
  });
});

describe("A token file", () => {
  test("is read again when it is replaced or written to", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "token");
    await Bun.write(path, "first.token.x\n");
    const own = tokenFile(path);
    expect(own()).toBe("first.token.x");
    await Bun.write(`${path}.new`, "other.token.x\n");
    renameSync(`${path}.new`, path);
    expect(own()).toBe("other.token.x");
    await Bun.write(path, "longer.token.xyz");
    expect(own()).toBe("longer.token.xyz");
  });

  test.each([
    ["nothing", ""],
    ["two lines", "a.b.c\nhunter2"],
    ["a header", "Bearer hunter2"],
  ])("is rejected if it holds %s, and accepted after it is corrected", async (_what, content) => {
    using folder = temporaryFolder();
    const path = join(folder.path, "token");
    await Bun.write(path, content);
    const own = tokenFile(path);
    expect(own).toThrow(/^There is no token in the file$/);
    await Bun.write(path, "at.last.one");
    expect(own()).toBe("at.last.one");
  });

  test("fails with ENOENT if it is missing", () => {
    expect(tokenFile("/nowhere/token")).toThrow("ENOENT");
  });
});
