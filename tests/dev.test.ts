import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
/** `bun run dev` on a fresh clone: what someone new sees first. */
import { appendFileSync, cpSync, existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import { ROOT, temporaryFolder } from "./support/folders.ts";

setDefaultTimeout(120_000);

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());
beforeAll(() => {
  for (const name of ["package.json", "bun.lock", "dev.ts", "shared", "users", "orders"]) {
    cpSync(join(ROOT, name), join(folder.path, name), { recursive: true });
  }
});

test("installs, seeds, starts both, and tells where everything is", async () => {
  await using dev = await startDev();
  await dev.said("Ctrl-C stops both");
  expect(existsSync(join(folder.path, "node_modules", "elysia"))).toBe(true);
  expect(dev.log()).toContain(`http://localhost:${dev.users}/swagger`);
  expect(dev.log()).toContain(`http://localhost:${dev.orders}/swagger`);
  const answer = await fetch(`http://localhost:${dev.orders}/orders?user_id=1`);
  expect(await answer.json()).toMatchObject([{ amount: 100.5 }, { amount: 200.75 }]);
});

test("restarts a service when its sources change, and survives a syntax error", async () => {
  await using dev = await startDev();
  await dev.said("Ctrl-C stops both");
  const file = join(folder.path, "users", "routes.ts");
  const text = await Bun.file(file).text();
  appendFileSync(file, "\nconst = ;\n");
  await dev.said("dev: users ended, and starts again after the next change");
  await Bun.write(file, text.replace('"/users"', '"/people"'));
  await dev.saidTimes(/users +\| .*listening/, 2);
  expect((await fetch(`http://localhost:${dev.users}/people`)).status).toBe(200);
  expect((await fetch(`http://localhost:${dev.orders}/health/live`)).status).toBe(200);
  await Bun.write(file, text);
});

test.each([
  ["the process group, as Ctrl-C does", -1],
  ["the parent alone", 1],
])("SIGINT to %s stops both cleanly", async (_name, sign) => {
  await using dev = await startDev();
  await dev.said("Ctrl-C stops both");
  process.kill(sign * dev.process.pid, "SIGINT");
  expect(await dev.process.exited).toBe(0);
  await dev.ended();
  for (const service of ["users", "orders"]) {
    expect(dev.log()).toMatch(new RegExp(`${service} +\\| .*stopped`));
  }
  for (const port of [dev.users, dev.orders]) expect(await isFree(port)).toBe(true);
});

test.each(["users", "orders"] as const)("a taken port of %s ends everything", async (service) => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as { port: number };
  await using dev = await startDev({ [service]: String(port) });
  expect(await dev.process.exited).toBe(1);
  await dev.ended();
  expect(dev.log()).toContain(`${service}: Port ${port} on 127.0.0.1 is taken. Stop what listens`);
  expect(dev.log()).not.toMatch(/^ +at /m);
  expect(await isFree(service === "users" ? dev.orders : dev.users)).toBe(true);
  taken.close();
});

/** Starts it on free ports, in a process group of its own. */
async function startDev(ports: { users?: string; orders?: string } = {}) {
  const { users = await freePort(), orders = await freePort() } = ports;
  const child = Bun.spawn([process.execPath, "run", "dev"], {
    cwd: folder.path,
    env: { ...process.env, USERS_PORT: users, ORDERS_PORT: orders },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    detached: true,
  });
  let log = "";
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) log += decoder.decode(chunk, { stream: true });
  };
  const ends = Promise.all([read(child.stdout), read(child.stderr)]);
  const until = async (met: () => boolean, what: unknown) => {
    while (!met()) {
      if (child.exitCode !== null) throw new Error(`dev ended before it said ${what}:\n${log}`);
      await Bun.sleep(5);
    }
  };
  return {
    users,
    orders,
    process: child,
    log: () => log,
    said: (text: string) => until(() => log.includes(text), text),
    saidTimes: (pattern: RegExp, times: number) =>
      until(() => (log.match(new RegExp(pattern, "g")) ?? []).length >= times, pattern),
    /** The streams are closed once nothing that it started is left. */
    ended: () => ends,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.exited;
      await ends;
    },
  };
}

async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

function isFree(port: string): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/health/live`).then(
    () => false,
    () => true,
  );
}
