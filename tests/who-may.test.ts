/** Authorization: every operation, as the routes declare it, with every kind of caller. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { UnsecuredJWT } from "jose";

import { needsOf, type Scope } from "../platform/http/security.ts";
import { scopesOf } from "../platform/identity/scopes.ts";
import { createLog } from "../platform/process/log.ts";
import { CALLEES, SERVICES } from "../services.ts";
import { openApps } from "./support/apps.ts";
import { ask, problemIn } from "./support/ask.ts";
import { caller, IDENTITY } from "./support/callers.ts";
import { documentOf, exampleOf } from "./support/document.ts";
import { AUDIENCE, createSigner, ISSUER, sign } from "./support/issuer.ts";
import { bodiesOf, queriesOf, resourcesOf } from "./support/resources.ts";
import { forEach, NAMES } from "./support/services.ts";

interface Kind {
  headers?: () => Promise<Record<string, string>>;
  /** Added to the path. */
  query?: string;
  status: number;
  code: string;
  challenge: string;
}

const INVALID = { status: 401, code: "invalid_token", challenge: ', error="invalid_token"' };
const NEEDED = { status: 401, code: "token_needed", challenge: "" };
const MALFORMED = { status: 400, code: "malformed_token", challenge: ', error="invalid_request"' };

const SECONDS = Math.floor(Date.now() / 1000);
const forged = (claims: Record<string, unknown>, header: Record<string, unknown> = {}) =>
  caller("1", "admin", { claims, header });
const bearer = async (token: string | Promise<string>) => ({
  authorization: `Bearer ${await token}`,
});

/** Callers without a valid token. */
const NOBODY: Record<string, Kind> = {
  "without a token": NEEDED,
  "with credentials of another kind": {
    ...NEEDED,
    headers: async () => ({ authorization: "Basic MTox" }),
  },
  "with a token in the query": { ...NEEDED, query: "access_token=abc" },
  "with garbage": { ...INVALID, headers: () => bearer("garbage") },
  "with nothing after the scheme": { ...MALFORMED, headers: () => bearer("") },
  "with two tokens": {
    ...MALFORMED,
    headers: async () => {
      const { authorization } = await caller("1", "admin");
      return { authorization: `${authorization}, ${authorization}` };
    },
  },
  "with an expired token": { ...INVALID, headers: () => forged({ exp: SECONDS - 60 }) },
  "with a token that never expires": { ...INVALID, headers: () => forged({ exp: undefined }) },
  "with a token that is not yet valid": {
    ...INVALID,
    headers: () => forged({ nbf: SECONDS + 600 }),
  },
  "with a token from another issuer": { ...INVALID, headers: () => forged({ iss: `${ISSUER}x` }) },
  "with a token for another audience": { ...INVALID, headers: () => forged({ aud: "other" }) },
  "with a token of another type": { ...INVALID, headers: () => forged({}, { typ: "id+jwt" }) },
  "with a critical header": { ...INVALID, headers: () => forged({}, { crit: ["x"], x: 1 }) },
  "with a token signed with another secret": {
    ...INVALID,
    headers: () => bearer(sign({ alg: "HS256", privateKey: Buffer.alloc(32, "x") })),
  },
  "with a token signed with another algorithm": {
    ...INVALID,
    headers: () => bearer(sign({ alg: "HS512", privateKey: Buffer.alloc(64, "x") })),
  },
  "with a token signed with the caller's own key": {
    ...INVALID,
    headers: async () => bearer(sign(await createSigner("own", "RS256"))),
  },
  "with an unsigned token": {
    ...INVALID,
    headers: () => {
      const token = new UnsecuredJWT({ iss: ISSUER, aud: AUDIENCE, sub: "1", scope: "admin" });
      return bearer(token.setExpirationTime("1h").encode());
    },
  },
};

/** The scopes that the services declare, by operation. */
const RESOURCES = await resourcesOf(IDENTITY);
const apps = await openApps({ environment: IDENTITY });
const DOCUMENTS = await forEach((name) => documentOf(apps[name]));
const OPERATIONS = NAMES.flatMap((name) =>
  Array.from(needsOf(apps[name]), ([operation, needs]) => ({ name, operation, needs })),
);
await apps.close();
const NEEDING = OPERATIONS.flatMap(({ name, operation, needs = [] }) =>
  needs.length > 0 ? [{ name, operation, needs }] : [],
);

const REQUESTS = await Promise.all(
  NEEDING.map(async (needing) => {
    const { name, operation } = needing;
    const [method = "", path = ""] = operation.split(" ");
    const operations = DOCUMENTS[name].paths[path.replace(":id", "{id}")];
    const shown = operations?.[method.toLowerCase()];
    const example = shown && (await exampleOf(DOCUMENTS[name], shown.operationId));
    return { ...needing, path, body: example?.body, ...example };
  }),
);

/**
 * The subject that may do what the example of an operation does: the owner of the resource, or whoever
 * the body names. A creation that names nobody makes a caller own what it does not have yet.
 */
async function subjectFor(
  apps: Awaited<ReturnType<typeof openApps>>,
  { name, operation, path, body }: (typeof REQUESTS)[number],
): Promise<string> {
  const table = RESOURCES.find((one) => one.table.name === operation.split("/")[1])?.table;
  if (!table) return "1";
  if (operation.startsWith("POST"))
    return table.ownerOf({ [table.owner]: "new", ...(body as object) });
  const found = await ask(apps[name], path.replace(/\?.*/, ""), {
    headers: await caller("root", "admin"),
  });
  return found.ok && path.includes("/", 1) ? table.ownerOf((await found.json()) as object) : "1";
}

/** The requests to try: the example, a read with each query, and a change to each word. */
function attemptsOf({ operation, path, body }: (typeof REQUESTS)[number]) {
  const resource = RESOURCES.find((one) => one.table.name === operation.split("/")[1]);
  const route = resource?.routes.find(
    (one) => `${one.method} ${one.path.replace("{id}", ":id")}` === operation,
  );
  if (!resource || !route) return [{ path, body }];
  const queries =
    path.includes("?") || route.method !== "GET" ? [""] : queriesOf(resource, route, {});
  const bodies = route.method === "POST" ? [body] : bodiesOf(resource, route);
  return queries.flatMap((query) => bodies.map((body) => ({ path: `${path}${query}`, body })));
}

test("Every route declares the scopes that it needs", () => {
  const silent = OPERATIONS.filter(({ needs }) => needs === undefined);
  expect(silent.map(({ name, operation }) => `${name}: ${operation}`)).toEqual([]);
  expect(NEEDING.length).toBeGreaterThan(NAMES.length);
});

test("A service that others call accepts the scope to read any resource by id", () => {
  for (const name of CALLEES) {
    const needs = OPERATIONS.find(({ operation }) => operation === `GET /${name}/:id`)?.needs;
    expect(needs).toContain(`${name}:read:any`);
  }
});

test("Only the routes of health, documents and unknown methods need no token", () => {
  for (const { operation, needs } of OPERATIONS) {
    if (needs?.length !== 0) continue;
    expect(operation).toMatch(/^(?:GET \/(?:health\b|swagger\b|$)|ALL )/);
  }
});

test("The documents declare the scopes that are enforced", async () => {
  const opened = await openApps({ environment: IDENTITY });
  for (const name of NAMES) {
    const { paths } = await documentOf(opened[name]);
    const enforced = needsOf(opened[name]);
    for (const [path, operations] of Object.entries(paths)) {
      for (const [method, { security = [] }] of Object.entries(operations)) {
        const route = `${method.toUpperCase()} ${path.replace("{id}", ":id")}`;
        const declared = security.flatMap((one) => one["bearer"] ?? []);
        expect([route, ...declared]).toEqual([route, ...(enforced.get(route) ?? [])]);
      }
    }
  }
  await opened.close();
});

describe.each(REQUESTS)("$operation of $name", (request) => {
  const { name, operation, needs, path, body } = request;
  const [method = ""] = operation.split(" ");
  let opened: Awaited<ReturnType<typeof openApps>>;
  const lines: Record<string, unknown>[] = [];
  beforeAll(async () => {
    const log = createLog({ service: name, write: (line) => lines.push(JSON.parse(line)) });
    opened = await openApps({ environment: IDENTITY, log });
  });
  afterAll(() => opened.close());

  function send(headers: Record<string, string> = {}, query = "") {
    const joined = query && `${path.includes("?") ? "&" : "?"}${query}`;
    return ask(opened[name], `${path}${joined}`, { method, headers, body });
  }

  test.each(Object.entries(NOBODY))("rejects a request %s", async (_kind, kind) => {
    lines.length = 0;
    const headers = await kind.headers?.();
    const response = await send(headers, kind.query);
    expect(response.headers.get("www-authenticate")).toBe(
      `Bearer realm="${name}"${kind.challenge}`,
    );
    expect(await problemIn(response)).toMatchObject({ status: kind.status, code: kind.code });
    const token = headers?.["authorization"]?.slice(-30);
    const told = lines.map(({ message }) => message).filter((message) => message !== "request");
    expect(told).toEqual(["refused"]);
    if (token) expect(JSON.stringify(lines)).not.toContain(token);
  });

  test("rejects a caller with every other scope", async () => {
    const others = Object.keys(scopesOf(SERVICES)).filter(
      (scope) => !needs.includes(scope as Scope),
    );
    const response = await send(await caller("1", [...others, "other"].join(" ")));
    expect(response.headers.get("www-authenticate")).toBe(
      `Bearer realm="${name}", error="insufficient_scope", scope="${needs[0]}"`,
    );
    expect(await problemIn(response)).toMatchObject({
      code: "insufficient_scope",
      detail: `The token lacks the scope ${needs[0]}`,
    });
  });

  test.each([...needs])("accepts a caller with scope %s", async (scope) => {
    const statuses: number[] = [];
    for (const { path, body } of attemptsOf(request)) {
      const fresh = await openApps({ environment: IDENTITY });
      const headers = await caller(await subjectFor(fresh, request), scope);
      statuses.push((await ask(fresh[name], path, { method, headers, body })).status);
      await fresh.close();
    }
    // Of the words of a body, one may be for admins, and another not allow the next. Whoever may
    // read any of these resources may not therefore read what one can be expanded with.
    const all = method === "GET" && !scope.endsWith(":any");
    const accepted = statuses.filter((status) => status < 300).length;
    expect(accepted).toBeGreaterThanOrEqual(all ? statuses.length : 1);
  });
});
