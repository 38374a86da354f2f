/** Tokens and key sets as identity providers write them; docs/identity.md has the steps. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";

import type { JWK } from "jose";

import type { Order, User } from "../../shared/types.ts";
import { openService } from "../support/apps.ts";
import { json } from "../support/ask.ts";
import { temporaryFolder } from "../support/folders.ts";
import { createSigner, sign, type Signer } from "../support/issuer.ts";

const TENANT = "5f0c1b1e-0d0a-4c43-9a43-9d4c3b8e2a11";
const API = "3b9f2c7d-52aa-4b8f-8f0e-0c6a4b5d7e21";
const CLIENT = "a8b7c6d5-1111-4222-8333-944455556666";
const OWN = "users:read users:write orders:read orders:write";

interface Provider {
  issuer: string;
  audience: string;
  header: Record<string, unknown>;
  /** The public key in its key set. */
  jwk: (jwk: JWK) => JWK;
  /** The subject of a user. */
  subject: string;
  /** The claims of the token of a user with these scopes. */
  user: (scopes: string) => Record<string, unknown>;
  /** The claims of the token of `orders`. */
  orders: Record<string, unknown>;
  /** What makes tokens large. */
  large: Record<string, unknown>;
}

/** Without `alg`, which Entra leaves out. */
const withoutAlg = ({ kid, kty, n, e, use }: JWK): JWK => ({ kid, kty, n, e, use }) as JWK;
const guids = (count: number) => Array.from({ length: count }, () => crypto.randomUUID());

const PROVIDERS: Record<string, Provider> = {
  Keycloak: {
    issuer: "https://login.example.com/realms/shop",
    audience: "shop",
    header: { typ: "JWT" },
    jwk: (jwk) => jwk,
    subject: "f:2c5ae1fc-33ab-4e8b-9f34-77d2c2a8f5c1:alice",
    user: (scopes) => ({
      auth_time: 1_760_000_000,
      jti: "onrtac:2f5c",
      aud: ["shop", "account"],
      sub: "f:2c5ae1fc-33ab-4e8b-9f34-77d2c2a8f5c1:alice",
      typ: "Bearer",
      azp: "web",
      sid: "9d3b",
      acr: "1",
      "allowed-origins": ["https://shop.example.com"],
      realm_access: { roles: ["offline_access", "uma_authorization", "admin"] },
      resource_access: { account: { roles: ["manage-account", "view-profile"] } },
      scope: `openid profile ${scopes} email`,
      email_verified: true,
      preferred_username: "alice",
    }),
    orders: {
      aud: ["shop", "account"],
      sub: "0b0c4a4e-8d3c-4a54-9f0a-8f1b1a1d2c3e",
      typ: "Bearer",
      azp: "orders",
      acr: "1",
      scope: "users:read:any profile users:read email",
      clientHost: "10.0.0.7",
      preferred_username: "service-account-orders",
      client_id: "orders",
    },
    large: { groups: Array.from({ length: 150 }, (_, n) => `/customers/region-${n}/gold`) },
  },
  "Entra (v2.0)": {
    issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`,
    audience: API,
    header: { typ: "JWT", x5t: "x" },
    jwk: (jwk) => ({ ...withoutAlg(jwk), x5t: "x", issuer: "x", x5c: ["MIIC"] }),
    subject: "-Zk3v0uVxJX2xT9cD6s8WbQ1aF4hR7nL5pYtGm_oE2I",
    user: (scopes) => ({
      aud: API,
      aio: "AXQAi/8a",
      azp: CLIENT,
      azpacr: "0",
      name: "Alice",
      oid: "1c1f9c3e-7b1d-4cf1-8a4b-0b9a3b6f8f10",
      preferred_username: "alice@example.com",
      rh: "1.AX0A",
      // Roles of a user are not ours.
      roles: ["admin"],
      scp: scopes,
      sub: "-Zk3v0uVxJX2xT9cD6s8WbQ1aF4hR7nL5pYtGm_oE2I",
      tid: TENANT,
      uti: "u",
      ver: "2.0",
    }),
    orders: {
      aud: API,
      aio: "k2RgYLi",
      azp: CLIENT,
      azpacr: "1",
      idtyp: "app",
      oid: "7d1f9c3e-7b1d-4cf1-8a4b-0b9a3b6f8f10",
      rh: "1.AX0A",
      roles: ["users:read", "users:read:any"],
      sub: "7d1f9c3e-7b1d-4cf1-8a4b-0b9a3b6f8f10",
      tid: TENANT,
      uti: "u",
      ver: "2.0",
    },
    large: { groups: guids(100) },
  },
  Auth0: {
    issuer: "https://shop.eu.auth0.com/",
    audience: "https://shop.example.com",
    header: { typ: "JWT" },
    jwk: (jwk) => ({ ...jwk, x5c: ["MIIC"], x5t: "x" }),
    subject: "auth0|507f1f77bcf86cd799439011",
    user: (scopes) => ({
      sub: "auth0|507f1f77bcf86cd799439011",
      aud: ["https://shop.example.com", "https://shop.eu.auth0.com/userinfo"],
      scope: "openid profile email",
      azp: CLIENT,
      permissions: scopes.split(" "),
    }),
    orders: {
      sub: "mV1q3Xj5@clients",
      aud: "https://shop.example.com",
      scope: "users:read users:read:any",
      gty: "client-credentials",
      azp: "mV1q3Xj5",
      permissions: ["users:read", "users:read:any"],
    },
    large: { "https://shop.example.com/segments": guids(100) },
  },
  Okta: {
    issuer: "https://shop.okta.com/oauth2/default",
    audience: "api://default",
    header: {},
    jwk: (jwk) => jwk,
    subject: "alice@example.com",
    user: (scopes) => ({
      ver: 1,
      jti: "AT.x",
      cid: "0oa1",
      uid: "00u1",
      scp: ["openid", ...scopes.split(" ")],
      sub: "alice@example.com",
    }),
    orders: { ver: 1, jti: "AT.y", cid: "0oa2", scp: ["users:read:any"], sub: "0oa2" },
    large: { groups: Array.from({ length: 120 }, (_, n) => `customers of the region ${n}`) },
  },
};

describe.each(Object.entries(PROVIDERS))("Tokens of %s", (_name, provider) => {
  const { issuer, audience, header, subject } = provider;
  const folder = temporaryFolder();
  const USERS_TOKEN_FILE = join(folder.path, "token");
  const closing: (() => unknown)[] = [];
  let signer: Signer;
  let urls: { users: string; orders: string };

  const token = (claims: Record<string, unknown>) =>
    sign(signer, { claims: { iss: issuer, aud: audience, ...claims }, header });
  const userHeaders = async (scopes: string, more: Record<string, unknown> = {}) => ({
    authorization: `Bearer ${await token({ ...provider.user(scopes), ...more })}`,
  });

  function serve(fetch: (request: Request) => Response | Promise<Response>): string {
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch });
    closing.push(() => server.stop(true));
    return server.url.origin;
  }

  beforeAll(async () => {
    signer = await createSigner("k1", "RS256");
    const other = await createSigner("k2", "RS256");
    const encryption = { ...other.publicJwk, use: "enc", alg: "RSA-OAEP", kid: "e1" };
    const keys = [encryption, provider.jwk(other.publicJwk), provider.jwk(signer.publicJwk)];
    const environment = {
      AUTH: "on",
      AUTH_ISSUER: issuer,
      AUTH_AUDIENCE: audience,
      AUTH_JWKS_URL: `${serve(() => Response.json({ keys }))}/keys`,
      USERS_TOKEN_FILE,
    };
    await Bun.write(USERS_TOKEN_FILE, await token({ ...provider.orders, ...provider.large }));
    const users = await openService("users", { environment });
    const usersUrl = serve(users.fetch);
    const orders = await openService("orders", {
      environment: { ...environment, USERS_URL: usersUrl },
    });
    closing.push(
      () => orders.close(),
      () => users.close(),
    );
    urls = { users: usersUrl, orders: serve(orders.fetch) };
  });
  afterAll(async () => {
    for (const close of closing) await close();
    folder[Symbol.dispose]();
  });

  test("let a user create itself and its orders, also with more than 4 KB", async () => {
    for (const more of [{}, provider.large]) {
      const headers = await userHeaders(OWN, more);
      if (more === provider.large) expect(headers.authorization.length).toBeGreaterThan(4_096);
      const email = `alice.${Object.keys(more).length}@example.com`;
      const created = await fetch(
        `${urls.users}/users`,
        json("POST", { name: "Alice", email }, headers),
      );
      expect(created.status).toBe(more === provider.large ? 409 : 201);
      const url = `${urls.users}/users/${encodeURIComponent(subject)}`;
      const read = (await (await fetch(url, { headers })).json()) as User;
      expect(read.id).toBe(subject);
      // Orders asks users with the token in its file, which is as large.
      const order = json("POST", { user_id: subject, amount: 1 }, headers);
      expect((await fetch(`${urls.orders}/orders`, order)).status).toBe(201);
      const listed = await fetch(`${urls.orders}/orders`, { headers });
      const owners = ((await listed.json()) as Order[]).map(({ user_id }) => user_id);
      expect(new Set(owners)).toEqual(new Set([subject]));
    }
  });

  test("grant what their scopes say and no more, whatever roles they list", async () => {
    const reader = await userHeaders("orders:read");
    expect((await fetch(`${urls.orders}/orders`, { headers: reader })).status).toBe(200);
    const order = json("POST", { user_id: subject, amount: 1 }, reader);
    expect((await fetch(`${urls.orders}/orders`, order)).status).toBe(403);
    expect((await fetch(`${urls.orders}/orders/1`, { headers: reader })).status).toBe(404);
    const headers = await userHeaders("admin");
    expect((await fetch(`${urls.orders}/orders/1`, { headers })).status).toBe(200);
  });

  test("of orders read any user by id, and list none", async () => {
    const headers = { authorization: `Bearer ${await token(provider.orders)}` };
    expect((await fetch(`${urls.users}/users/1`, { headers })).status).toBe(200);
    const listed = await fetch(`${urls.users}/users`, { headers });
    if (listed.status === 200) expect(await listed.json()).toEqual([]);
    else expect(listed.status).toBe(403);
  });
});
