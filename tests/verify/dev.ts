/** `bun run dev` on a fresh clone. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";

import { callSettingsOf } from "../../platform/process/call-variables.ts";
import { readConfig } from "../../platform/process/config.ts";
import { listeningUrl } from "../../platform/process/listening.ts";
import { listed, NAME_WIDTH, type ServiceName, SERVICES } from "../../services.ts";
import { IDENTITY } from "../support/callers.ts";
import { command } from "../support/executables.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";
import { definitionOf } from "../support/services.ts";

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

test.each<[string, Record<string, string>, string]>([
  [
    "a variable that both services read",
    { MAX_BODY_BYTES: "none" },
    "MAX_BODY_BYTES: expected a whole number from 1 to 100000000",
  ],
  [
    "variables of one service",
    { USERS_PORT: "http", ORDERS_DATABASE_URL: "mysql://root:pw@db/x" },
    "USERS_PORT: expected a whole number from 0 to 65535; ORDERS_DATABASE_URL: expected text like " +
      "sqlite://data/orders.db or postgres://user:password@host/name",
  ],
  [
    "one port for both",
    { USERS_PORT: "18080", ORDERS_PORT: "18080" },
    "USERS_PORT and ORDERS_PORT: each service needs its own port, and all have 18080",
  ],
  ["AUTH=on without a secret", { AUTH: "on" }, "AUTH_ISSUER: required with AUTH=on; "],
])("bun run dev prints one line for %s, and starts nothing", async (_what, variables, line) => {
  await using dev = await startDev({}, variables);
  expect(await dev.process.exited).toBe(2);
  await dev.ended();
  const [only, ...more] = linesOf(dev.log());
  expect(only).toStartWith(`dev: ${line}`);
  expect(more).toEqual([]);
  expect(dev.log()).not.toContain("pw");
});

test("bun run dev prints one line for a fault that only a service can find", async () => {
  await Bun.write(join(folder.path, "file"), "");
  const url = (name: string) => `sqlite://${folder.path}/file/${name}.db`;
  await using dev = await startDev(
    {},
    { USERS_DATABASE_URL: url("users"), ORDERS_DATABASE_URL: url("orders") },
  );
  expect(await dev.process.exited).toBe(1);
  await dev.ended();
  const [line, ...more] = linesOf(dev.log());
  expect(line).toMatch(/^dev: Cannot use the database .*Set (?:USERS|ORDERS)_DATABASE_URL/);
  expect(more).toEqual([]);
});

test("bun run dev prints one line if all ports are in use", async () => {
  await using first = await startDev();
  await first.said("Press Ctrl-C to stop");
  await using second = await startDev(first.ports);
  expect(await second.process.exited).toBe(1);
  await second.ended();
  const { users, orders } = first.ports;
  expect(linesOfDev(second.log())).toEqual([
    `dev: port ${users} of users and port ${orders} of orders are in use. Stop what listens there, ` +
      "or set USERS_PORT and ORDERS_PORT to other ports",
  ]);
});

test("Of two at once on the same ports, whichever ends has said why in one line", async () => {
  await using first = await startDev();
  await using second = await startDev(first.ports);
  const both = [first, second];
  const ended = Promise.race(both.map((one) => one.process.exited.then(() => one)));
  const loser = await ended;
  await loser.ended();
  expect(linesOfDev(loser.log())).toHaveLength(1);
  expect(loser.log()).toMatch(/in use\. Stop/);
  expect(loser.log()).not.toMatch(/^ +at /m);
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
  await using dev = await startDev({}, { USERS_DATABASE_URL: memory, ORDERS_DATABASE_URL: memory });
  await dev.said("Press Ctrl-C to stop");
  const alice = `http://localhost:${dev.ports.users}/users/1`;
  expect(await (await fetch(alice)).json()).toMatchObject({ name: "Alice" });
  appendFileSync(join(folder.path, "users", "routes.ts"), "\n");
  await dev.listened("users", 2);
  expect(await (await fetch(alice)).json()).toMatchObject({ name: "Alice" });
});

test("A misspelt variable is named once", async () => {
  await using dev = await startDev({}, { RATE_LIMT: "1/60s", USERS_PROT: "1" });
  await dev.said("Press Ctrl-C to stop");
  expect(
    linesOf(dev.log())
      .filter((line) => line.includes("ignored"))
      .toSorted(),
  ).toEqual([
    "dev: RATE_LIMT is ignored: did you mean RATE_LIMIT?",
    "dev: USERS_PROT is ignored: did you mean USERS_PORT?",
  ]);
});

test("The log is for people: the path, the time, and the service once", async () => {
  await using dev = await startDev();
  await dev.said("Press Ctrl-C to stop");
  await fetch(`http://localhost:${dev.ports.users}/users/nobody?limit=1`, {
    headers: { "x-request-id": "my-request-0123" },
  });
  await dev.said("est-0123");
  const line = logOf("users", dev.log()).find((one) => one.includes("nobody"));
  expect(line).toMatch(
    /^[\d:.]{12} info {2}GET \/users\/nobody 400 [\d.]+ ms code=invalid_query est-0123$/,
  );
  expect(dev.log()).not.toContain("configuration");
});

test("Who has deleted Alice is told how she comes back, and --reset brings her back", async () => {
  const ports = await (async () => {
    await using dev = await startDev();
    await dev.said("Press Ctrl-C to stop");
    const alice = `http://localhost:${dev.ports.users}/users/1`;
    expect((await fetch(alice, { method: "DELETE" })).status).toBe(204);
    return dev.ports;
  })();
  const remedy = "dev: bun run dev --reset loads the demo data again";
  {
    await using dev = await startDev(ports);
    await dev.said("Press Ctrl-C to stop");
    expect(dev.log()).toContain("without Alice (user 1)");
    expect(linesOfDev(dev.log())).toEqual([remedy]);
  }
  const kept = `sqlite://${folder.path}/kept.db`;
  await using dev = await startDev(ports, { ORDERS_DATABASE_URL: kept }, ["--reset"]);
  await dev.said("Press Ctrl-C to stop");
  expect((await fetch(`http://localhost:${ports.users}/users/1`)).status).toBe(200);
  expect(linesOfDev(dev.log())).toEqual([
    "dev: the database of orders is kept, because ORDERS_DATABASE_URL names it",
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

/** The processes that a process has started. */
function childrenOf(pid: number): string[] {
  const found = readdirSync(`/proc/${pid}/task`).flatMap(
    (thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").match(/\d+/g) ?? [],
  );
  return found;
}

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

test.each(["--help", "-h", "help", "--auth --help", "--nope --help"])(
  "bun run dev %s lists every variable and starts nothing",
  async (word) => {
    const { exitCode, stdout, stderr } = await devWith(...word.split(" "));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    for (const { name, port } of SERVICES) {
      expect(stdout).toMatch(new RegExp(`^ +${name.toUpperCase()}_PORT .*\\[${port}\\]$`, "m"));
      expect(stdout).toContain(`[sqlite://data/${name}.db]`);
    }
    expect(stdout).toContain("--reset");
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
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
function logOf(name: ServiceName, log: string): string[] {
  const start = `${name.padEnd(NAME_WIDTH)} | `;
  return log
    .split("\n")
    .flatMap((line) => (line.startsWith(start) ? line.slice(start.length) : []));
}

/** All lines but those of `bun run`. */
function linesOf(log: string): string[] {
  return log
    .trimEnd()
    .split("\n")
    .filter((line) => !/^\$ |^error: script "dev"|^edge-services: /.test(line));
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
        () => logOf(name, log).filter((line) => listeningUrl(line)).length >= times,
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

function isFree(port: string, address = "127.0.0.1"): Promise<boolean> {
  return fetch(`http://${address}:${port}/health/live`).then(
    () => false,
    () => true,
  );
}
