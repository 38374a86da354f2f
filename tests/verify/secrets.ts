/**
 * Puts a secret into every field that clients and operators can set, and searches everything that
 * the services write for it.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";

import { openDatabase } from "../../platform/database/open-database.ts";
import { urlVariableOf } from "../../services.ts";
import { json } from "../support/ask.ts";
import { EVERYTHING_OWN } from "../support/callers.ts";
import { startCollector } from "../support/collector.ts";
import { type Engine, ENGINES, freshUrl } from "../support/engines.ts";
import { command } from "../support/executables.ts";
import { ROOT } from "../support/folders.ts";
import { AUDIENCE, ISSUER, sign } from "../support/issuer.ts";
import { type Running, startService } from "../support/processes.ts";

/** The same in every place, so that one search finds it anywhere. */
const SECRET = "s3cret";

/** Every header that the services read or that clients commonly send. */
const HEADERS = [
  "authorization",
  "cookie",
  "user-agent",
  "referer",
  "origin",
  "idempotency-key",
  "if-match",
  "if-none-match",
  "accept",
  "accept-language",
  "traceparent",
  "tracestate",
  "forwarded",
  "x-forwarded-for",
  "x-api-key",
];

/** No time of a response is that late. */
const UNSHOWABLE = "UPDATE users SET created_at = 9000000000000000";

let keys = 1;
let collector: ReturnType<typeof startCollector>;
beforeAll(() => void (collector = startCollector()));
afterAll(() => collector.stop());

describe.each(ENGINES)("A service on %s", (engine) => {
  let written = "";
  let metrics = "";

  beforeAll(async () => {
    ({ written, metrics } = await provoke(engine));
  }, 60_000);

  test("writes no secret to its log, even at level debug", () => {
    // Proves that there is something to search.
    expect(written).toContain('"status":500');
    expect(written).toContain('"status":409');
    expect(written).toContain('"code":"users_unavailable"');
    expect(linesWith(written, SECRET)).toEqual([]);
  });

  test("writes no secret to its metrics", () => {
    expect(metrics).toContain('status="422"');
    expect(linesWith(metrics, SECRET)).toEqual([]);
  });
});

describe("A service with authentication and a rate limit", () => {
  test("writes no part of a token, its subject or a secret variable to logs or metrics", async () => {
    const secret = `${SECRET}-and-so-on-to-32-bytes-or-more`;
    await using database = await freshUrl("sqlite");
    const users = await startService("users", {
      DATABASE_URL: database.url,
      LOG_LEVEL: "debug",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      AUTH: "on",
      AUTH_SECRET: secret,
      AUTH_ISSUER: ISSUER,
      AUTH_AUDIENCE: AUDIENCE,
      METRICS: "open",
      RATE_LIMIT: "25/60s",
    });
    const issuer = { alg: "HS256", privateKey: Buffer.from(secret) };
    const other = {
      alg: "HS256",
      privateKey: Buffer.from(`${SECRET}-of-somebody-else-altogether`),
    };
    const claims = { sub: `${SECRET}@example.com`, scope: EVERYTHING_OWN };
    const good = await sign(issuer, { claims });
    const tokens = [
      SECRET,
      `${SECRET}.${SECRET}.${SECRET}`,
      "x".repeat(10_000) + SECRET,
      good,
      // Its rejection is logged for the audit, with its subject.
      await sign(issuer, { claims: { sub: "7", scope: SECRET } }),
      await sign(issuer, { claims: { ...claims, aud: SECRET } }),
      await sign(issuer, { claims: { ...claims, iss: SECRET, sub: undefined } }),
      await sign(issuer, { claims, header: { kid: SECRET, typ: SECRET } }),
      await sign(issuer, { claims, now: 0 }),
      await sign(other, { claims }),
    ];
    await ask(users, "/users", { headers: { authorization: `Bearer ${SECRET} ${SECRET}` } });
    for (const token of tokens) {
      const headers = { authorization: `Bearer ${token}` };
      const user = { name: SECRET, email: `${SECRET}@example.com` };
      await ask(users, `/users/${SECRET}`, { headers });
      await ask(users, "/users", json("POST", user, headers));
      await ask(users, `/users?access_token=${token}`, { headers: { cookie: SECRET } });
    }
    await change(database.url, "DROP TABLE users");
    await ask(users, "/users", { headers: { authorization: `Bearer ${good}` } });
    const metrics = await (await fetch(`${users.url}/metrics`)).text();
    await users.stop();
    const written = users.log() + metrics;
    const codes = Array.from(written.matchAll(/"code":"(\w+)"/g), ([, code]) => code);
    // Proves that there is something to search.
    expect(new Set(codes)).toEqual(
      new Set([
        "invalid_token",
        "malformed_token",
        "token_needed",
        "insufficient_scope",
        "not_found",
        "too_many_requests",
        "database_unavailable",
      ]),
    );
    expect(written).toMatch(/"level":"error".*"caller":"[0-9a-f]{12}"/);
    expect(linesWith(written, SECRET)).toEqual([]);
    for (const token of tokens) {
      // The second part holds the claims in base64.
      for (const part of token.split(".")) expect(linesWith(written, part)).toEqual([]);
    }
  });
});

test.each([
  ["an unreachable database", { DATABASE_URL: `postgres://${SECRET}:${SECRET}@127.0.0.1:1/x` }],
  ["a URL of an unsupported database", { DATABASE_URL: `mysql://user:${SECRET}@host/name` }],
  [
    "a port, beside a collector with a password and malformed headers",
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://u:${SECRET}@host:1`,
      OTEL_EXPORTER_OTLP_HEADERS: SECRET,
      PORT: SECRET,
    },
  ],
  ["a key that is too short", { AUTH: "on", AUTH_SECRET: SECRET }],
  ["a missing key file", { AUTH: "on", AUTH_SECRET_FILE: `/${SECRET}` }],
  ["secrets in other variables", { PORT: SECRET, LOG_LEVEL: SECRET, OTEL_TRACES_SAMPLER: SECRET }],
])("A start that fails because of %s prints the reason and no value", async (_, environment) => {
  const words = [process.execPath, join(ROOT, "users", "main.ts")];
  const { exitCode, stdout, stderr } = await command(words, {
    environment: { DATABASE_URL: "sqlite://:memory:", ...environment },
  });
  expect(exitCode).toBeGreaterThan(0);
  expect(stderr).toContain("users: ");
  expect(linesWith(stdout + stderr, SECRET)).toEqual([]);
});

test("A span holds no secret except in the path of its request", () => {
  expect(collector.spans.length).toBeGreaterThan(20);
  const told = collector.spans.map((span) => {
    const { "url.path": _path, "url.full": _full, ...attributes } = span.attributes;
    return JSON.stringify({ ...span, attributes });
  });
  expect(told.filter((span) => span.includes(SECRET))).toEqual([]);
});

function linesWith(text: string, words: string): string[] {
  return text.split("\n").filter((line) => line.includes(words));
}

/** Sends both services every request with secrets in it, and provokes every kind of failure. */
async function provoke(engine: Engine): Promise<{ written: string; metrics: string }> {
  await using usersDatabase = await freshUrl(engine);
  await using ordersDatabase = await freshUrl(engine);
  const environment = {
    LOG_LEVEL: "debug",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=${SECRET}`,
  };
  const users = await startService("users", { ...environment, DATABASE_URL: usersDatabase.url });
  const orders = await startService("orders", {
    ...environment,
    DATABASE_URL: ordersDatabase.url,
    [urlVariableOf("users")]: users.url,
  });
  const user = { name: `${SECRET} name`, email: `${SECRET}@example.com` };
  const created = await fetch(`${users.url}/users`, json("POST", user));
  const { id } = (await created.json()) as { id: string };
  const order = { user_id: id, amount: 1, note: `${SECRET} note` };
  await ask(users, `/users/${id}`, json("PATCH", { name: SECRET }, { "if-match": `"${SECRET}"` }));
  await fetch(`${orders.url}/orders`, json("POST", order));
  await askEverything(users, "users", user);
  await askEverything(orders, "orders", order);

  // Failures inside the services, while they hold the secrets of the request.
  await change(usersDatabase.url, UNSHOWABLE);
  await askEverything(users, "users", user);
  await change(usersDatabase.url, "DROP TABLE users");
  await askEverything(users, "users", { ...user, email: `${SECRET}-other@example.com` });
  await askEverything(orders, "orders", order);
  await users.stop();
  await askEverything(orders, "orders", { ...order, user_id: `${SECRET}-unknown` });
  await change(ordersDatabase.url, "DROP TABLE orders");
  await askEverything(orders, "orders", order);
  const metrics = await (await fetch(`${orders.url}/metrics`)).text();
  await orders.stop();
  return { written: users.log() + orders.log(), metrics };
}

async function change(url: string, text: string): Promise<void> {
  const database = await openDatabase(url);
  await database.write([{ text, values: [] }]);
  await database.close();
}

/** Reads, lists, creates and changes with a secret in every field, valid and invalid. */
async function askEverything(running: Running, name: string, body: object): Promise<void> {
  const path = `/${name}`;
  await ask(running, `${path}/${SECRET}`);
  await ask(running, `${path}/1?expand=${SECRET}`);
  await ask(running, `${path}?user_id=${SECRET}`);
  await ask(running, `${path}?email=${SECRET}@example.com`);
  await ask(running, `${path}?cursor=${SECRET}`);
  await ask(running, `${path}?${SECRET}=${SECRET}`);
  await ask(running, `/${SECRET}/${SECRET}?${SECRET}`);
  await ask(running, "/health/ready", { headers: headers() });
  await ask(running, path, json("POST", body, headers()));
  await ask(running, path, json("POST", body, { "idempotency-key": `${SECRET}-${keys++}` }));
  await ask(running, path, json("POST", { ...body, [SECRET]: SECRET }));
  await ask(running, path, json("POST", { ...body, name: 5, email: SECRET, currency: SECRET }));
  await ask(running, path, { ...json("POST", {}), body: `{"name": "${SECRET}` });
  await ask(running, path, { method: "POST", headers: { "content-type": SECRET }, body: SECRET });
  await ask(running, `${path}/${SECRET}`, json("PATCH", { name: SECRET, status: SECRET }));
  await ask(running, `${path}/${SECRET}`, { method: "DELETE", headers: headers() });
  await ask(running, path, { method: "PROPFIND", headers: headers() });
}

function headers(): Record<string, string> {
  return Object.fromEntries(HEADERS.map((name) => [name, `${SECRET} ${name}`]));
}

async function ask({ url }: Running, path: string, init?: RequestInit): Promise<void> {
  await (await fetch(`${url}${path}`, { redirect: "manual", ...init })).text();
}
