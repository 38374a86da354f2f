/** Clients that send small bodies slowly, do not read or leave, to occupy MAX_IN_FLIGHT. */
import { connect, type Socket } from "node:net";

import { type Random, randomFrom } from "../../../platform/database/seed.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";
import { type Attacked, startAttacked } from "./attacked.ts";

export const name = "held-requests";
export const description =
  "Clients that are slow, do not read or leave never occupy all requests in flight";

const IN_FLIGHT_MAX = 64;
const CLIENTS = 2 * IN_FLIGHT_MAX;
/** How soon a new connection replaces a closed one. */
const PAUSE_MS = 100;
const READS_A_ROUND = 15;
const READ_PAUSE_MS = 40;
/** How long requests of clients that left may still be in flight. */
const RELEASE_MAX_MS = 2_000;

export async function run({ seed, scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const random = randomFrom(seed);
  const { attempted, expect, outcome } = createOutcome();
  const environment = { MAX_IN_FLIGHT: String(IN_FLIGHT_MAX), LOG_REQUESTS: "off" };
  const users = await startAttacked("users", { environment });

  const open = new Set<Socket>();
  let isOver = false;
  function attack(): void {
    if (isOver) return;
    attempted();
    const socket = connect(users.port, "127.0.0.1");
    open.add(socket);
    const timer = holding(random)(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      clearInterval(timer);
      open.delete(socket);
      setTimeout(attack, PAUSE_MS);
    });
  }
  for (let started = 0; started < CLIENTS; started += 1) attack();

  let mostInFlight = 0;
  for (let round = 0; round < scale; round += 1) {
    for (let sent = 0; sent < READS_A_ROUND; sent += 1) {
      const { status } = await fetch(`${users.url}/users/1`);
      expect(status === 200, "a read was rejected", String(status));
      mostInFlight = Math.max(mostInFlight, await inFlight(users));
      await Bun.sleep(READ_PAUSE_MS);
    }
    progress(`${round} of ${scale}, ${mostInFlight} in flight`);
  }
  // Without held requests, the reads would prove nothing.
  const half = IN_FLIGHT_MAX / 2;
  expect(mostInFlight > half / 2, "the attack has held no requests", String(mostInFlight));
  expect(mostInFlight <= half + 1, "slow bodies occupy more than half", String(mostInFlight));

  isOver = true;
  for (const socket of open) socket.destroy();
  let left = await inFlight(users);
  for (let waitedMs = 0; left > 1 && waitedMs < RELEASE_MAX_MS; waitedMs += READ_PAUSE_MS) {
    await Bun.sleep(READ_PAUSE_MS);
    left = await inFlight(users);
  }
  expect(left === 1, "clients that left still occupy requests", String(left));
  expect((await users.stop()) === 0, "the service did not end well", users.log().slice(-1_000));
  return outcome();
}

/** Returns the requests in flight, its own included. */
async function inFlight({ url }: Attacked): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^http_requests_in_flight (\d+)$/m.exec(text)?.[1]);
}

/** Returns a random way to hold a request; it may return its timer. */
function holding(random: Random): (socket: Socket) => Timer | undefined {
  const drip = (socket: Socket, type: string) => {
    socket.resume();
    socket.write(
      head(`Content-Type: ${type}`, `Content-Length: ${1_300 + Math.floor(600 * random())}`),
    );
    return setInterval(() => socket.write(" "), 500);
  };
  const ways: ((socket: Socket) => Timer | undefined)[] = [
    (socket) => drip(socket, "application/json"),
    (socket) => drip(socket, "application/json"),
    (socket) => drip(socket, "text/plain"),
    (socket) => {
      socket.resume();
      socket.write(`${head("Content-Type: application/json", "Content-Length: 20")}{`);
      return undefined;
    },
    (socket) => {
      socket.write(`${head("Content-Type: application/json", "Content-Length: 2000")}{`);
      setTimeout(() => socket.destroy(), 200 * random());
      return undefined;
    },
    (socket) => {
      socket.pause();
      socket.write("GET /swagger HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(20));
      setTimeout(() => socket.destroy(), 500 * random());
      return undefined;
    },
    (socket) => {
      socket.pause();
      socket.write("GET /users HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100));
      setTimeout(() => socket.destroy(), 500 * random());
      return undefined;
    },
  ];
  return ways[Math.floor(random() * ways.length)] as (typeof ways)[number];
}

function head(...headers: string[]): string {
  return ["POST /users HTTP/1.1", "Host: localhost", ...headers, "", ""].join("\r\n");
}
