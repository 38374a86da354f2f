/** Opens connections with incomplete headers until the service has no file descriptor left. */
import { connect, type Socket } from "node:net";

import { openConnection } from "../../support/kept-connection.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";
import { type Attacked, startAttacked } from "./attacked.ts";

export const name = "descriptors";
export const description =
  "A service without free file descriptors keeps running, logs it and recovers";

const DESCRIPTORS = 256;
const CONNECTIONS = 300;
/** Most descriptors that a service uses itself, as docs/limits.md says. */
const OWN = 32;
const HALF = "GET /orders/1 HTTP/1.1\r\nHost: localhost\r\nX-";

/** Requests on a persistent connection meanwhile, and their allowed statuses. */
const ASKED: [path: string, ...statuses: number[]][] = [
  // The first call to `users`, which needs a descriptor.
  ["/orders?user_id=1", 503],
  ["/orders/1", 200],
  ["/health/ready", 200],
  ["/metrics", 200],
  ["/swagger", 200],
  ["/swagger/json", 200],
];

export async function run({ scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const { attempted, expect, outcome } = createOutcome();
  const users = await startAttacked("users");
  const orders = await startAttacked("orders", {
    environment: { USERS_URL: users.url },
    before: `ulimit -n ${DESCRIPTORS}`,
  });
  const { port } = orders;
  for (let round = 1; round <= scale; round += 1) {
    const kept = await openConnection(port);
    const halves = Array.from({ length: CONNECTIONS }, () => half(port));
    attempted(CONNECTIONS);
    await told(orders, "out of file descriptors", round);
    for (const [path, ...expected] of ASKED) {
      const status = await kept.ask(path);
      attempted();
      // From the second round on, the connection to `users` may already be open.
      const allowed = path === "/orders?user_id=1" ? [...expected, 200] : expected;
      expect(
        allowed.includes(status),
        "a request got the wrong response, or none",
        `${path}: ${status}`,
      );
    }
    for (const socket of [...halves, kept.socket]) socket.destroy();
    await told(orders, "file descriptors available again", round);
    const { status } = await fetch(`${orders.url}/orders?user_id=1`);
    expect(status === 200, "the service did not recover", String(status));
    progress(`${round} of ${scale}`);
  }

  const connections = await Promise.all(
    Array.from({ length: DESCRIPTORS - OWN }, () => openConnection(port)),
  );
  const answers = await Promise.all(connections.map(({ ask }) => ask("/orders/1")));
  attempted(connections.length);
  const refused = answers.filter((status) => status !== 200).length;
  expect(refused === 0, "a service accepts fewer connections than documented", `${refused} fewer`);
  const [last] = connections;
  const called = await last?.ask("/orders?user_id=1");
  expect(called === 200, "a call fails with the documented number of connections", String(called));
  for (const { socket } of connections) socket.destroy();

  for (const service of [orders, users]) {
    expect(
      (await service.stop()) === 0,
      "a service did not exit with code 0",
      service.log().slice(-1_000),
    );
  }
  return outcome();
}

function half(port: number): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(HALF);
  return socket;
}

/** Waits until the log has the message `times` times, or the service has exited. */
async function told(service: Attacked, message: string, times: number): Promise<void> {
  const line = `"message":"${message}"`;
  while (service.log().split(line).length <= times && service.process.exitCode === null) {
    await Bun.sleep(10);
  }
}
