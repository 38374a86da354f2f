/** Sends headers byte by byte without ever finishing them. */
import { connect } from "node:net";

import { statuses } from "../../support/connection.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";
import { startAttacked } from "./attacked.ts";

export const name = "slow-headers";
export const description = "A header that is sent slowly and never finished times out";

const CONNECTIONS = 100;
const INTERVAL_MS = 500;

/** Bun closes such a connection after 10 to 12 s, and one without a byte after 75 s. */
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
          expect(!late.aborted, "a connection with an unfinished header was not closed");
          const [status = 408] = statuses(received);
          expect(
            status === 408,
            "an unfinished header got another response than 408",
            String(status),
          );
          resolve();
        });
      socket.write("GET /users/1 HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
      attempted();
    });
  await Promise.all(Array.from({ length: CONNECTIONS * scale }, attack));
  expect(
    (await users.stop()) === 0,
    "the service did not exit with code 0",
    users.log().slice(-1_000),
  );
  return outcome();
}
