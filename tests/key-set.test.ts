/** Both services with the keys of an issuer: what a secret does not show. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";

import { openApps } from "./support/apps.ts";
import { ask, problemIn } from "./support/ask.ts";
import { temporaryFolder } from "./support/folders.ts";
import {
  AUDIENCE,
  createSigner,
  ISSUER,
  serveKeySet,
  sign,
  type Signer,
} from "./support/issuer.ts";

let signer: Signer;
let issuer: ReturnType<typeof serveKeySet>;
const folder = temporaryFolder();
const USERS_TOKEN_FILE = join(folder.path, "token");

beforeAll(async () => {
  signer = await createSigner("1", "RS256");
  issuer = serveKeySet([signer]);
});
afterAll(async () => {
  await issuer[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const identity = () => ({
  AUTH: "on",
  AUTH_ISSUER: ISSUER,
  AUTH_AUDIENCE: AUDIENCE,
  AUTH_JWKS_URL: issuer.url,
  USERS_TOKEN_FILE,
});

async function token(claims: Record<string, unknown>, by: Partial<Signer> = {}): Promise<string> {
  return sign({ ...signer, ...by }, { claims });
}

async function bearer(claims: Record<string, unknown>, by: Partial<Signer> = {}) {
  return { authorization: `Bearer ${await token(claims, by)}` };
}

describe("With the keys of an issuer", () => {
  test("the services know their callers, and orders shows users the token in its file", async () => {
    const apps = await openApps({ environment: identity() });
    const headers = await bearer({ sub: "1", scope: "orders:read" });
    const listing = () => ask(apps.orders, "/orders?user_id=1", { headers });

    await Bun.write(USERS_TOKEN_FILE, await token({ sub: "o", scope: "users:read:any" }));
    expect((await listing()).status).toBe(200);
    // A token that no longer allows it is a fault of the operator's, not of the caller's.
    await Bun.write(USERS_TOKEN_FILE, await token({ sub: "o", scope: "orders:read orders:write" }));
    expect((await problemIn(await listing())).code).toBe("users_bad_answer");
    await Bun.write(USERS_TOKEN_FILE, "");
    expect((await problemIn(await listing())).code).toBe("users_unavailable");
    await apps.close();
  });

  test("a token by their public key as a secret, or by an unknown key, is refused", async () => {
    const { users, close } = await openApps({ environment: identity() });
    const stranger = await createSigner("2", "RS256");
    const secret = Buffer.from(JSON.stringify(signer.publicJwk)) as unknown as CryptoKey;
    const forgeries = [
      await bearer({ scope: "admin" }, { alg: "HS256", privateKey: secret }),
      await bearer({ scope: "admin" }, stranger),
      await bearer({ scope: "admin" }, { ...stranger, kid: "1" }),
    ];
    for (const headers of forgeries) {
      const refused = await problemIn(await ask(users, "/users", { headers }));
      expect([refused.status, refused.code]).toEqual([401, "invalid_token"]);
    }
    await close();
  });

  test("a service is ready once it has had them, and stays so when the issuer is gone", async () => {
    const late = serveKeySet([signer]);
    late.answerWith(() => new Response("", { status: 503 }));
    const environment = { ...identity(), AUTH_JWKS_URL: late.url };
    const before = await openApps({ environment });
    expect((await ask(before.users, "/health/ready")).status).toBe(503);
    const headers = await bearer({ sub: "1", scope: "users:read" });
    const refused = await problemIn(await ask(before.users, "/users/1", { headers }));
    expect([refused.status, refused.code]).toEqual([503, "keys_unavailable"]);
    await before.close();

    late.publish([signer]);
    const after = await openApps({ environment });
    const report = (await (await ask(after.users, "/health/ready")).json()) as { checks: object };
    expect(report).toMatchObject({ status: "ready", checks: { database: "ok", keys: "ok" } });
    await late[Symbol.asyncDispose]();
    expect((await ask(after.users, "/health/ready")).status).toBe(200);
    expect((await ask(after.users, "/users/1", { headers })).status).toBe(200);
    await after.close();
  });
});
