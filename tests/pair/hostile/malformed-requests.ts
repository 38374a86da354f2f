/** Sends requests with bytes that are changed, doubled, removed or cut off. */
import { type Random, randomFrom } from "../../../platform/database/seed.ts";
import { exchange, statuses } from "../../support/connection.ts";
import { executable } from "../../support/executables.ts";
import { startService } from "../../support/processes.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";

export const name = "malformed-requests";
export const description = "No malformed request breaks the service";

const REQUESTS = 200;
const AT_ONCE = 20;
/** An incomplete request gets no response; the connection is closed after this time. */
const TIMEOUT_MS = 200;

const SEEDS = [
  "GET /users/1 HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: r\r\nConnection: close\r\n\r\n",
  "GET /users?limit=1&cursor=x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
  'PATCH /users/1 HTTP/1.1\r\nHost: localhost\r\nIf-Match: "0"\r\nContent-Type: application/json\r\n' +
    'Content-Length: 14\r\nConnection: close\r\n\r\n{"name":"Carl"}',
  "POST /users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
    "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
];
const PIECES = ["\r\n", "\n", "\0", " ", "\t", ":", "/", "..", "%", "#", "é", "Host: a\r\n", "1e9"];

export async function run({ seed, scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const random = randomFrom(seed);
  const { attempted, expect, outcome } = createOutcome();
  const users = await startService("users", { DATABASE_URL: "sqlite://:memory:" }, [
    await executable("users"),
  ]);
  const port = Number(new URL(users.url).port);
  const count = REQUESTS * scale;
  for (let sent = 0; sent < count; sent += AT_ONCE) {
    const requests = Array.from({ length: AT_ONCE }, () => mutated(random));
    await Promise.all(
      requests.map(async (bytes) => {
        const received = await exchange({ port, timeoutMs: TIMEOUT_MS }, bytes);
        attempted();
        const faults = statuses(received).filter((status) => status >= 500 && status !== 505);
        expect(faults.length === 0, "a request caused a 5xx", bytes.toString("base64"));
      }),
    );
    progress(`${sent} of ${count}`);
  }
  const { status } = await fetch(`${users.url}/health/ready`);
  expect(status === 200, "the service was not ready afterwards", String(status));
  expect(
    (await users.stop()) === 0,
    "the service did not exit with code 0",
    users.log().slice(-1_000),
  );
  return outcome();
}

function mutated(random: Random): Buffer {
  const below = (bound: number) => Math.floor(random() * bound);
  let text = SEEDS[below(SEEDS.length)] ?? "";
  for (let change = 0; change <= below(4); change += 1) {
    const at = below(text.length);
    const until = at + below(12);
    const piece = PIECES[below(PIECES.length)] ?? "";
    const middle = [
      piece,
      piece.repeat(below(200)),
      "",
      text.slice(at, until).repeat(2),
      String.fromCodePoint(below(256)),
    ][below(5)];
    text = text.slice(0, at) + middle + text.slice(until);
  }
  return Buffer.from(random() < 0.1 ? text.slice(0, below(text.length)) : text, "latin1");
}
