/** Connections that send most of a body and stop, and others that take their place when they are closed. */
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";

import { type Random, randomFrom } from "../../shared/database/seed.ts";
import { BODY_BYTES_DEFAULT as BODY_BYTES } from "../../shared/process/config.ts";
import { statuses } from "../support/connection.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";
import { type Attacked, startAttacked } from "./attacked.ts";

export const name = "half-bodies";
export const description =
  "Bodies that never end neither fill the memory nor keep out who sends one from elsewhere";

/** So many half bodies of the largest size are 80 MB. */
const CONNECTIONS = 1_300;
/** How soon another one takes the place of one that is closed, at most. */
const PAUSE_MAX_MS = 500;

/** A body is given up after 2 s, and whoever was refused waits 2 s: nobody is kept out for longer. */
const ATTEMPTS_MAX = 4;

/** Places for 8 MiB, as much again of what was read and is not collected, and 20 of a first load. */
const GROWTH_MB_MAX = 48;

/** All of 127.0.0.0/8 is this machine on Linux, and only there. */
const ELSEWHERE = process.platform === "linux" ? "127.0.0.2" : "127.0.0.1";

export async function run({ seed, scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const random = randomFrom(seed);
  const { attempted, expect, outcome } = createOutcome();
  const users = await startAttacked("users");
  const before = memoryMbOf(users);
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
      // What is refused while it still sends may lose its response on the way.
      const [status = 503] = statuses(received);
      expect([408, 503].includes(status), "half a body was taken for a whole one", String(status));
      setTimeout(attack, random() * PAUSE_MAX_MS);
    });
    socket.write(halfOf(random));
  }
  for (let started = 0; started < CONNECTIONS; started += 1) attack();

  for (let round = 1; round <= 2 * scale; round += 1) {
    const read = await fetch(`${users.url}/users/1`);
    expect(read.status === 200, "a read was refused", String(read.status));
    const attempts = await attemptsFromElsewhere(users, `${seed}-${round}`);
    expect(attempts <= ATTEMPTS_MAX, "a body from elsewhere was kept out", String(attempts));
    peakMb = Math.max(peakMb, memoryMbOf(users));
    progress(`${round} of ${2 * scale}, ${(peakMb - before).toFixed(1)} MB more`);
  }
  const growth = `${(peakMb - before).toFixed(1)} MB`;
  expect(peakMb - before <= GROWTH_MB_MAX, "the bodies took more memory than they may", growth);

  isOver = true;
  for (const socket of open) socket.destroy();
  expect((await users.stop()) === 0, "the service did not end well", users.log().slice(-1_000));
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

/** Sends a whole small body, again after as long as it is told to wait; returns how often it took. */
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

/** Without the pages of the executable itself; nothing where the system does not tell. */
function memoryMbOf({ process: { pid } }: Attacked): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
