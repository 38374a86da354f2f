/** Opens thousands of connections that send almost a whole header each, and stop. */
import { connect, type Socket } from "node:net";

import { readOpenFiles } from "../../../platform/process/connections.ts";
import { caller, IDENTITY } from "../../support/callers.ts";
import { openConnection } from "../../support/kept-connection.ts";
import { memoryMbOf } from "../../support/memory-limit.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";
import { CONTAINER_BYTES, startAttacked } from "./attacked.ts";

export const name = "unfinished-headers";
export const description = "Unfinished headers on thousands of connections do not fill the memory";

/** Below Bun's limit of 16 KiB. A header that arrives in pieces takes the most memory. */
const HEADER_BYTES = 15_000;
const PIECES = 4;
const PIECE = "x".repeat(HEADER_BYTES / PIECES);
const CONNECTIONS_MAX = 8_000;
/** The files that the attack itself has open, and a margin. */
const OWN_FILES = 500;
const ROUNDS_MAX = 5;
const BATCH = 250;
/** How long the connections stay: Bun closes those that it has accepted after 12 s. */
const HELD_MS = 3_000;
/** By then the limit is set. */
const LIMITED_MS = 500;
/** How often a known client asks meanwhile. */
const ASKED_MS = 50;

export async function run({ scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const { attempted, expect, outcome } = createOutcome();
  const users = await startAttacked("users", {
    environment: { ...IDENTITY, RATE_LIMIT: "100000/60s", HOST: "127.0.0.1" },
    memoryBytes: CONTAINER_BYTES,
  });
  const { pid } = users.process;
  const { authorization } = await caller("1");
  const known = await openConnection(users.port, [`Authorization: ${authorization}`]);
  await Bun.sleep(LIMITED_MS);

  let peakMb = 0;
  let answered = 0;
  const over = new AbortController();
  const isRunning = () => users.process.exitCode === null && users.process.signalCode === null;
  async function askAgainAndAgain(): Promise<void> {
    while (!over.signal.aborted) {
      const status = await known.ask("/users/1");
      expect(status === 200, "a client with a connection was not served", String(status));
      if (status !== 200) return;
      answered += 1;
      peakMb = Math.max(peakMb, memoryMbOf(pid));
      await Bun.sleep(ASKED_MS);
    }
  }
  const asking = askAgainAndAgain();

  const rounds = Math.min(ROUNDS_MAX, scale);
  const { hard = Infinity } = (await readOpenFiles()) ?? {};
  const connections = Math.min(CONNECTIONS_MAX, hard - OWN_FILES);
  for (let round = 1; round <= rounds && isRunning(); round += 1) {
    const sockets: Socket[] = [];
    for (let opened = 0; opened < connections && isRunning(); opened += BATCH) {
      for (let n = 0; n < BATCH; n += 1) sockets.push(unfinished(users.port));
      await Bun.sleep(10);
    }
    attempted(sockets.length);
    for (let piece = 1; piece < PIECES && isRunning(); piece += 1) {
      for (const socket of sockets) if (!socket.destroyed) socket.write(PIECE);
      await Bun.sleep(HELD_MS / PIECES);
    }
    progress(`${round} of ${rounds}, ${peakMb.toFixed(0)} MiB`);
    for (const socket of sockets) socket.destroy();
  }
  over.abort();
  await asking;
  expect(isRunning(), "unfinished headers killed the service", `${peakMb.toFixed(0)} MiB`);
  expect(
    peakMb <= CONTAINER_BYTES / 1024 / 1024,
    "unfinished headers took too much memory",
    `${peakMb.toFixed(0)} MiB`,
  );
  progress(`${answered} answers meanwhile, ${peakMb.toFixed(0)} MiB`);
  known.close();
  if (isRunning()) {
    const { status } = await fetch(`${users.url}/users/1`, { headers: { authorization } });
    expect(status === 200, "a new client is not served afterwards", String(status));
  }
  expect((await users.stop()) === 0, "the service did not end well", users.log().slice(-1_000));
  return outcome();
}

function unfinished(port: number): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(`GET /users/1 HTTP/1.1\r\nHost: localhost\r\nX-Long: ${PIECE}`);
  return socket;
}
