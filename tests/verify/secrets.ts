/**
 * Puts a secret into every field that clients and operators can set, and searches everything that
 * the services write for it.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";

import { openDatabase } from "../../platform/database/open-database.ts";
import { CALLEES, type ServiceName, SERVICES, urlVariableOf } from "../../services.ts";
import { json } from "../support/ask.ts";
import { EVERYTHING_OWN } from "../support/callers.ts";
import { startCollector } from "../support/collector.ts";
import { type Engine, ENGINES, freshUrl } from "../support/engines.ts";
import { command } from "../support/executables.ts";
import { ALL, bodyOf, FIRST, LIST, TABLE } from "../support/first.ts";
import { ROOT } from "../support/folders.ts";
import { AUDIENCE, ISSUER, sign } from "../support/issuer.ts";
import { type Running, startService } from "../support/processes.ts";
import { newBody, queriesOf, type Resource, resourcesOf, routeOf } from "../support/resources.ts";
import { NAMES } from "../support/services.ts";

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

const RESOURCES = await resourcesOf();

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
    const told = [500, 422].map((status) => `"status":${status}`);
    const unavailable = CALLEES.map((callee) => `"code":"${callee}_unavailable"`);
    for (const one of [...told, ...unavailable]) expect(linesWith(written, one)).not.toBeEmpty();
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
    const service = await startService(FIRST, {
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
      await sign(issuer, { claims: { sub: "7", scope: SECRET } }),
      await sign(issuer, { claims: { ...claims, aud: SECRET } }),
      await sign(issuer, { claims: { ...claims, iss: SECRET, sub: undefined } }),
      await sign(issuer, { claims, header: { kid: SECRET, typ: SECRET } }),
      await sign(issuer, { claims, now: 0 }),
      await sign(other, { claims }),
    ];
    await ask(service, LIST, { headers: { authorization: `Bearer ${SECRET} ${SECRET}` } });
    for (const token of tokens) {
      const headers = { authorization: `Bearer ${token}` };
      await ask(service, `${ALL}/${SECRET}`, { headers });
      await ask(service, ALL, json("POST", bodyOf(SECRET), headers));
      await ask(service, `${ALL}?access_token=${token}`, { headers: { cookie: SECRET } });
    }
    await change(database.url, `DROP TABLE ${TABLE}`);
    await ask(service, LIST, { headers: { authorization: `Bearer ${good}` } });
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    await service.stop();
    const written = service.log() + metrics;
    const codes = Array.from(written.matchAll(/"code":"(\w+)"/g), ([, code]) => code);
    // Proves that there is something to search.
    expect(codes).toEqual(
      expect.arrayContaining([
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
    // A rejected caller is logged with its subject, for the audit.
    const subject = /(?<="message":"refused".*"subject":")[^"]*(?=")/g;
    expect(linesWith(written.replaceAll(subject, ""), SECRET)).toEqual([]);
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
  const words = [process.execPath, join(ROOT, FIRST, "main.ts")];
  const { exitCode, stdout, stderr } = await command(words, {
    environment: { DATABASE_URL: "sqlite://:memory:", ...environment },
  });
  expect(exitCode).toBeGreaterThan(0);
  expect(stderr).toContain(`${FIRST}: `);
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

/** Sends all services every request with secrets in it, and provokes every kind of failure. */
async function provoke(engine: Engine): Promise<{ written: string; metrics: string }> {
  const running = {} as Record<ServiceName, Running>;
  const databases = {} as Record<ServiceName, string>;
  await using opened = new AsyncDisposableStack();
  for (const { name, calls } of SERVICES) {
    databases[name] = opened.use(await freshUrl(engine)).url;
    running[name] = await startService(name, {
      LOG_LEVEL: "debug",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=${SECRET}`,
      DATABASE_URL: databases[name],
      ...Object.fromEntries(calls.map((callee) => [urlVariableOf(callee), running[callee].url])),
    });
  }
  // One of each, for the operations that need one.
  const ids = {} as Record<string, string>;
  const askAll = async (name: ServiceName) => {
    for (const resource of RESOURCES.filter(({ service }) => service === name)) {
      await askEverything(running[name], resource, ids);
    }
  };
  for (const name of NAMES) await askAll(name);

  // Failures inside the services, while they hold the secrets of the request.
  let metrics = "";
  for (const name of NAMES) {
    const callers = SERVICES.filter(({ calls }) => calls.some((one) => one === name));
    for (const { table } of RESOURCES.filter(({ service }) => service === name)) {
      // No time of a response is that late.
      await change(databases[name], `UPDATE ${table.name} SET created_at = 9000000000000000`);
      await askAll(name);
      await change(databases[name], `DROP TABLE ${table.name}`);
    }
    for (const one of [name, ...callers.map((caller) => caller.name)]) await askAll(one);
    metrics += await (await fetch(`${running[name].url}/metrics`)).text();
    await running[name].stop();
    for (const caller of callers) await askAll(caller.name);
  }
  return { written: NAMES.map((name) => running[name].log()).join(""), metrics };
}

async function change(url: string, text: string): Promise<void> {
  const database = await openDatabase(url);
  await database.write([{ text, values: [] }]);
  await database.close();
}

/** Reads, lists, creates and changes with a secret in every field, valid and invalid. */
async function askEverything(
  running: Running,
  resource: Resource,
  ids: Record<string, string>,
): Promise<void> {
  const { name } = resource.table;
  const path = `/${name}`;
  const body = withIds(newBody(resource, `${SECRET}-${keys}`, ids[resource.table.owner] ?? SECRET));
  const secrets = Object.fromEntries(Object.keys(body).map((field) => [field, SECRET]));
  const created = await fetch(`${running.url}${path}`, json("POST", body));
  const { id = SECRET } = (await created.json()) as { id?: string };
  // What others call this id.
  if (created.ok) ids[`${name.replace(/s$/, "")}_id`] = id;
  const parameters = resource.routes.flatMap(({ operation }) => operation.parameters ?? []);
  for (const parameter of new Set(parameters.map((one) => one.name))) {
    await ask(running, `${path}?${parameter}=${SECRET}`);
    await ask(running, `${path}?${parameter}=${SECRET}@example.com`);
    await ask(running, `${path}/${id}?${parameter}=${SECRET}`);
  }
  const list = routeOf(resource, "GET", false);
  const queries = list ? queriesOf(resource, list, { ...body, ...ids, id }) : [];
  for (const query of queries) await ask(running, `${path}${query}`);
  await ask(running, `${path}/${id}`);
  await ask(running, `${path}/${SECRET}`);
  await ask(running, `${path}?${SECRET}=${SECRET}`);
  await ask(running, `/${SECRET}/${SECRET}?${SECRET}`);
  await ask(running, "/health/ready", { headers: headers() });
  await ask(running, path, json("POST", body, headers()));
  await ask(running, path, json("POST", body, { "idempotency-key": `${SECRET}-${keys++}` }));
  await ask(running, path, json("POST", withIds(body, `${SECRET}-unknown`)));
  await ask(running, path, json("POST", { ...body, [SECRET]: SECRET }));
  await ask(running, path, json("POST", secrets));
  await ask(running, path, { ...json("POST", {}), body: `{"name": "${SECRET}` });
  await ask(running, path, { method: "POST", headers: { "content-type": SECRET }, body: SECRET });
  for (const tag of [undefined, `"${SECRET}"`]) {
    for (const change of [secrets, body]) {
      await ask(running, `${path}/${id}`, json("PATCH", change, tag ? { "if-match": tag } : {}));
    }
  }
  await ask(running, `${path}/${SECRET}`, json("PATCH", secrets));
  await ask(running, `${path}/${SECRET}`, { method: "DELETE", headers: headers() });
  await ask(running, path, { method: "PROPFIND", headers: headers() });

  /** With the ids of what exists, or with this one. */
  function withIds(given: object, other?: string): Record<string, unknown> {
    const members = Object.entries(given).map(([field, value]) => [
      field,
      field.endsWith("_id") ? (other ?? ids[field] ?? value) : value,
    ]);
    return Object.fromEntries(members);
  }
}

function headers(): Record<string, string> {
  return Object.fromEntries(HEADERS.map((name) => [name, `${SECRET} ${name}`]));
}

async function ask({ url }: Running, path: string, init?: RequestInit): Promise<void> {
  await (await fetch(`${url}${path}`, { redirect: "manual", ...init })).text();
}
