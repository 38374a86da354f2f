/**
 * Restarts both services under load, starting each new process before stopping the old one:
 *
 *   bun tests/pair/rolling-restart.ts USERS_EXECUTABLE ORDERS_EXECUTABLE ROUNDS [new-connections]
 *
 * It prints the number of successful requests and how the others failed. Clients keep their
 * connections until a response has `connection: close`. With `new-connections`, half of them open
 * one per request, and `orders` has to call `users`. When a listener closes, Linux resets the
 * connections in its queue unless net.ipv4.tcp_migrate_req is 1.
 */
import { connect } from "node:net";

import { temporaryFolder } from "../support/folders.ts";
import { type Running, startService } from "../support/processes.ts";

const CLIENTS = 16;
/** Long enough for every client to be told to close, and to reach the new process. */
const GRACE_MS = 500;

if (import.meta.main) {
  const [users = "", orders = "", rounds = "", kind] = process.argv.slice(2);
  const newConnections = kind === "new-connections";
  console.log(
    JSON.stringify(await rollingRestart({ users, orders }, Number(rounds), newConnections)),
  );
  process.exit();
}

export interface Outcome {
  answered: number;
  /** Number of failures by kind. */
  failures: Record<string, number>;
}

async function rollingRestart(
  executables: { users: string; orders: string },
  rounds: number,
  newConnections: boolean,
): Promise<Outcome> {
  using folder = temporaryFolder();
  const outcome: Outcome = { answered: 0, failures: {} };
  let stopped = false;

  const start = (name: keyof typeof executables, port: string, usersUrl = "") =>
    startService(
      name,
      {
        PORT: port,
        DATABASE_URL: `sqlite://${folder.path}/${name}.db`,
        SHUTDOWN_GRACE_MS: String(GRACE_MS),
        ...(usersUrl && { USERS_URL: usersUrl }),
      },
      [executables[name], "serve", "--reuse-port"],
    );
  for (const name of ["users", "orders"] as const) {
    const environment = { DATABASE_URL: `sqlite://${folder.path}/${name}.db` };
    await Bun.spawn([executables[name], "seed"], { env: environment, stderr: "ignore" }).exited;
  }
  const current: Record<string, Running> = { users: await start("users", "0") };
  const usersUrl = current["users"]?.url ?? "";
  current["orders"] = await start("orders", "0", usersUrl);
  const ordersUrl = current["orders"].url;
  const targets = [
    { url: usersUrl, path: "/users/1" },
    { url: ordersUrl, path: newConnections ? "/orders?user_id=1" : "/orders/1" },
  ];

  async function restart(name: keyof typeof executables, url: string): Promise<void> {
    const next = await start(name, new URL(url).port, usersUrl);
    const code = await current[name]?.stop();
    if (code !== 0) count(outcome, `${name} ended with ${code}`);
    current[name] = next;
  }

  const clients = targets.flatMap(({ url, path }) =>
    Array.from({ length: CLIENTS }, (_, index) => {
      const close = newConnections && index % 2 === 0;
      return client({ port: Number(new URL(url).port), path, close, outcome }, () => stopped);
    }),
  );
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all([restart("users", usersUrl), restart("orders", ordersUrl)]);
  }
  stopped = true;
  await Promise.all(clients);
  await Promise.all(Object.values(current).map((running) => running.stop()));
  return outcome;
}

interface ClientOptions {
  port: number;
  path: string;
  /** Whether to open a new connection for each request. */
  close: boolean;
  outcome: Outcome;
}

async function client(options: ClientOptions, stopped: () => boolean): Promise<void> {
  while (!stopped()) await connection(options, stopped);
}

/** Sends requests on one connection until it closes, and counts the outcomes. */
function connection({ port, path, close, outcome }: ClientOptions, stopped: () => boolean) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const headers = ["host: localhost", ...(close ? ["connection: close"] : [])].join("\r\n");
  let waiting = true;
  let text = "";
  const ask = () => {
    waiting = true;
    socket.write(`GET ${path} HTTP/1.1\r\n${headers}\r\n\r\n`);
  };
  const socket = connect(port, "127.0.0.1", ask);
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    text += chunk;
    const end = text.indexOf("\r\n\r\n");
    const length = Number(/^content-length: (\d+)/im.exec(text)?.[1]);
    if (end === -1 || Buffer.byteLength(text) < end + 4 + length) return;
    waiting = false;
    const status = text.slice("HTTP/1.1 ".length, "HTTP/1.1 200".length);
    if (status === "200") outcome.answered += 1;
    else count(outcome, `${path}: status ${status}`);
    const last = close || /^connection: close/im.test(text.slice(0, end + 2)) || stopped();
    text = "";
    if (last) socket.end();
    else ask();
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    if (waiting) count(outcome, `${path}: ${error.code}`);
    waiting = false;
  });
  socket.on("close", () => {
    if (waiting) count(outcome, `${path}: closed without a response`);
    resolve();
  });
  return promise;
}

function count({ failures }: Outcome, failure: string): void {
  failures[failure] = (failures[failure] ?? 0) + 1;
}
