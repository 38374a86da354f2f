/** `bun run dev` on a fresh clone. */
import { Database as Sqlite } from "bun:sqlite";
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";

import { callSettingsOf } from "../../platform/process/call-variables.ts";
import { readConfig } from "../../platform/process/config.ts";
import { SERVICES } from "../../services.ts";
import { openApps } from "../support/apps.ts";
import { IDENTITY } from "../support/callers.ts";
import {
  childrenOf,
  freshClone,
  isFree,
  linesOfDev,
  logOf,
  startDev as start,
} from "../support/dev.ts";
import { ALL, FIRST, LIST, NONE, ONE, TABLE } from "../support/first.ts";
import { ROOT } from "../support/folders.ts";
import { resourcesOf } from "../support/resources.ts";
import { definitionOf, NAMES } from "../support/services.ts";

setDefaultTimeout(120_000);

const LAST = NAMES.at(-1) ?? FIRST;
const folder = freshClone();
afterAll(() => folder[Symbol.dispose]());

const startDev = start.bind(undefined, folder.path);

/** The first of the demo data of each service, and where it is. */
async function demoOf({ ports }: Awaited<ReturnType<typeof startDev>>) {
  const apps = await openApps();
  const demo = await Promise.all(
    (await resourcesOf()).map(async ({ service, table }) => {
      const path = `/${table.name}/1`;
      const body = await (
        await apps[service].handle(new Request(`http://localhost${path}`))
      ).json();
      return { url: `http://localhost:${ports[service]}${path}`, body };
    }),
  );
  await apps.close();
  return demo;
}

test("bun run dev installs, seeds, starts all services and prints their URLs in order", async () => {
  await using dev = await startDev();
  await dev.said("Press Ctrl-C to stop");
  expect(existsSync(join(folder.path, "node_modules", "elysia"))).toBe(true);
  const told = Array.from(
    dev.log().matchAll(/^ {2}(\S+) .*Swagger UI: (\S+)$/gm),
    ([, ...it]) => it,
  );
  expect(told).toEqual(NAMES.map((name) => [name, `http://localhost:${dev.ports[name]}/swagger`]));
  for (const { url, body } of await demoOf(dev))
    expect(await (await fetch(url)).json()).toEqual(body);
  // No colors: the output is not a terminal.
  expect(dev.log()).not.toContain("\x1b[");
});

test("bun run dev --auth turns authentication on and prints tokens", async () => {
  await using dev = await startDev({}, {}, ["--auth"]);
  await dev.said("Press Ctrl-C to stop");
  const demo = await demoOf(dev);
  for (const { url } of demo) expect((await fetch(url)).status).toBe(401);
  const tokens = Array.from(dev.log().matchAll(/^[\w-]+\.[\w-]+\.[\w-]+$/gm), ([token]) => token);
  expect(tokens).toHaveLength(2);
  for (const token of tokens) {
    for (const { url, body } of demo) {
      const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
      expect(await answer.json()).toEqual(body);
    }
  }
});

test("bun run dev restarts a service when its source changes, and survives a syntax error", async () => {
  await using dev = await startDev();
  await dev.said("Press Ctrl-C to stop");
  const file = join(folder.path, FIRST, "routes.ts");
  const text = await Bun.file(file).text();
  appendFileSync(file, "\nconst = ;\n");
  await dev.said(`dev: ${FIRST} ended and will be started again after the next change`);
  await Bun.write(file, text.replaceAll(`"${ALL}`, '"/elsewhere'));
  await dev.listened(FIRST, 2);
  expect(
    (await fetch(`http://localhost:${dev.ports[FIRST]}${LIST.replace(ALL, "/elsewhere")}`)).status,
  ).toBe(200);
  for (const port of Object.values(dev.ports)) {
    expect((await fetch(`http://localhost:${port}/health/live`)).status).toBe(200);
  }
  await Bun.write(file, text);
});

test.each([
  ["the process group, as Ctrl-C sends it,", -1],
  ["only the parent", 1],
])("SIGINT to %s stops all services cleanly", async (_name, sign) => {
  await using dev = await startDev();
  await dev.said("Press Ctrl-C to stop");
  process.kill(sign * dev.process.pid, "SIGINT");
  expect(await dev.process.exited).toBe(0);
  await dev.ended();
  for (const service of NAMES) {
    expect(dev.log()).toMatch(new RegExp(`${service} +\\| .*stopped`));
  }
  for (const port of Object.values(dev.ports)) expect(await isFree(port)).toBe(true);
});

test("bun run dev with AUTH=on in the environment listens on this machine alone", async () => {
  const { HOST: _, ...identity } = { HOST: "", ...IDENTITY };
  await using dev = await startDev({}, identity);
  await dev.said("Press Ctrl-C to stop");
  const addresses = Object.values(networkInterfaces()).flat();
  const other = addresses.find((one) => one?.family === "IPv4" && !one.internal)?.address;
  for (const port of Object.values(dev.ports)) {
    expect((await fetch(`http://localhost:${port}/health/live`)).status).toBe(200);
    if (other) expect(await isFree(port, other)).toBe(true);
  }
  expect(dev.log()).toMatch(/^ {2}Set: .*AUTH=on .*AUTH_SECRET=\*\*\*/m);
  expect(dev.log()).not.toContain(identity.AUTH_SECRET);
});

test("A database in memory is seeded, and again after each reload", async () => {
  const memory = "sqlite://:memory:";
  await using dev = await startDev(
    {},
    Object.fromEntries(NAMES.map((name) => [`${name.toUpperCase()}_DATABASE_URL`, memory])),
  );
  await dev.said("Press Ctrl-C to stop");
  const one = `http://localhost:${dev.ports[FIRST]}${ONE}`;
  expect(await (await fetch(one)).json()).toMatchObject({ id: "1" });
  appendFileSync(join(folder.path, FIRST, "routes.ts"), "\n");
  await dev.listened(FIRST, 2);
  expect(await (await fetch(one)).json()).toMatchObject({ id: "1" });
});

test("The log is for people: the path, the time, and the service once", async () => {
  await using dev = await startDev();
  await dev.said("Press Ctrl-C to stop");
  await fetch(`http://localhost:${dev.ports[FIRST]}${NONE}?limit=1`, {
    headers: { "x-request-id": "my-request-0123" },
  });
  await dev.said("est-0123");
  const line = logOf(FIRST, dev.log()).find((one) => one.includes("nobody"));
  expect(line).toMatch(
    new RegExp(`^[\\d:.]{12} info {2}GET ${NONE} 400 [\\d.]+ ms code=invalid_query est-0123$`),
  );
  expect(dev.log()).not.toContain("configuration");
});

test("Who has deleted demo data is told how it comes back, and --reset brings it back", async () => {
  const ports = await (async () => {
    await using dev = await startDev();
    await dev.said("Press Ctrl-C to stop");
    const one = `http://localhost:${dev.ports[FIRST]}${ONE}`;
    expect((await fetch(one)).status).toBe(200);
    return dev.ports;
  })();
  // By SQL, because not every service has an operation for it.
  const database = new Sqlite(join(folder.path, "data", `${FIRST}.db`));
  database.run(`DELETE FROM ${TABLE} WHERE id = '1'`);
  database.close();
  const remedy = "dev: bun run dev --reset loads the demo data again";
  {
    await using dev = await startDev(ports);
    await dev.said("Press Ctrl-C to stop");
    expect(dev.log()).toMatch(/without .+/);
    expect(linesOfDev(dev.log())).toEqual([remedy]);
  }
  const kept = `sqlite://${folder.path}/kept.db`;
  await using dev = await startDev(ports, { [`${LAST.toUpperCase()}_DATABASE_URL`]: kept }, [
    "--reset",
  ]);
  await dev.said("Press Ctrl-C to stop");
  expect((await fetch(`http://localhost:${ports[FIRST]}${ONE}`)).status).toBe(200);
  expect(linesOfDev(dev.log())).toEqual([
    `dev: the database of ${LAST} is kept, because ${LAST.toUpperCase()}_DATABASE_URL names it`,
  ]);
});

test.each(["bun run dev", "the script itself"])(
  "SIGKILL of %s leaves no service behind",
  async (which) => {
    await using dev = await startDev();
    await dev.said("Press Ctrl-C to stop");
    const script = Number(childrenOf(dev.process.pid)[0]);
    expect(childrenOf(script)).toHaveLength(NAMES.length);
    process.kill(which === "bun run dev" ? dev.process.pid : script, "SIGKILL");
    // Resolves when no process is left that could write.
    await dev.ended();
    for (const port of Object.values(dev.ports)) expect(await isFree(port)).toBe(true);
  },
);

test("With --inspect each service has a debugger, and a call waits while it stops one", async () => {
  await using dev = await startDev({}, {}, ["--inspect"]);
  await dev.said("Press Ctrl-C to stop");
  for (const name of NAMES)
    expect(dev.log()).toMatch(new RegExp(`debugger: https://.*/${name}$`, "m"));
  const environments = childrenOf(Number(childrenOf(dev.process.pid)[0])).map((pid) =>
    readFileSync(`/proc/${pid}/environ`, "utf8").split("\0"),
  );
  expect(environments).toHaveLength(NAMES.length);
  for (const { calls } of SERVICES) {
    for (const callee of calls) {
      const limits = ["TIMEOUT_MS", "ATTEMPT_TIMEOUT_MS"].map(
        (limit) => `${callee.toUpperCase()}_${limit}=240000`,
      );
      const patient = environments.filter((one) => limits.every((limit) => one.includes(limit)));
      expect(patient.length).toBeGreaterThan(0);
    }
  }
});

test("The launch configurations start every service, and let a call wait for a debugger", async () => {
  const text = await Bun.file(join(ROOT, ".vscode", "launch.json")).text();
  const { configurations } = JSON.parse(text) as {
    configurations: { name: string; program: string; env: Record<string, string> }[];
  };
  for (const { name, calls } of SERVICES) {
    const { program, env } = configurations.find((one) => one.name === name) ?? {};
    expect(program).toEndWith(`/${name}/main.ts`);
    const config = readConfig((await definitionOf(name)).config, env ?? {});
    for (const callee of calls) {
      const { timeoutMs, attemptTimeoutMs } = callSettingsOf(callee, config);
      expect([timeoutMs, attemptTimeoutMs]).toEqual([240_000, 240_000]);
    }
  }
});
