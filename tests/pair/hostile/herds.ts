/** Many requests for large responses that all wait for the same event. */
import { json } from "../../support/ask.ts";
import { caller, IDENTITY } from "../../support/callers.ts";
import { openConnection } from "../../support/kept-connection.ts";
import { memoryMbOf } from "../../support/memory-limit.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";
import { CONTAINER_BYTES, LASTING, startAttacked } from "./attacked.ts";
import { startStandInUsers } from "./stand-in-users.ts";

export const name = "herds";
export const description =
  "Large responses to requests that waited together do not fill the memory";

/** One more than a page, so that it has a next one. */
const ORDERS = 101;
/** 500 characters of three bytes each: a page of 100 orders has 170 KB. */
const NOTE = "\u20AC".repeat(500);
const PAGE_BYTES_MIN = 160_000;
const PAGE = "/orders?user_id=7&limit=100";
/** As many as may be in flight. */
const AT_ONCE = 500;
/** The service has them all, or its calls have timed out. */
const HELD_MS = 700;
const WATCH_MS = 5;

export async function run({ scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const { attempted, expect, outcome } = createOutcome();
  const users = startStandInUsers();
  const orders = await startAttacked("orders", {
    environment: {
      ...IDENTITY,
      HOST: "127.0.0.1",
      USERS_URL: users.url,
      USERS_ATTEMPT_TIMEOUT_MS: "5000",
      USERS_TIMEOUT_MS: "10000",
      USERS_CACHE_TTL_MS: "0",
      LOG_REQUESTS: "off",
    },
    memoryBytes: CONTAINER_BYTES,
  });
  const { pid } = orders.process;
  const isRunning = () => orders.process.exitCode === null && orders.process.signalCode === null;
  const headers = await caller("7", undefined, LASTING);
  for (let n = 0; n < ORDERS; n += 1) {
    const order = { user_id: "7", amount: 1, note: NOTE };
    const { status } = await fetch(`${orders.url}/orders`, json("POST", order, headers));
    expect(status === 201, "an order was not created", String(status));
  }

  const page = await fetch(`${orders.url}${PAGE}`, { headers });
  const { length } = await page.bytes();
  expect(length > PAGE_BYTES_MIN, "a page is too small to prove anything", String(length));

  let peakMb = 0;
  async function herd(round: number): Promise<void> {
    // A token that nobody has verified yet, so that all wait for its verification, too.
    const claims = { ...LASTING.claims, round };
    const { authorization } = await caller("7", undefined, { claims });
    const herd = await Promise.all(
      Array.from({ length: AT_ONCE }, () =>
        openConnection(orders.port, [`Authorization: ${authorization}`]),
      ),
    );
    const respond = users.hold();
    const reads = herd.map(({ ask }) => ask(PAGE));
    attempted(AT_ONCE);
    await Bun.sleep(HELD_MS);
    respond();
    const watch = setInterval(() => (peakMb = Math.max(peakMb, memoryMbOf(pid))), WATCH_MS);
    const others = (await Promise.all(reads)).filter((status) => status !== 200);
    clearInterval(watch);
    expect(others.length === 0, "a page was not sent", `${others.length} times ${others[0]}`);
    for (const { close } of herd) close();
  }
  for (let round = 1; round <= scale && isRunning(); round += 1) {
    await herd(round);
    progress(`${round} of ${scale}, ${peakMb.toFixed(0)} MiB`);
  }
  expect(isRunning(), "a herd killed the service", `${peakMb.toFixed(0)} MiB`);
  const most = CONTAINER_BYTES / 1024 / 1024;
  expect(peakMb < most, "a herd took too much memory", `${peakMb.toFixed(0)} MiB`);
  expect((await orders.stop()) === 0, "the service did not end well", orders.log().slice(-1_000));
  await users.stop();
  return outcome();
}
