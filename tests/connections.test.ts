/** The maximum number of connections, of a process and in the files for containers. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { join } from "node:path";

import { ceilingOf } from "../platform/process/connections.ts";
import { ROOT, temporaryFolder } from "./support/folders.ts";
import { openConnection } from "./support/kept-connection.ts";
import { limitMemory } from "./support/memory-limit.ts";
import { EXECUTABLES, type Running, startService } from "./support/processes.ts";
import { FIRST } from "./support/services.ts";

setDefaultTimeout(60_000);

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const PROGRAM = EXECUTABLES
  ? [join(EXECUTABLES, FIRST)]
  : [process.execPath, join(ROOT, FIRST, "main.ts")];

/** Starts a service after a shell command such as `ulimit -n 256`. */
function start(before: string, environment: Record<string, string> = {}): Promise<Running> {
  const words = ["sh", "-c", `${before}; exec "$0" "$@"`, ...PROGRAM];
  return startService(FIRST, { DATABASE_URL: "sqlite://:memory:", ...environment }, words);
}

/** Waits for the line about connections, and returns it. */
async function ceilingIn(running: Running): Promise<Record<string, unknown>> {
  for (;;) {
    const line = /^\{.*"message":"connections .*\}$/m.exec(running.log())?.[0];
    if (line !== undefined) return JSON.parse(line) as Record<string, unknown>;
    await Bun.sleep(10);
  }
}

describe.if(process.platform === "linux")("A service", () => {
  test("accepts the configured number of connections and a few more, and says so once", async () => {
    const running = await start(":", { MAX_CONNECTIONS: "100" });
    const line = { level: "info", message: "connections limited" };
    expect(await ceilingIn(running)).toMatchObject({
      ...line,
      max_connections: 100,
      by: "MAX_CONNECTIONS",
    });
    const port = Number(new URL(running.url).port);
    const kept = await Promise.all(Array.from({ length: 100 }, () => openConnection(port)));
    const sockets: Socket[] = [];
    let answers = 0;
    for (let n = 0; n < 100; n += 1) {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {}).on("data", () => (answers += 1));
      socket.write("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
      sockets.push(socket);
    }
    for (let round = 0; round < 10; round += 1) {
      for (const { ask } of kept) expect(await ask("/health/live")).toBe(200);
    }
    // Those that the service does not use itself.
    expect(answers).toBeLessThan(33);
    for (const { close } of kept) close();
    // All others were waiting.
    while (answers < sockets.length) await Bun.sleep(10);
    for (const socket of sockets) socket.destroy();
    expect(await running.stop()).toBe(0);
    expect(running.log().match(/"message":"connections /g)).toHaveLength(1);
  });

  test("is limited by its open files if they are fewer than memory allows", async () => {
    const running = await start("ulimit -n 256");
    expect(await ceilingIn(running)).toMatchObject({ max_connections: 223, by: "ulimit -n" });
    expect(await running.stop()).toBe(0);
  });

  test("is limited by the memory of its container", async () => {
    using limit = limitMemory(96 * 1024 * 1024);
    // Not everyone may make a control group.
    const running = await start(limit?.enter ?? ":");
    const line = await ceilingIn(running);
    expect(await running.stop()).toBe(0);
    if (limit) expect(line).toMatchObject({ max_connections: 2_146, by: "memory" });
  });

  test("does not start with more connections than the limit of open files allows", async () => {
    const environment = { MAX_CONNECTIONS: "224", LOG_FORMAT: "pretty" };
    const starting = start("ulimit -n 256", environment);
    const failure = await starting.then(
      () => "it started",
      (error: Error) => error.message.trim(),
    );
    expect(failure).toEndWith(
      `${FIRST}: MAX_CONNECTIONS: expected at most 223, because the process may open 256 files and ` +
        "needs 33 itself. Raise `ulimit -Hn`, or lower it",
    );
  });
});

interface Variables {
  environment: { MAX_CONNECTIONS: string };
  mem_limit?: string;
}

/** What the service allows by itself with this memory. */
function allowed(memoryMib: number): number {
  const openFiles = { soft: Infinity, hard: Infinity };
  const memoryBytes = memoryMib * 1024 * 1024;
  return ceilingOf({ configured: "auto", openFiles, memoryBytes, ownFiles: 0 }).connections;
}

const read = (file: string) => Bun.file(join(ROOT, file)).text();

describe("MAX_CONNECTIONS", () => {
  test("fits in the memory of the containers of compose.yaml", async () => {
    const { services } = Bun.YAML.parse(await read("compose.yaml")) as {
      services: Record<string, Variables>;
    };
    for (const { environment, mem_limit = "" } of Object.values(services)) {
      const connections = Number(environment.MAX_CONNECTIONS);
      expect(connections).toBeGreaterThan(1_000);
      expect(connections).toBeLessThanOrEqual(allowed(Number.parseInt(mem_limit, 10)));
    }
  });

  test("is in compose.postgres.yaml, too", async () => {
    const { services } = Bun.YAML.parse(await read("compose.postgres.yaml")) as {
      services: Record<string, Partial<Variables>>;
    };
    const { postgres: _postgres, ...others } = services;
    for (const { environment } of Object.values(others)) {
      expect(Number(environment?.MAX_CONNECTIONS)).toBeGreaterThan(1_000);
    }
  });

  test("fits in the memory of a pod", async () => {
    const text = await read("deploy/kubernetes/base/service.yaml");
    const connections = Number(/MAX_CONNECTIONS, value: "(\d+)"/.exec(text)?.[1]);
    expect(connections).toBeGreaterThan(1_000);
    const memory = Number(/limits: \{ memory: (\d+)Mi \}/.exec(text)?.[1]);
    expect(connections).toBeLessThanOrEqual(allowed(memory));
  });
});
