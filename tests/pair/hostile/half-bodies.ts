/** Sends incomplete bodies on many connections, and opens a new one for each that is closed. */
import { connect, type Socket } from "node:net";

import { type Random, randomFrom } from "../../../platform/database/seed.ts";
import { BODY_BYTES_DEFAULT as BODY_BYTES } from "../../../platform/process/variables.ts";
import { statuses } from "../../support/connection.ts";
import { memoryMbOf } from "../../support/memory-limit.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";
import { type Attacked, startAttacked } from "./attacked.ts";

export const name = "half-bodies";
export const description =
  "Unfinished bodies neither fill the memory nor block a body from another address";

/** Together, these incomplete bodies of the largest size are 80 MB. */
const CONNECTIONS = 1_300;
/** Longest pause before a new connection replaces a closed one. */
const PAUSE_MAX_MS = 500;

/** A body without progress is rejected after 2 s, and a rejected client retries after 2 s. */
const ATTEMPTS_MAX = 4;

/** 8 for bodies, 8 for read bodies before garbage collection, 20 of warm-up, and a margin. */
const GROWTH_MB_MAX = 48;

/** Only on Linux, all of 127.0.0.0/8 is this machine. */
const ELSEWHERE = process.platform === "linux" ? "127.0.0.2" : "127.0.0.1";

export async function run({ seed, scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const random = randomFrom(seed);
  const { attempted, expect, outcome } = createOutcome();
  const users = await startAttacked("users");
  const before = memoryMbOf(users.process.pid);
  let peakMb = before;

  const open = new Set<Socket>();
  let isOver = false;
  function attack(): void {
    if (isOver) return;
    attempted();
    let received = "";
    const socket = connect(users.port, "127.0.0.1");
    open.add(socket);
    socket.setEncoding("latin1").on("data", (text: string) => (received += text));
    socket.on("error", () => {});
    socket.on("close", () => {
      open.delete(socket);
      // A client that is rejected while it sends may lose the response.
      const [status = 503] = statuses(received);
      expect([408, 503].includes(status), "an incomplete body was accepted", String(status));
      setTimeout(attack, random() * PAUSE_MAX_MS);
    });
    socket.write(halfOf(random));
  }
  for (let started = 0; started < CONNECTIONS; started += 1) attack();

  for (let round = 1; round <= 2 * scale; round += 1) {
    const read = await fetch(`${users.url}/users/1`);
    expect(read.status === 200, "a read was rejected", String(read.status));
    const attempts = await attemptsFromElsewhere(users, `${seed}-${round}`);
    expect(attempts <= ATTEMPTS_MAX, "a body from another address was blocked", String(attempts));
    peakMb = Math.max(peakMb, memoryMbOf(users.process.pid));
    progress(`${round} of ${2 * scale}, ${(peakMb - before).toFixed(1)} MB more`);
  }
  const growth = `${(peakMb - before).toFixed(1)} MB`;
  expect(peakMb - before <= GROWTH_MB_MAX, "the bodies took too much memory", growth);

  isOver = true;
  for (const socket of open) socket.destroy();
  expect(
    (await users.stop()) === 0,
    "the service did not exit with code 0",
    users.log().slice(-1_000),
  );
  return outcome();
}

function halfOf(random: Random): string {
  const headers = ["Host: localhost", "Content-Type: application/json"];
  const sent = Math.floor(BODY_BYTES * (0.9 + 0.09 * random()));
  const text = `{"name":"${"x".repeat(sent)}`;
  if (random() < 0.5) headers.push(`Content-Length: ${BODY_BYTES}`);
  else headers.push("Transfer-Encoding: chunked");
  const body = headers.at(-1)?.endsWith("chunked")
    ? `${text.length.toString(16)}\r\n${text}`
    : text;
  return ["POST /users HTTP/1.1", ...headers, "", body].join("\r\n");
}

/**
 * Sends a small body until it is accepted, respecting Retry-After. Returns the number of attempts.
 */
async function attemptsFromElsewhere({ port }: Attacked, unique: string): Promise<number> {
  const body = JSON.stringify({ name: "Carol", email: `carol-${unique}@example.com` });
  const lines = ["POST /users HTTP/1.1", "Host: localhost", "Content-Type: application/json"];
  lines.push(`Content-Length: ${body.length}`, "Connection: close", "", body);
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const { promise, resolve } = Promise.withResolvers<string>();
    let received = "";
    const socket = connect({ port, host: "127.0.0.1", localAddress: ELSEWHERE });
    socket.setEncoding("latin1").on("data", (text: string) => (received += text));
    socket.on("error", () => {}).on("close", () => resolve(received));
    socket.write(lines.join("\r\n"));
    const [status] = statuses(await promise);
    if (status === 201) return attempt;
    await Bun.sleep(1_000 * Number(/^retry-after: (\d+)/im.exec(received)?.[1] ?? 1));
  }
  return ATTEMPTS_MAX + 1;
}
