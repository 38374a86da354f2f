import { describe, expect, test } from "bun:test";
import { BlockList } from "node:net";

import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";

import { ask, problemIn } from "../../../tests/support/ask.ts";
import {
  AUDIENCE,
  createSigner,
  ISSUER,
  serveKeySet,
  sign,
} from "../../../tests/support/issuer.ts";
import { openSqlite } from "../../database/sqlite.ts";
import { type AuthenticateOptions, createAuthenticate } from "../../identity/authenticate.ts";
import { createAuthorization, noAuthorization } from "../../identity/authorize.ts";
import { createKeySet } from "../../identity/key-set.ts";
import { createSecretKeys, type Keys } from "../../identity/keys.ts";
import { createVerifier } from "../../identity/verifier.ts";
import { createLog } from "../../process/log.ts";
import { createMetrics } from "../../process/metrics.ts";
import { checkedRoutes } from "../../resources/checked-routes.ts";
import { complete } from "../../resources/complete.ts";
import { door } from "../../resources/door.ts";
import { contextOf } from "../context.ts";
import { cors } from "../cors.ts";
import { createFailureLog } from "../failure-log.ts";
import { createCreations } from "../idempotency.ts";
import { observe } from "../observe.ts";
import { createRender, standard } from "../problem.ts";
import { allMethods } from "../routes.ts";
import { OPEN } from "../security.ts";
import { admit, type AdmitOptions, type Authenticate } from "./admit.ts";
import { createBodyBudget } from "./body-budget.ts";
import { createCounter } from "./rate-limit.ts";

const SECRET = "a-secret-of-32-bytes-and-more-of-them";
const owner = { alg: "HS256", privateKey: Buffer.from(SECRET) };
const APP = "https://app.example.com";

interface Line {
  message: string;
  [field: string]: unknown;
}

const database = await openSqlite(":memory:");
const ANSWER = { 200: Type.Union([Type.String(), Type.Object({})]), 204: Type.Void() };

interface OpenOptions extends Partial<AdmitOptions> {
  origins?: string[];
}

/** An app with a route of each kind, and with the checks before them. */
function openApp({ origins, authenticate, ...options }: OpenOptions) {
  const lines: Line[] = [];
  const log = createLog({ service: "things", write: (line) => lines.push(JSON.parse(line)) });
  const render = createRender(createFailureLog({ log }));
  const waiting = Promise.withResolvers<void>();
  const routes = new Elysia()
    .use(door)
    .get("/things/:id", ({ who }) => who.owner || "anyone", {
      needs: ["things:read", "makers:read:any"],
      params: Type.Object({ id: Type.String() }),
      response: ANSWER,
    })
    .post("/things", ({ body }) => body, {
      needs: "things:write",
      body: Type.Object({}),
      response: ANSWER,
    })
    .delete("/things/:id", ({ set, who }) => void (who.requireAdmin(), (set.status = 204)), {
      needs: "things:write",
      params: Type.Object({ id: Type.String() }),
      response: ANSWER,
    });
  const app = new Elysia()
    .use(standard(render))
    .get("/open", () => "open", { detail: OPEN })
    .get("/health/live", () => "alive", { detail: OPEN })
    .get("/health/waiting", () => waiting.promise.then(() => "done"), { detail: OPEN })
    .get("/waiting", () => waiting.promise.then(() => "done"), { detail: OPEN })
    .use(
      checkedRoutes(complete(routes, { maxBodyBytes: 1_000, withTokens: true }), {
        realm: "things",
        authorization: authenticate ? createAuthorization("things") : noAuthorization,
        creations: createCreations({ database, now: Date.now }),
        render,
      }),
    )
    .use(allMethods);
  const bodies = { maxBodyBytes: 1_000, inFlightMax: 512, peerOf: () => "", log };
  const admitted = admit(app.fetch, {
    hostCheck: () => undefined,
    bodies: createBodyBudget(bodies),
    authenticate,
    ...options,
  });
  const handle = observe(origins ? cors(admitted, origins) : admitted, {
    log,
    render,
    logRequests: "off",
    metrics: createMetrics(),
    paths: [],
    draining: () => false,
  });
  return { handle, lines, finish: waiting.resolve };
}

async function authenticating(
  keys?: Keys,
  options: Partial<AuthenticateOptions> = {},
): Promise<Authenticate> {
  const verifier = createVerifier({
    keys: keys ?? (await createSecretKeys([SECRET])),
    issuer: ISSUER,
    audience: AUDIENCE,
  });
  return createAuthenticate({ verifier, realm: "things", ...options });
}

async function bearer(scope: string, sub = "1"): Promise<{ authorization: string }> {
  return { authorization: `Bearer ${await sign(owner, { claims: { scope, sub } })}` };
}

describe("A route that needs a scope", () => {
  test("lets a caller with the scope read only its own resources", async () => {
    const app = openApp({ authenticate: await authenticating() });
    const headers = await bearer("things:read other", "user-7");
    const response = await ask(app, "/things/1", { headers });
    expect([response.status, await response.json()]).toEqual([200, "user-7"]);
  });

  test.each(["makers:read:any", "admin"])(
    "lets a caller with the scope %s read any user's resources",
    async (scope) => {
      const app = openApp({ authenticate: await authenticating() });
      const response = await ask(app, "/things/1", { headers: await bearer(scope) });
      expect([response.status, await response.json()]).toEqual([200, "anyone"]);
    },
  );

  test("rejects a request without a token with 401, and a challenge without an error", async () => {
    const app = openApp({ authenticate: await authenticating() });
    for (const headers of [{}, { authorization: "Basic dTpw" }]) {
      const response = await ask(app, "/things/1?access_token=x", { headers });
      expect(response.headers.get("www-authenticate")).toBe('Bearer realm="things"');
      expect(await problemIn(response)).toMatchObject({ status: 401, code: "token_needed" });
    }
  });

  test("rejects a malformed token with 400, and an invalid one with 401", async () => {
    const app = openApp({ authenticate: await authenticating() });
    const malformed = await ask(app, "/things/1", { headers: { authorization: "Bearer a b" } });
    expect(malformed.headers.get("www-authenticate")).toBe(
      'Bearer realm="things", error="invalid_request"',
    );
    expect((await problemIn(malformed)).code).toBe("malformed_token");
    const bad = await ask(app, "/things/1", { headers: { authorization: "Bearer abc" } });
    expect(bad.headers.get("www-authenticate")).toBe(
      'Bearer realm="things", error="invalid_token"',
    );
    expect(await problemIn(bad)).toMatchObject({ status: 401, code: "invalid_token" });
  });

  test("names the missing scope when it rejects a caller with 403", async () => {
    const app = openApp({ authenticate: await authenticating() });
    const response = await ask(app, "/things/1", { headers: await bearer("things:write") });
    expect(response.headers.get("www-authenticate")).toBe(
      'Bearer realm="things", error="insufficient_scope", scope="things:read"',
    );
    expect(await problemIn(response)).toMatchObject({ status: 403, code: "insufficient_scope" });
  });

  test("rejects a request before it reads the body", async () => {
    const app = openApp({ authenticate: await authenticating() });
    const unread = (headers: Record<string, string>) => {
      let isRead = false;
      const body = new ReadableStream(
        {
          pull(controller) {
            isRead = true;
            controller.enqueue(Buffer.from("{}"));
            controller.close();
          },
        },
        { highWaterMark: 0 },
      );
      const sent = { ...headers, "content-type": "application/json" };
      return { sending: ask(app, "/things", { headers: sent, body }), isRead: () => isRead };
    };
    for (const headers of [{}, await bearer("things:read")]) {
      const { sending, isRead } = unread(headers);
      expect((await sending).ok).toBe(false);
      expect(isRead()).toBe(false);
    }
    const { sending, isRead } = unread(await bearer("things:write"));
    expect([(await sending).status, isRead()]).toEqual([200, true]);
  });

  test("checks HEAD like GET, and a path with a trailing slash like one without", async () => {
    const app = openApp({ authenticate: await authenticating() });
    expect((await ask(app, "/things/1", { method: "HEAD" })).status).toBe(401);
    expect((await ask(app, "/things/1/")).status).toBe(401);
  });

  test("can require an admin in its handler", async () => {
    const app = openApp({ authenticate: await authenticating() });
    const options = { method: "DELETE", headers: await bearer("things:write") };
    const response = await ask(app, "/things/1", options);
    expect(response.headers.get("www-authenticate")).toEndWith('scope="admin"');
    expect((await problemIn(response)).code).toBe("insufficient_scope");
    const admin = { method: "DELETE", headers: await bearer("admin") };
    expect((await ask(app, "/things/1", admin)).status).toBe(204);
  });
});

describe("A route", () => {
  test("accepts every request, with any token or none, if it needs no scope", async () => {
    const app = openApp({ authenticate: await authenticating() });
    for (const headers of [{}, { authorization: "Bearer abc" }]) {
      expect((await ask(app, "/open", { headers })).status).toBe(200);
    }
  });

  test("rejects every token with 503 while no keys are available", async () => {
    await using issuer = serveKeySet([]);
    const keys = createKeySet({ url: issuer.url, log: createLog({ service: "x", write() {} }) });
    const app = openApp({ authenticate: await authenticating(keys) });
    const token = await sign(await createSigner("1"));
    const headers = { authorization: `Bearer ${token}` };
    const response = await ask(app, "/things/1", { headers });
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await problemIn(response)).toMatchObject({ status: 503, code: "keys_unavailable" });
    expect((await ask(app, "/things/1")).status).toBe(401);
  });
});

describe("The log", () => {
  test("has a line for each rejection, with the reason and without the token", async () => {
    const app = openApp({ authenticate: await authenticating() });
    const token = await sign(owner, { claims: { aud: "elsewhere" } });
    await ask(app, "/things/1", { headers: { authorization: `Bearer ${token}` } });
    await ask(app, "/things/1", { headers: await bearer("other", "user-7") });
    await ask(app, "/things/1");
    expect(app.lines).toHaveLength(3);
    expect(app.lines).toMatchObject([
      { message: "refused", code: "invalid_token", reason: "The token is not accepted: claim aud" },
      { message: "refused", code: "insufficient_scope", subject: "user-7" },
      { message: "refused", code: "token_needed" },
    ]);
    expect(JSON.stringify(app.lines)).not.toContain(token.slice(-20));
  });
});

describe("The log of changes by admins", () => {
  test("has a line for each change, and none for reads or for other callers", async () => {
    const app = openApp({ authenticate: await authenticating() });
    const headers = await bearer("admin things:write", "root");
    await ask(app, "/things/1", { headers });
    await ask(app, "/things", { headers: await bearer("things:write"), body: {} });
    expect(app.lines).toEqual([]);
    await ask(app, "/things", { headers, body: {} });
    await ask(app, "/things/7", { headers, method: "DELETE" });
    await ask(app, "/things/7", { headers, method: "PATCH" });
    const line = { level: "info", message: "changed by an admin", subject: "root" };
    expect(app.lines).toMatchObject([
      { ...line, method: "POST", path: "/things" },
      { ...line, method: "DELETE", path: "/things/7" },
    ]);
  });
});

describe("The limit of concurrent requests", () => {
  test("rejects excess requests immediately with 503, except health probes", async () => {
    const app = openApp({ inFlightMax: 2 });
    const working = [ask(app, "/waiting"), ask(app, "/waiting")];
    const response = await ask(app, "/open");
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await problemIn(response)).toMatchObject({ status: 503, code: "overloaded" });
    expect((await ask(app, "/health/live")).status).toBe(200);
    app.finish();
    for (const one of working) expect((await one).status).toBe(200);
    for (let n = 0; n < 5; n += 1) expect((await ask(app, "/open")).status).toBe(200);
  });

  test("no longer counts a request that has failed or was rejected", async () => {
    const app = openApp({ inFlightMax: 1, authenticate: await authenticating() });
    for (const path of ["/things/1", "/nowhere", "/forgotten", "/open"]) await ask(app, path);
    await ask(app, "/things/1", { headers: { authorization: "Bearer abc" } });
    expect((await ask(app, "/open")).status).toBe(200);
  });

  test("does not count probes and scrapes", async () => {
    const app = openApp({ inFlightMax: 1 });
    const probes = Array.from({ length: 3 }, () => ask(app, "/health/waiting"));
    expect((await ask(app, "/open")).status).toBe(200);
    app.finish();
    for (const one of probes) expect((await one).status).toBe(200);
  });
});

const READING = { scope: "things:read" };

const addressOf = ({ headers }: Request) => headers.get("x-address") ?? "honest";

/** An app whose issuer does not respond, and a known caller. */
async function besieged({ inFlightMax = 4 } = {}) {
  const signer = await createSigner("known");
  const issuer = serveKeySet([signer]);
  const answer = Promise.withResolvers<Response>();
  const clock = { ms: 0 };
  const log = createLog({ service: "x", write() {} });
  const keys = createKeySet({ url: issuer.url, log, now: () => clock.ms });
  const authenticate = await authenticating(keys, { addressOf, requestsMax: 4 });
  const app = openApp({ authenticate, inFlightMax });
  const known = { authorization: `Bearer ${await sign(signer, { claims: READING })}` };
  expect((await ask(app, "/things/1", { headers: known })).status).toBe(200);
  issuer.answerWith(() => answer.promise);
  clock.ms = 60_000;

  let forged = 0;
  /** Sends a token with a key that the issuer has to be asked for. */
  async function forge(address: string, token?: string) {
    forged += 1;
    const header = { kid: `forged-${forged}` };
    const headers = {
      authorization: `Bearer ${token ?? (await sign(signer, { header, claims: READING }))}`,
      "x-address": address,
    };
    const response = ask(app, "/things/1", { headers });
    return { response, token: headers.authorization.slice("Bearer ".length) };
  }
  return {
    app,
    known,
    forge,
    settle: () => answer.resolve(Response.json({ keys: [signer.publicJwk] })),
    [Symbol.asyncDispose]: () => issuer[Symbol.asyncDispose](),
  };
}

describe("A token that is not verified yet", () => {
  test("takes no place of a caller who is known", async () => {
    await using siege = await besieged({ inFlightMax: 2 });
    const forged: Promise<Response>[] = [];
    for (let n = 0; n < 8; n += 1) forged.push((await siege.forge("one")).response);
    for (let n = 0; n < 4; n += 1) {
      expect((await ask(siege.app, "/things/1", { headers: siege.known })).status).toBe(200);
    }
    siege.settle();
    for (const one of forged) expect((await one).status).toBe(401);
  });

  test("is refused with 503 beyond 8 of an address and 32 in all", async () => {
    await using siege = await besieged({ inFlightMax: 100 });
    const waiting: Promise<Response>[] = [];
    const refused: Promise<Response>[] = [];
    for (const address of ["one", "two", "three", "four", "five"]) {
      for (let n = 0; n < 10; n += 1) {
        const { response } = await siege.forge(address);
        const isRoom = n < 8 && address !== "five";
        if (isRoom) waiting.push(response);
        else refused.push(response);
      }
    }
    expect(waiting).toHaveLength(32);
    expect(refused).toHaveLength(18);
    for (const one of refused) expect((await one).status).toBe(503);
    expect((await ask(siege.app, "/open", { headers: { authorization: "Bearer a" } })).status).toBe(
      200,
    );
    siege.settle();
    for (const one of waiting) expect((await one).status).toBe(401);
    expect((await (await siege.forge("five")).response).status).toBe(401);
  });

  test("is verified once for all requests that send it, of which as many wait as may run", async () => {
    await using siege = await besieged();
    const { response, token } = await siege.forge("one");
    const same = [response];
    for (let n = 0; n < 3; n += 1) same.push((await siege.forge("one", token)).response);
    expect((await (await siege.forge("one", token)).response).status).toBe(503);
    siege.settle();
    for (const one of same) expect((await one).status).toBe(401);
  });
});

describe("The rate limit", () => {
  const LIMIT = { requests: 2, windowSeconds: 60 };

  async function limited(peer: { address: string } = { address: "192.0.2.1" }) {
    const count = createCounter({
      ...LIMIT,
      metrics: createMetrics(),
      uncounted: ["makers:read:any"],
      peerOf: () => peer.address,
      trusted: new BlockList(),
    });
    return openApp({ authenticate: await authenticating(), count });
  }

  test("is in the headers of every response, and rejects excess requests with 429", async () => {
    const app = await limited();
    const headers = await bearer("things:read");
    const paths = ["/things/1", "/nowhere", "/things/1"];
    const responses: Response[] = [];
    for (const path of paths) responses.push(await ask(app, path, { headers }));
    expect(responses.map(({ status }) => status)).toEqual([200, 404, 429]);
    expect(responses.map((one) => one.headers.get("ratelimit"))).toEqual([
      '"default";r=1;t=60',
      '"default";r=0;t=60',
      '"default";r=0;t=60',
    ]);
    for (const one of responses) {
      expect(one.headers.get("ratelimit-policy")).toBe('"default";q=2;w=60');
    }
    const [, , last] = responses;
    expect(last?.headers.get("retry-after")).toBe("60");
    expect(last && (await problemIn(last)).code).toBe("too_many_requests");
    expect(app.lines).toMatchObject([{ message: "refused", code: "too_many_requests" }]);
  });

  test("counts by subject, whatever token and address the caller uses", async () => {
    const peer = { address: "192.0.2.1" };
    const app = await limited(peer);
    for (const address of ["192.0.2.1", "192.0.2.2", "192.0.2.3"]) {
      peer.address = address;
      const response = await ask(app, "/open", { headers: await bearer(`n${address}`, "user-7") });
      expect(response.status).toBe(address === "192.0.2.3" ? 429 : 200);
    }
    expect((await ask(app, "/open", { headers: await bearer("x", "user-8") })).status).toBe(200);
  });

  test("counts by address for requests without a valid token", async () => {
    const peer = { address: "192.0.2.1" };
    const app = await limited(peer);
    const bad = { authorization: "Bearer abc" };
    expect((await ask(app, "/things/1", { headers: bad })).status).toBe(401);
    expect((await ask(app, "/things/1")).status).toBe(401);
    expect((await ask(app, "/things/1", { headers: bad })).status).toBe(429);
    const forged = { "x-forwarded-for": "192.0.2.9" };
    expect((await ask(app, "/open", { headers: forged })).status).toBe(429);
    expect((await ask(app, "/open", { headers: await bearer("x") })).status).toBe(200);
    peer.address = "192.0.2.2";
    expect((await ask(app, "/open")).status).toBe(200);
  });

  test("does not apply to health probes, or to services that read any user", async () => {
    const app = await limited();
    const headers = await bearer("makers:read:any", "things");
    for (let n = 0; n < 5; n += 1) {
      const responses = [await ask(app, "/health/live"), await ask(app, "/things/1", { headers })];
      for (const one of responses) {
        expect(one.status).toBe(200);
        expect(one.headers.has("ratelimit")).toBe(false);
      }
    }
  });
});

describe("A page of another origin", () => {
  test("can read responses, including rejections", async () => {
    const count = createCounter({
      requests: 1,
      windowSeconds: 60,
      metrics: createMetrics(),
      peerOf: () => "192.0.2.1",
      trusted: new BlockList(),
    });
    const app = openApp({ origins: [APP], count, authenticate: await authenticating() });
    for (const status of [401, 429]) {
      const response = await ask(app, "/things/1", { headers: { origin: APP } });
      expect(response.status).toBe(status);
      expect(response.headers.get("access-control-allow-origin")).toBe(APP);
      expect(response.headers.get("access-control-expose-headers")).toContain("RateLimit");
      expect(response.headers.get("vary")).toBe("Origin");
    }
  });

  test("needs no token for a preflight", async () => {
    const app = openApp({ origins: [APP], authenticate: await authenticating() });
    const headers = { origin: APP, "access-control-request-method": "DELETE" };
    const response = await ask(app, "/things/1", { method: "OPTIONS", headers });
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe(APP);
    expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });
});

test("A request with a cached token is authenticated synchronously", async () => {
  const authenticate = await authenticating();
  const { authorization } = await bearer("things:read");
  const request = () => new Request("http://localhost/things/1", { headers: { authorization } });
  const first = request();
  await authenticate(first);
  const again = request();
  expect(authenticate(again)).toBeUndefined();
  expect(contextOf(again).caller).toBe(contextOf(first).caller as never);
});
