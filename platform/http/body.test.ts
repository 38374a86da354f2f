import { expect, test } from "bun:test";

import { Elysia } from "elysia";

import { ask, problemIn } from "../../tests/support/ask.ts";
import { openSqlite } from "../database/sqlite.ts";
import { noAuthorization } from "../identity/authorize.ts";
import { silent } from "../process/log.ts";
import { createMetrics } from "../process/metrics.ts";
import { BODY_BYTES_DEFAULT } from "../process/variables.ts";
import { checkedRoutes } from "../resources/checked-routes.ts";
import { NewMaker } from "../testing/family.ts";
import { strictBody } from "./body.ts";
import { createFailureLog } from "./failure-log.ts";
import { createCreations } from "./idempotency.ts";
import { observe } from "./observe.ts";
import { createRender, type Render, standard } from "./problem.ts";
import { OPEN } from "./security.ts";

const database = await openSqlite(":memory:");

const routes = new Elysia({ normalize: false }).post("/makers", ({ body }) => body, {
  ...strictBody(NewMaker, BODY_BYTES_DEFAULT),
  response: { 200: NewMaker },
  detail: OPEN,
});

function open(thrown: unknown[] = []) {
  const rendered = createRender(createFailureLog({ log: silent }));
  const render: Render = (request, error) => {
    thrown.push(error);
    return rendered(request, error);
  };
  const served = checkedRoutes(routes, {
    realm: "makers",
    authorization: noAuthorization,
    creations: createCreations({ database, now: Date.now }),
    render,
  });
  const { fetch } = new Elysia({ normalize: false }).use(standard(render)).use(served);
  const handle = observe(fetch, {
    log: silent,
    render,
    logRequests: "off",
    metrics: createMetrics(),
    paths: [],
    draining: () => false,
  });
  return { handle };
}

const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

async function codeOf(body: string): Promise<string> {
  const { status, code, detail } = await problemIn(await ask(open(), "/makers", { body }));
  return `${status} ${code}: ${detail}`;
}

test("A body with more than sixteen levels is rejected, even if it is incomplete", async () => {
  const read = "422 invalid_body: The body does not match its schema";
  const refused = "400 malformed_json: The body is nested too deep";
  expect(await codeOf(nested(16))).toBe(read);
  expect(await codeOf(`{"a":${nested(15)},"b":${nested(15)}}`)).toBe(read);
  expect(await codeOf(nested(17))).toBe(refused);
  expect(await codeOf(`{"a":[${nested(14)},${nested(15)},${nested(16)}]}`)).toBe(refused);
  expect(await codeOf("[".repeat(BODY_BYTES_DEFAULT))).toBe(refused);
  expect(await codeOf('{"a":'.repeat(13_000))).toBe(refused);
});

test("Brackets in a JSON string do not count as levels, however they are escaped", async () => {
  for (const name of ["[".repeat(100), '"[{'.repeat(30), '\\"[['.repeat(20), "\\\\".repeat(40)]) {
    const body = { name, email: "a@example.com" };
    const answer = await ask(open(), "/makers", { body });
    expect([answer.status, await answer.json()]).toEqual([200, body]);
  }
});

test("No error message contains the rejected body", async () => {
  const thrown: unknown[] = [];
  const body = { name: "Alice", email: "a secret that was typed into the wrong field" };
  const problem = await problemIn(await ask(open(thrown), "/makers", { body }));
  expect(problem).toMatchObject({ status: 422, code: "invalid_body" });
  expect(problem.errors).toEqual([
    { pointer: "/email", detail: "Expected text of 3 to 254 characters like alice@example.com" },
  ]);
  expect(thrown).toHaveLength(1);
  expect(Bun.inspect(thrown)).not.toContain("secret");
  expect(JSON.stringify(thrown)).not.toContain("secret");
});
