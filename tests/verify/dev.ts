/** `bun run dev` on a fresh clone. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, cpSync, existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import { listeningUrl } from "../../platform/process/listening.ts";
import { listed, NAME_WIDTH, type ServiceName, SERVICES } from "../../services.ts";
import { command } from "../support/executables.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";

setDefaultTimeout(120_000);

const NAMES = SERVICES.map(({ name }) => name);

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());
beforeAll(() => {
  for (const name of [
    "package.json",
    "bun.lock",
    "dev",
    "prepare.js",
    "services.ts",
    "shared",
    "platform",
    ...NAMES,
  ]) {
    cpSync(join(ROOT, name), join(folder.path, name), { recursive: true });
  }
});

test("bun run dev installs, seeds, starts all services and prints their URLs in order", async () => {
  await using dev = await startDev();
  await dev.said("Press Ctrl-C to stop");
  expect(existsSync(join(folder.path, "node_modules", "elysia"))).toBe(true);
  const told = Array.from(
    dev.log().matchAll(/^ {2}(\S+) .*Swagger UI: (\S+)$/gm),
    ([, ...it]) => it,
  );
  expect(told).toEqual(NAMES.map((name) => [name, `http://localhost:${dev.ports[name]}/swagger`]));
  const answer = await fetch(`http://localhost:${dev.ports.orders}/orders?user_id=1`);
  expect(await answer.json()).toMatchObject([{ amount: 100.5 }, { amount: 200.75 }]);
  // No colors: the output is not a terminal.
  expect(dev.log()).not.toContain("\x1b[");
});

test("bun run dev --auth turns authentication on and prints tokens", async () => {
  await using dev = await startDev({}, {}, ["--auth"]);
  await dev.said("Press Ctrl-C to stop");
  const url = `http://localhost:${dev.ports.orders}/orders?user_id=1`;
  expect((await fetch(url)).status).toBe(401);
  const tokens = Array.from(dev.log().matchAll(/^[\w-]+\.[\w-]+\.[\w-]+$/gm), ([token]) => token);
  expect(tokens).toHaveLength(2);
  for (const token of tokens) {
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    expect(await answer.json()).toMatchObject([{ amount: 100.5 }, { amount: 200.75 }]);
  }
});

test("bun run dev restarts a service when its source changes, and survives a syntax error", async () => {
  await using dev = await startDev();
  await dev.said("Press Ctrl-C to stop");
  const file = join(folder.path, "users", "routes.ts");
  const text = await Bun.file(file).text();
  appendFileSync(file, "\nconst = ;\n");
  await dev.said("dev: users ended and will be started again after the next change");
  await Bun.write(file, text.replace('"/users"', '"/people"'));
  await dev.listened("users", 2);
  expect((await fetch(`http://localhost:${dev.ports.users}/people`)).status).toBe(200);
  expect((await fetch(`http://localhost:${dev.ports.orders}/health/live`)).status).toBe(200);
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

test.each(NAMES)(
  "bun run dev prints one line that names the variable if the port of %s is in use",
  async (service) => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as { port: number };
    await using dev = await startDev({ [service]: String(port) });
    expect(await dev.process.exited).toBe(1);
    await dev.ended();
    expect(linesOfDev(dev.log())).toEqual([
      `dev: port ${port} of ${service} is in use. Stop the process that listens there, or set ` +
        `${service.toUpperCase()}_PORT to another port`,
    ]);
    for (const name of NAMES.filter((name) => name !== service)) {
      expect(await isFree(dev.ports[name])).toBe(true);
    }
    taken.close();
  },
);

test("bun run dev exits if a service fails to start, and the service prints why", async () => {
  await using dev = await startDev({}, { MAX_BODY_BYTES: "none" });
  expect(await dev.process.exited).toBe(2);
  await dev.ended();
  expect(dev.log()).toContain("| users: MAX_BODY_BYTES: expected a whole number");
  expect(dev.log()).not.toMatch(/^ +at /m);
});

test("bun run dev ignores DATABASE_URL and prints which variables to set instead", async () => {
  const given = "sqlite://elsewhere.db";
  const own = `sqlite://${folder.path}/of-users.db`;
  const variables = { DATABASE_URL: given, USERS_DATABASE_URL: own };
  await using dev = await startDev({}, variables);
  await dev.said("Press Ctrl-C to stop");
  expect(linesOfDev(dev.log())).toEqual([
    "dev: DATABASE_URL is ignored, because each service needs its own: set " +
      `${listed(NAMES.map((name) => `${name.toUpperCase()}_DATABASE_URL`))}`,
  ]);
  expect(existsSync(join(folder.path, "elsewhere.db"))).toBe(false);
  expect(existsSync(join(folder.path, "of-users.db"))).toBe(true);
});

test.each(["--help", "-h", "help"])(
  "bun run dev %s lists every variable and starts nothing",
  async (word) => {
    const { exitCode, stdout, stderr } = await devWith(word);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    for (const { name, port } of SERVICES) {
      expect(stdout).toMatch(new RegExp(`^ +${name.toUpperCase()}_PORT .*\\[${port}\\]$`, "m"));
      expect(stdout).toContain(`[sqlite://data/${name}.db]`);
    }
    expect(stdout).toContain("delete the folder data");
  },
);

test.each(["--watch", "users"])(
  "bun run dev prints one line and exits with 2 for the unknown argument %s",
  async (word) => {
    const outcome = await devWith(word);
    const stderr = `dev: unknown argument "${word}". See bun run dev --help\n`;
    expect(outcome).toEqual({ exitCode: 2, stdout: "", stderr });
    expect(await devWith("--auth", word)).toEqual(outcome);
  },
);

function devWith(...words: string[]) {
  return command([process.execPath, join(folder.path, "dev", "main.ts"), ...words]);
}

/** The log lines of a service. */
function linesOf(name: ServiceName, log: string): string[] {
  const start = `${name.padEnd(NAME_WIDTH)} | `;
  return log
    .split("\n")
    .flatMap((line) => (line.startsWith(start) ? line.slice(start.length) : []));
}

/** The lines that dev itself prints. */
function linesOfDev(log: string): string[] {
  return log.split("\n").filter((line) => line.startsWith("dev: "));
}

/** Starts dev on free ports, in its own process group. */
async function startDev(
  given: Partial<Ports> = {},
  environment: Record<string, string> = {},
  words: readonly string[] = [],
) {
  const ports = {} as Ports;
  for (const name of NAMES) ports[name] = given[name] ?? (await freePort());
  const variables = Object.entries(ports).map(([name, port]) => [
    `${name.toUpperCase()}_PORT`,
    port,
  ]);
  const child = Bun.spawn([process.execPath, "run", "dev", ...words], {
    cwd: folder.path,
    env: { ...process.env, ...Object.fromEntries(variables), ...environment },
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
  const until = async (met: () => boolean, what: string) => {
    while (!met()) {
      if (child.exitCode !== null) throw new Error(`dev ended before it said ${what}:\n${log}`);
      await Bun.sleep(5);
    }
  };
  return {
    ports,
    process: child,
    log: () => log,
    said: (text: string) => until(() => log.includes(text), text),
    listened: (name: ServiceName, times: number) =>
      until(
        () => linesOf(name, log).filter((line) => listeningUrl(line)).length >= times,
        `that ${name} listens`,
      ),
    /** Resolves when all processes that dev started have exited and closed the streams. */
    ended: () => ends,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.exited;
      await ends;
    },
  };
}

type Ports = Record<ServiceName, string>;

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
