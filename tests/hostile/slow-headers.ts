/** Headers that are sent byte by byte, and never finished. */
import { connect } from "node:net";

import { statuses } from "../support/connection.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";
import { startAttacked } from "./attacked.ts";

export const name = "slow-headers";
export const description = "A header that is never finished is given up, however steadily it comes";

const CONNECTIONS = 100;
const INTERVAL_MS = 500;

/** Bun gives up after 10 to 12 s; well before the 75 s after which a connection without a byte is closed. */
const GIVEN_UP_MS = 30_000;

export async function run({ scale }: AttackOptions): Promise<Outcome> {
  const { attempted, expect, outcome } = createOutcome();
  const users = await startAttacked("users");
  const late = AbortSignal.timeout(GIVEN_UP_MS);

  const attack = () =>
    new Promise<void>((resolve) => {
      let received = "";
      const socket = connect(users.port, "127.0.0.1");
      const timer = setInterval(() => socket.write("a"), INTERVAL_MS);
      late.addEventListener("abort", () => socket.destroy());
      socket.setEncoding("latin1").on("data", (text: string) => (received += text));
      socket
        .on("error", () => {})
        .on("close", () => {
          clearInterval(timer);
          expect(!late.aborted, "a header was waited for without end");
          const [status = 408] = statuses(received);
          expect(status === 408, "an unfinished header was responded to", String(status));
          resolve();
        });
      socket.write("GET /users/1 HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
      attempted();
    });
  await Promise.all(Array.from({ length: CONNECTIONS * scale }, attack));
  expect((await users.stop()) === 0, "the service did not end well", users.log().slice(-1_000));
  return outcome();
}
