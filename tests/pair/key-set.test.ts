/** Both services with the key set of an issuer instead of a shared secret. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";

import { CALLEES } from "../../services.ts";
import { openApps } from "../support/apps.ts";
import { ask, problemIn } from "../support/ask.ts";
import { temporaryFolder } from "../support/folders.ts";
import {
  AUDIENCE,
  createSigner,
  ISSUER,
  serveKeySet,
  sign,
  type Signer,
} from "../support/issuer.ts";

let signer: Signer;
let issuer: ReturnType<typeof serveKeySet>;
const folder = temporaryFolder();
const TOKEN_FILE = join(folder.path, "token");

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
  ...Object.fromEntries(CALLEES.map((name) => [`${name.toUpperCase()}_TOKEN_FILE`, TOKEN_FILE])),
});

async function token(claims: Record<string, unknown>, by: Partial<Signer> = {}): Promise<string> {
  return sign({ ...signer, ...by }, { claims });
}

async function bearer(claims: Record<string, unknown>, by: Partial<Signer> = {}) {
  return { authorization: `Bearer ${await token(claims, by)}` };
}

describe("An issuer's key set", () => {
  test("authenticates callers, and orders sends users the token in its file", async () => {
    const apps = await openApps({ environment: identity() });
    const headers = await bearer({ sub: "1", scope: "orders:read" });
    const listing = () => ask(apps.orders, "/orders?user_id=1", { headers });

    await Bun.write(TOKEN_FILE, await token({ sub: "o", scope: "users:read:any" }));
    expect((await listing()).status).toBe(200);
    // A token without the scope is the operator's fault, not the caller's.
    await Bun.write(TOKEN_FILE, await token({ sub: "o", scope: "orders:read orders:write" }));
    expect((await problemIn(await listing())).code).toBe("users_bad_answer");
    await Bun.write(TOKEN_FILE, "");
    expect((await problemIn(await listing())).code).toBe("users_unavailable");
    await apps.close();
  });

  test("rejects a token signed with its public key as a secret, or with an unknown key", async () => {
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

  test("makes a service ready once it is loaded, even when the issuer is down later", async () => {
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
