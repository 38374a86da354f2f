import { type KeptConnection, openConnection } from "../../support/kept-connection.ts";
/** Keeps hundreds of connections busy with probes and scrapes, while a dependency hangs. */
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";
import { startAttacked } from "./attacked.ts";
import { startStandInUsers } from "./stand-in-users.ts";

export const name = "probes";
export const description =
  "Probes and scrapes neither take the place of requests nor multiply the calls to a dependency";

const CONNECTIONS = 600;
const SECONDS_EACH = 3;
const HONEST = 50;
/** A check is kept for a second, and its ping ends after 800 ms. */
const CALLS_A_SECOND_MAX = 1;

export async function run({ scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const { attempted, expect, outcome } = createOutcome();
  const users = startStandInUsers();
  const release = users.hold();
  const orders = await startAttacked("orders", { environment: { USERS_URL: users.url } });
  const startedAt = performance.now();
  const rounds = Math.min(10, scale);
  const until = startedAt + rounds * SECONDS_EACH * 1_000;

  async function probe({ ask, close }: KeptConnection, path: string): Promise<void> {
    while (performance.now() < until) {
      const status = await ask(path);
      attempted();
      expect(status === 200, "a probe or a scrape got no response", `${path}: ${status}`);
    }
    close();
  }
  const probing: Promise<void>[] = [];
  for (let n = 0; n < CONNECTIONS; n += 1) {
    const path = n % 3 === 0 ? "/metrics" : "/health/ready";
    probing.push(openConnection(orders.port).then((connection) => probe(connection, path)));
  }

  for (let sent = 0; sent < HONEST * rounds; sent += 1) {
    const { status } = await fetch(`${orders.url}/orders/1`);
    expect(status === 200, "probes took the place of a request", String(status));
    progress(`${sent} of ${HONEST * rounds}`);
    await Bun.sleep((SECONDS_EACH * 1_000) / HONEST / 2);
  }
  await Promise.all(probing);
  const seconds = (performance.now() - startedAt) / 1_000;
  expect(
    users.calls() <= CALLS_A_SECOND_MAX * seconds + 1,
    "probes multiplied the calls to a dependency",
    `${users.calls()} in ${seconds.toFixed(0)} s`,
  );
  release();
  expect((await orders.stop()) === 0, "the service did not end well", orders.log().slice(-1_000));
  await users.stop();
  return outcome();
}
