/** The life of an executable: its start, and its exit after a signal or a fault. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";

import { listeningUrl } from "../../platform/process/listening.ts";
import type { ServiceName } from "../../services.ts";
import { json } from "../support/ask.ts";
import { command, executables } from "../support/executables.ts";
import { ALL, bodyOf, FIRST, ONE } from "../support/first.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";
import { type Running, startService } from "../support/processes.ts";
import { NAMES } from "../support/services.ts";

setDefaultTimeout(120_000);

const MEMORY = { DATABASE_URL: "sqlite://:memory:" };
const BODY = JSON.stringify(bodyOf(1));

let paths: Record<ServiceName, string>;
const folder = temporaryFolder();
beforeAll(async () => void (paths = await executables()));
afterAll(() => folder[Symbol.dispose]());

function start(service: ServiceName, environment: Record<string, string>, ...args: string[]) {
  return startService(service, environment, [paths[service], ...args]);
}

describe.each(NAMES)("%s", (service) => {
  test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("exits with 0 after %s", async (signal) => {
    const running = await start(service, MEMORY);
    running.process.kill(signal);
    expect(await running.process.exited).toBe(0);
    await logged(running, "stopped");
  });

  test("is live but not ready during the shutdown grace, and closes connections", async () => {
    const running = await start(service, { ...MEMORY, SHUTDOWN_GRACE_MS: "600000" });
    expect((await fetch(`${running.url}/health/ready`)).headers.get("connection")).not.toBe(
      "close",
    );
    running.process.kill("SIGTERM");
    await logged(running, "draining");
    const ready = await fetch(`${running.url}/health/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ status: "draining" });
    const live = await fetch(`${running.url}/health/live`);
    expect(live.status).toBe(200);
    expect(live.headers.get("connection")).toBe("close");
    running.process.kill("SIGKILL");
    await running.process.exited;
  });

  test("does not share its port by default", async () => {
    const running = await start(service, MEMORY);
    const environment = { ...MEMORY, PORT: new URL(running.url).port };
    const { exitCode, stderr } = await command([paths[service]], { environment });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("is in use");
    expect(await running.stop()).toBe(0);
  });

  test("starts again on its port and database after a kill", async () => {
    const environment = { DATABASE_URL: `sqlite://${folder.path}/killed-${service}.db` };
    const first = await start(service, environment);
    const { port } = new URL(first.url);
    first.process.kill("SIGKILL");
    await first.process.exited;
    const second = await start(service, { ...environment, PORT: port });
    expect((await fetch(`${second.url}/health/ready`)).status).toBe(200);
    expect(await second.stop()).toBe(0);
  });
});

test("A service responds to requests in flight at SIGTERM and refuses new connections", async () => {
  const running = await start(FIRST, MEMORY);
  const inFlight = await halfSent(running);
  running.process.kill("SIGTERM");
  await logged(running, "draining");
  await refused(running);
  inFlight.socket.write(BODY.slice(1));
  expect(await inFlight.answer).toStartWith("HTTP/1.1 201");
  expect(await running.process.exited).toBe(0);
});

test("An idle connection does not delay the exit of a service", async () => {
  const running = await start(FIRST, { ...MEMORY, SHUTDOWN_TIMEOUT_MS: "600000" });
  const { port } = new URL(running.url);
  const idle = connect(Number(port), "127.0.0.1");
  idle.on("error", () => {});
  const asked = connect(Number(port), "127.0.0.1");
  asked.write("GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await new Promise((resolve) => asked.once("data", resolve));
  expect(await running.stop()).toBe(0);
});

test("An unfinished header does not delay the exit of a service", async () => {
  const running = await start(FIRST, { ...MEMORY, SHUTDOWN_TIMEOUT_MS: "600000" });
  const { port } = new URL(running.url);
  const halfSent = connect(Number(port), "127.0.0.1");
  halfSent.on("error", () => {});
  halfSent.write(`GET ${ONE} HTTP/1.1\r\nHost: localhost\r\nX-`);
  // The service reads this later request after the unfinished header.
  expect((await fetch(`${running.url}/health/live`)).status).toBe(200);
  expect(await running.stop()).toBe(0);
  expect(running.log()).not.toContain("cut off");
});

test("A service under nohup ignores SIGHUP", async () => {
  const command = ["sh", "-c", 'trap "" HUP; exec "$0"', paths[FIRST]];
  const running = await startService(FIRST, MEMORY, command);
  running.process.kill("SIGHUP");
  expect((await fetch(`${running.url}/health/live`)).status).toBe(200);
  expect(running.log()).not.toContain("draining");
  expect(await running.stop()).toBe(0);
});

test.each(["SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGIO"] as const)(
  "A service ignores %s with one line in its log, and finishes the requests in flight",
  async (signal) => {
    const running = await start(FIRST, MEMORY);
    // A service that does not drain would keep the connection.
    const inFlight = await halfSent(running, "connection: close");
    running.process.kill(signal);
    await logged(running, "signal ignored");
    expect(running.log()).toContain(`"signal":"${signal}"`);
    inFlight.socket.write(BODY.slice(1));
    expect(await inFlight.answer).toStartWith("HTTP/1.1 201");
    expect(running.log()).not.toContain("draining");
    expect(await running.stop()).toBe(0);
  },
);

test("A service cuts off a request that takes longer than SHUTDOWN_TIMEOUT_MS", async () => {
  const running = await start(FIRST, { ...MEMORY, SHUTDOWN_TIMEOUT_MS: "50" });
  const inFlight = await halfSent(running);
  running.process.kill("SIGTERM");
  expect(await running.process.exited).toBe(0);
  expect(await inFlight.answer).toBe("");
  expect(running.log()).toContain('"message":"requests cut off","in_flight":1');
});

test("A service exits at once after a second signal", async () => {
  const running = await start(FIRST, { ...MEMORY, SHUTDOWN_GRACE_MS: "600000" });
  running.process.kill("SIGTERM");
  await logged(running, "draining");
  running.process.kill("SIGINT");
  expect(await running.process.exited).toBe(1);
});

test("What was acknowledged is in the database after a kill", async () => {
  const environment = { DATABASE_URL: `sqlite://${folder.path}/written.db` };
  const first = await start(FIRST, environment);
  const created = await fetch(`${first.url}${ALL}`, json("POST", JSON.parse(BODY)));
  first.process.kill("SIGKILL");
  await first.process.exited;
  const second = await start(FIRST, environment);
  const found = await fetch(`${second.url}${created.headers.get("location")}`);
  expect(await found.json()).toMatchObject(JSON.parse(BODY));
  await second.stop();
});

test("A service keeps running when its log has no reader", async () => {
  const child = Bun.spawn([paths[FIRST]], {
    env: { ...MEMORY, PORT: "0", LOG_LEVEL: "debug" },
    stderr: "pipe",
  });
  const reader = child.stderr.getReader();
  let log = "";
  let url: string | undefined;
  while (!url) {
    log += new TextDecoder().decode((await reader.read()).value);
    url = listeningUrl(log);
  }
  await reader.cancel();
  for (let request = 0; request < 10; request += 1) {
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  }
  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
});

// Linux provides a file that behaves as a full disk.
describe.skipIf(!existsSync("/dev/full"))("With standard error on a full disk, a service", () => {
  const full = { stdout: "ignore", stderr: Bun.file("/dev/full") } as const;

  test.each(NAMES)("named %s starts, responds and exits with 0", async (service) => {
    const port = await freePort();
    const environment = { ...MEMORY, PORT: String(port), LOG_LEVEL: "debug" };
    const child = Bun.spawn([paths[service]], { ...full, env: environment });
    const live = () => fetch(`http://127.0.0.1:${port}/health/live`).then(({ ok }) => ok);
    while (child.exitCode === null && !(await live().catch(() => false))) await Bun.sleep(5);
    expect(await live()).toBe(true);
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
  });

  test("exits with 2 after wrong usage", async () => {
    expect(await Bun.spawn([paths[FIRST], "sevre"], { ...full, env: {} }).exited).toBe(2);
  });

  test("keeps running after a line that is longer than any buffer", async () => {
    const program =
      `import { writeError } from ${JSON.stringify(join(ROOT, "platform/process/output.ts"))};` +
      'process.on("unhandledRejection", () => process.exit(7));' +
      'for (let line = 0; line < 10; line += 1) writeError("x".repeat(100_000));';
    expect(await Bun.spawn([process.execPath, "--eval", program], full).exited).toBe(0);
  });
});

test("A command prints one line and exits with 1 when standard output is on a full disk", async () => {
  const child = Bun.spawn([paths[FIRST], "openapi"], {
    env: {},
    stdout: Bun.file("/dev/full"),
    stderr: "pipe",
  });
  const lines = await new Response(child.stderr).text();
  expect(lines).toBe(`${FIRST}: Cannot write to standard output: no space left on device\n`);
  expect(await child.exited).toBe(1);
});

/** Sends half of a request and waits until the service processes it. */
async function halfSent(
  running: Running,
  ...more: string[]
): Promise<{ socket: Socket; answer: Promise<string> }> {
  const { port } = new URL(running.url);
  const socket = connect(Number(port), "127.0.0.1");
  const answer = Promise.withResolvers<string>();
  let text = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => (text += chunk));
  socket.on("error", () => {}).on("close", () => answer.resolve(text));
  const headers = ["host: localhost", "content-type: application/json", ...more];
  socket.write(
    `POST ${ALL} HTTP/1.1\r\n${headers.join("\r\n")}\r\ncontent-length: ${Buffer.byteLength(BODY)}\r\n\r\n${BODY.slice(0, 1)}`,
  );
  const inFlight = /^http_requests_in_flight 2$/m;
  while (!inFlight.test(await (await fetch(`${running.url}/metrics`)).text())) await Bun.sleep(1);
  return { socket, answer: answer.promise };
}

async function logged(running: Running, message: string): Promise<void> {
  while (!running.log().includes(`"message":"${message}"`)) await Bun.sleep(1);
}

async function refused({ url }: Running): Promise<void> {
  const answers = () => fetch(`${url}/health/live`).then(Boolean, () => false);
  while (await answers()) await Bun.sleep(1);
}

/** Returns a free port, for a service whose log cannot tell which port it uses. */
async function freePort(): Promise<number> {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  const { port } = server;
  await server.stop(true);
  return port ?? 0;
}
