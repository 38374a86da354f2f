import { afterAll, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";

import type { Static } from "@sinclair/typebox";
import { Elysia } from "elysia";

import { ask } from "../../tests/support/ask.ts";
import { caller, IDENTITY } from "../../tests/support/callers.ts";
import { temporaryFolder } from "../../tests/support/folders.ts";
import { failure, found, type Stored } from "../resources/answers.ts";
import { door } from "../resources/door.ts";
import { responses } from "../resources/responses.ts";
import { appOf } from "../testing/app.ts";
import { Maker } from "../testing/family.ts";

const TOKEN = "a-token-of-a-scraper-of-32-bytes-or-more";
const nothing = undefined as Stored<Static<typeof Maker>> | undefined;
const missing = failure.notFound("maker");
const routes = new Elysia({ tags: ["things"] })
  .use(door)
  .get("/things", () => found(nothing, missing), {
    needs: "things:read",
    response: responses.read(Maker, missing),
    detail: { operationId: "readThing", summary: "Read", description: "Reads." },
  });

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());
let files = 0;

/** The app with the token of a scraper in a file that holds this. */
async function open(content = TOKEN) {
  files += 1;
  const path = join(folder.path, `token-${files}`);
  await Bun.write(path, content);
  const environment = { ...IDENTITY, METRICS_TOKEN_FILE: path };
  return { path, app: await appOf(routes, { contract: { Maker }, environment }) };
}

type App = Awaited<ReturnType<typeof open>>["app"];
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const statusOf = async (app: App, path: string, headers: Record<string, string>) =>
  (await ask(app, path, { headers })).status;

test("The token in METRICS_TOKEN_FILE reads the metrics, as a token with admin does", async () => {
  const { app } = await open(`${TOKEN}\n`);
  expect(await statusOf(app, "/metrics", bearer(TOKEN))).toBe(200);
  expect(await statusOf(app, "/metrics", await caller("1", "admin"))).toBe(200);
  expect(await statusOf(app, "/metrics", await caller("1"))).toBe(403);
  expect(await statusOf(app, "/metrics", {})).toBe(401);
  for (const other of [`${TOKEN}x`, TOKEN.slice(1), TOKEN.toUpperCase()]) {
    expect(await statusOf(app, "/metrics", bearer(other))).toBe(401);
  }
});

test("The token of a scraper opens nothing else, and counts as no invalid one", async () => {
  const { app } = await open();
  const refused = () =>
    /^tokens_refused_total\{reason="malformed"\} (\d+)$/m.exec(app.metrics.text());
  await statusOf(app, "/metrics", bearer(TOKEN));
  expect(refused()?.[1]).toBe("0");
  for (const path of [
    "/things",
    "/things?x=/metrics",
    "/things#/metrics",
    "//metrics",
    "/metrics/x",
  ]) {
    expect([path, await statusOf(app, path, bearer(TOKEN))]).not.toEqual([path, 200]);
  }
  expect(await statusOf(app, "/things", bearer(TOKEN))).toBe(401);
});

test("The file is read again when it changes, and a broken one is logged once", async () => {
  const { app, path } = await open();
  const next = `${TOKEN}-the-next-one`;
  await Bun.write(path, next);
  expect(await statusOf(app, "/metrics", bearer(TOKEN))).toBe(401);
  expect(await statusOf(app, "/metrics", bearer(next))).toBe(200);
  rmSync(path);
  const warnings = () => app.lines.filter(({ message }) => message.startsWith("METRICS_TOKEN"));
  for (const content of [undefined, "", "x".repeat(31), `${TOKEN}\n${TOKEN}`]) {
    if (content !== undefined) await Bun.write(path, content);
    expect(await statusOf(app, "/metrics", bearer(content?.split("\n")[0] || next))).toBe(401);
    expect(warnings()).toHaveLength(1);
  }
  expect(JSON.stringify(app.lines)).not.toContain(TOKEN);
  await Bun.write(path, TOKEN);
  expect(await statusOf(app, "/metrics", bearer(TOKEN))).toBe(200);
});

test("A start with a file without a token fails, and does not show what is in it", async () => {
  for (const [content, why] of [
    ["", "There is no token in the file"],
    ["x".repeat(31), "The token in the file has fewer than 32 bytes"],
    [`hunter2 ${TOKEN}`, "There is no token in the file"],
  ] as const) {
    await expect(open(content)).rejects.toThrow(`METRICS_TOKEN_FILE: ${why}`);
  }
  const environment = { ...IDENTITY, METRICS_TOKEN_FILE: "/nowhere" };
  await expect(appOf(routes, { contract: { Maker }, environment })).rejects.toThrow(
    "METRICS_TOKEN_FILE: ENOENT",
  );
});

test("A token for metrics that anyone may read is a mistake", async () => {
  for (const given of [{}, { AUTH: "off" }, { ...IDENTITY, METRICS: "open" }]) {
    const environment = { ...given, METRICS_TOKEN_FILE: "/nowhere" };
    await expect(appOf(routes, { environment })).rejects.toThrow(
      "METRICS_TOKEN_FILE: needs METRICS=admin",
    );
  }
});
