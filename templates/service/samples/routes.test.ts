/** The routes, with authentication. tests/ownership.test.ts tries every operation as another user. */
import { afterEach, beforeEach, expect, test } from "bun:test";

import { NewSample, type Sample } from "../shared/types.ts";
import { openApps } from "../tests/support/apps.ts";
import { ask, pointersOf, problemIn } from "../tests/support/ask.ts";
import { caller, IDENTITY } from "../tests/support/callers.ts";

const [EXAMPLE] = NewSample.examples;
let apps: Awaited<ReturnType<typeof openApps>>;
let headers: Record<string, string>;
beforeEach(async () => {
  apps = await openApps({ environment: IDENTITY });
  headers = await caller(EXAMPLE.user_id);
});
afterEach(() => apps.close());

test("A sample can be created, read, changed and deleted by its user", async () => {
  const made = await ask(apps.samples, "/samples", { headers, body: EXAMPLE });
  expect(made.status).toBe(201);
  const path = made.headers.get("location") ?? "";
  const sample = (await made.json()) as Sample;
  expect(await (await ask(apps.samples, path, { headers })).json()).toEqual(sample);
  const change = { method: "PATCH", headers, body: { title: "New" } };
  expect(await (await ask(apps.samples, path, change)).json()).toMatchObject({ title: "New" });
  expect((await ask(apps.samples, path, { method: "DELETE", headers })).status).toBe(204);
  expect((await ask(apps.samples, path, { headers })).status).toBe(404);
});

test.each(["", " ", "x".repeat(101), 1, null])("The title %j gets a 422", async (title) => {
  const body = { ...EXAMPLE, title };
  const problem = await problemIn(await ask(apps.samples, "/samples", { headers, body }));
  expect([problem.status, pointersOf(problem)]).toEqual([422, ["/title"]]);
});

test("A sample for another user gets a 403, unless an admin creates it", async () => {
  const other = await ask(apps.samples, "/samples", { headers: await caller("2"), body: EXAMPLE });
  expect(await problemIn(other)).toMatchObject({ status: 403, code: "insufficient_scope" });
  const admin = await caller("root", "admin");
  const made = await ask(apps.samples, "/samples", { headers: admin, body: EXAMPLE });
  expect(((await made.json()) as Sample).user_id).toBe(EXAMPLE.user_id);
});
// @each callee

test("A sample for a callee that does not exist gets a 422", async () => {
  const admin = await caller("root", "admin");
  const body = { ...EXAMPLE, callee_id: "nobody" };
  const problem = await problemIn(await ask(apps.samples, "/samples", { headers: admin, body }));
  expect([problem.code, pointersOf(problem)]).toEqual(["callee_not_found", ["/callee_id"]]);
});

test("While callees is unavailable, samples can be read, but not created", async () => {
  const alone = await openApps({ environment: IDENTITY, fetch: unreachable });
  const refused = await ask(alone.samples, "/samples", { headers, body: EXAMPLE });
  expect(await problemIn(refused)).toMatchObject({ status: 503 });
  expect((await ask(alone.samples, "/samples/1", { headers })).status).toBe(200);
  await alone.close();
});
// @end
// @each reference

test("A sample for a callee of another user gets a 422", async () => {
  const body = { ...EXAMPLE, user_id: "2" };
  const options = { headers: await caller("2"), body };
  const problem = await problemIn(await ask(apps.samples, "/samples", options));
  expect([problem.status, problem.detail]).toEqual([
    422,
    expect.stringContaining("does not exist"),
  ]);
});
// @end
// @if callees

function unreachable() {
  return Promise.reject(new TypeError("Unable to connect"));
}
// @end
