/** Provokes every failure that a document has as an example, so that none is only claimed. */
import { describe, expect, jest, test } from "bun:test";
import { join } from "node:path";

import type { Fetch } from "../platform/call/client.ts";
import { type Database, DatabaseUnavailable } from "../platform/database/database.ts";
import { targetsOf } from "../platform/http/admit/request-target.ts";
import type { DocumentedResponse, OpenApiDocument } from "../platform/openapi/document.ts";
import type { MaybePromise } from "../platform/process/and-then.ts";
import type { Provocations } from "../platform/testing.ts";
import { CALLEES, type ServiceName } from "../services.ts";
import { type AppsOptions, openApps } from "./support/apps.ts";
import { ask, problemIn } from "./support/ask.ts";
import { caller, IDENTITY } from "./support/callers.ts";
import { type Asking, documentOf, exampleOf, resolve } from "./support/document.ts";
import { ROOT } from "./support/folders.ts";
import { createSigner, sign } from "./support/issuer.ts";
import { queriesOf, routesOf } from "./support/resources.ts";
import { forEach, NAMES } from "./support/services.ts";

/**
 * A request of the operation that succeeds. Of a read, the one with most in its query, because that
 * may ask another service for more.
 */
async function successOf(document: OpenApiDocument, operation: string): Promise<Asking> {
  const example = await exampleOf(document, operation);
  const route = routesOf(document).find((one) => one.operation.operationId === operation);
  if (route?.method !== "GET") return example;
  const longest = queriesOf({ document }, route, {}).at(-1) ?? "";
  return { ...example, path: `${example.path.split("?")[0]}${longest}` };
}

interface Provocation {
  /** Changes the request that succeeds. */
  change?: (asking: Asking) => Asking;
  /** Sent before it. */
  before?: (asking: Asking) => Asking;
  /** Sent at the same time. */
  beside?: (asking: Asking) => Asking;
  /** Replaces the methods of the database. */
  database?: () => MaybePromise<never>;
  /** Whether the path in the request's URL differs from the one that was sent. */
  isResolved?: boolean;
  /** How much time passes until the response. */
  waitsMs?: number;
  /** The headers of another caller. */
  as?: () => Promise<Record<string, string>>;
  apps?: AppsOptions;
}

const withBody = (body: unknown) => (asking: Asking) => ({ ...asking, body });
const withHeaders = (headers: Record<string, string>) => (asking: Asking) => ({
  ...asking,
  headers,
});
const ofNobody = ({ path, body, ...rest }: Asking) => ({
  ...rest,
  path: path.replace(/(?<=[/=])[12]/, "nobody"),
  body:
    body &&
    JSON.parse(JSON.stringify(body), (name, value) => (name.endsWith("_id") ? "nobody" : value)),
});
const keyed = withHeaders({ "idempotency-key": "k" });
const json = { "content-type": "application/json" };

/** A chunked body, incomplete until `end` closes or errors its stream. */
const unfinished =
  (end: (stream: ReadableStreamDefaultController) => void) => (asking: Asking) => ({
    ...asking,
    headers: { ...json, "transfer-encoding": "chunked" },
    body: new ReadableStream({ start: end }),
  });

const hang: Fetch = (_url, { signal }) =>
  new Promise((_resolve, reject) => {
    if (signal?.aborted) reject(signal.reason as Error);
    signal?.addEventListener("abort", () => reject(signal.reason as Error));
  });

/** The failures of a service that calls this one. */
function ofCall(asked: ServiceName): [string, Provocation][] {
  const environment = { [`${asked.toUpperCase()}_TIMEOUT_MS`]: "1" };
  return [
    [`${asked}_bad_answer`, { apps: { fetch: () => new Response("Hello") } }],
    [`${asked}_unavailable`, { apps: { fetch: () => Promise.reject(new Error("Refused")) } }],
    [`${asked}_timeout`, { apps: { environment, fetch: hang } }],
  ];
}

/** How to provoke each failure that any service can have, by code. */
const PROVOCATIONS: Record<string, Provocation> = {
  invalid_host: { change: withHeaders({ host: "a b" }) },
  invalid_target: { isResolved: true },
  misdirected_request: {
    apps: { environment: { ALLOWED_HOSTS: "localhost" } },
    change: withHeaders({ host: "example.com" }),
  },
  invalid_path: {
    change: ({ path, ...rest }) => ({ ...rest, path: path.replace(/\/[12]/, "/%20") }),
  },
  invalid_query: {
    change: ({ path, ...rest }) => ({ ...rest, path: `${path.split("?")[0]}?x=1` }),
  },
  invalid_headers: {
    change: withHeaders({ "if-match": "x", "if-none-match": "x", "idempotency-key": "a b" }),
  },
  malformed_json: { change: (asking) => ({ ...asking, body: "{", headers: json }) },
  incomplete_body: { change: unfinished((stream) => stream.error(new Error("The client left"))) },
  request_timeout: { change: unfinished(() => {}), waitsMs: 2_000 },
  too_large: { change: withBody({ name: "x".repeat(70_000) }) },
  unsupported_media_type: { change: withHeaders({ "content-type": "text/plain" }) },
  invalid_body: { change: withBody({ x: 1 }) },
  not_found: { change: ofNobody },
  stale: { change: withHeaders({ "if-match": '"9"' }) },
  idempotency_key_in_use: { change: keyed, beside: keyed },
  idempotency_key_reused: {
    before: keyed,
    change: ({ body, ...rest }) => keyed({ ...rest, body: anotherThan(body as object) }),
  },
  internal: {
    database: () => {
      throw new Error("A fault");
    },
  },
  database_unavailable: {
    database: () => {
      throw new DatabaseUnavailable(new Error("Out of reach"));
    },
  },
  ...Object.fromEntries(CALLEES.flatMap(ofCall)),
  overloaded: {
    apps: { environment: { MAX_IN_FLIGHT: "1" } },
    database: () => new Promise<never>(() => {}),
    beside: (asking) => asking,
  },
  malformed_token: { as: async () => ({ authorization: "Bearer a b" }) },
  token_needed: { as: async () => ({}) },
  invalid_token: { as: async () => ({ authorization: "Bearer abc" }) },
  insufficient_scope: { as: () => caller("1", "other") },
  keys_unavailable: {
    as: async () => ({ authorization: `Bearer ${await sign(await createSigner("1"))}` }),
  },
  too_many_requests: {
    apps: { environment: { RATE_LIMIT: "1/60s" } },
    before: (asking) => asking,
  },
};

/** How to provoke the failures of a service's own, by operation and code, from its `testing.ts`. */
const OWN = await forEach(async (name): Promise<Provocations> => {
  const path = join(ROOT, name, "testing.ts");
  if (!(await Bun.file(path).exists())) return {};
  return ((await import(path)) as { provocations: Provocations }).provocations;
});

function provocationOf(
  name: ServiceName,
  operation: string,
  code: string,
): Provocation | undefined {
  const own = OWN[name][operation]?.[code];
  if (own) {
    const { body, query = "", sub, environment = {} } = own;
    const change = ({ path, ...rest }: Asking) => ({
      ...rest,
      path: `${path}${query}`,
      ...(body && { body }),
    });
    const as = sub === undefined ? {} : { as: () => caller(sub) };
    return { change, ...as, apps: { environment } };
  }
  // A missing resource: the requested one, or one that the request names.
  return PROVOCATIONS[code] ?? (code.endsWith("_not_found") ? { change: ofNobody } : undefined);
}

test("Each provocation of a service is of a failure that its document has", () => {
  const known = DOCUMENTS.flat().flatMap(({ name, examples }) =>
    examples.map(([operation, , code]) => `${name}: ${operation} ${code}`),
  );
  for (const name of NAMES) {
    for (const [operation, codes] of Object.entries(OWN[name])) {
      for (const code of Object.keys(codes)) {
        expect(known).toContain(`${name}: ${operation} ${code}`);
      }
    }
  }
});

/** The failures in the document, each as operation, status and code. */
function* examplesIn(document: OpenApiDocument): Generator<[string, number, string]> {
  for (const operations of Object.values(document.paths)) {
    for (const { operationId, responses } of Object.values(operations)) {
      for (const [status, reference] of Object.entries(responses)) {
        const { content } = resolve<DocumentedResponse>(document, reference);
        const examples = content?.["application/problem+json"]?.examples ?? {};
        for (const code of Object.keys(examples)) yield [operationId, Number(status), code];
      }
    }
  }
}

const { AUTH_SECRET: _, ...rest } = IDENTITY;
const KEY_SET = {
  AUTH_JWKS_URL: "http://127.0.0.1:1/",
  ...Object.fromEntries(CALLEES.map((asked) => [`${asked.toUpperCase()}_TOKEN_FILE`, "/nowhere"])),
};

/** Documents by checks. `only` limits the test to a failure that no other variant has. */
const VARIANTS = [
  { checks: "without checks", environment: {} },
  { checks: "with every check", environment: { ...IDENTITY, RATE_LIMIT: "100/60s" } },
  {
    checks: "with keys out of reach",
    environment: { ...rest, ...KEY_SET },
    only: "keys_unavailable",
  },
];

const DOCUMENTS = await Promise.all(
  VARIANTS.map(async ({ checks, environment, only }) => {
    const apps = await openApps({ environment });
    const documents = await forEach((name) => documentOf(apps[name]));
    await apps.close();
    return NAMES.map((name) => {
      const examples = [...examplesIn(documents[name])];
      const shown = examples.filter(([, , code]) => only === undefined || code === only);
      return { name, checks, environment, document: documents[name], examples: shown };
    });
  }),
);

describe.each(DOCUMENTS.flat())("The document of $name $checks", (variant) => {
  const { name, environment, document, examples } = variant;

  test.each(examples)(
    "lists for %s and status %d a failure that occurs: %s",
    async (operation, status, code) => {
      const provocation = provocationOf(name, operation, code);
      const asking = await successOf(document, operation);
      if (!provocation)
        throw new Error(`Add to ${name}/testing.ts what provokes ${code} of ${operation}`);
      const { change = (asking: Asking) => asking, before, beside, database, apps } = provocation;
      const { isResolved, waitsMs } = provocation;
      const opened = await openApps({
        ...apps,
        environment: { ...environment, ...apps?.environment },
      });
      const { as = () => caller("root", "admin") } = provocation;
      const who = "AUTH" in environment ? await as() : {};
      const { handle, routes } = opened[name];
      const asked = isResolved
        ? { handle: targetsOf({ fetch: handle, routes }).fetch }
        : { handle };
      const send = ({ path, headers, ...rest }: Asking) =>
        ask(asked, path, { ...rest, headers: { ...headers, ...who } });
      // Verifies and caches the token, so that concurrent requests reach the handler together.
      await send({ path: "/health/live" });
      if (before) expect((await send(before(asking))).ok).toBe(true);
      if (database) fail(opened[name].database, database);
      const first = beside && send(beside(asking));
      const response = await (waitsMs
        ? later(waitsMs, () => send(change(asking)))
        : send(change(asking)));
      expect([response.status, (await problemIn(response)).code]).toEqual([status, code]);
      if (code !== "overloaded") await first;
      await opened.close();
    },
  );
});

/** Another valid body. */
function anotherThan(body: object): object {
  const [name, text] = Object.entries(body).find(([, value]) => typeof value === "string") ?? [];
  return { ...body, [String(name)]: `${text}x` };
}

function fail(database: Database, how: () => MaybePromise<never>): void {
  database.read = how;
  database.write = how;
}

/** Runs the work and advances fake timers by `ms`. */
async function later<Result>(ms: number, work: () => Promise<Result>): Promise<Result> {
  jest.useFakeTimers();
  const result = work();
  // Until it waits for the timer only.
  for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
  jest.advanceTimersByTime(ms);
  jest.useRealTimers();
  return result;
}
