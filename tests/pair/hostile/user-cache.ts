/** Creates and deletes users repeatedly, while orders looks them up over a faulty network. */
import { type Random, randomFrom } from "../../../platform/database/seed.ts";
import { json } from "../../support/ask.ts";
import { caller, IDENTITY } from "../../support/callers.ts";
import { type Fault, gatewayAnswer, NO_FAULT, startFaultProxy } from "../../support/fault-proxy.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";
import { type Attacked, startAttacked } from "./attacked.ts";

export const name = "user-cache";
export const description =
  "The cache never creates an order for a deleted user, and never rejects a new user";

/** How often each user is created and deleted at scale 1. */
const LIVES = 6;
/** One instance of `orders` has each of these TTLs. */
const TTLS_MS = [0, 30];
/** Concurrent clients per user. */
const ASKERS = 4;
/** The longest time between two changes of a user. */
const PAUSE_MAX_MS = 60;
const APART_MAX_MS = 20;

const STALE = /^users; hit; ttl=-?\d+; detail=stale$/;

/** Whether a user exists; undefined during a change. `change` counts the changes. */
interface State {
  exists: boolean | undefined;
  since: number;
  change: number;
}

/** A user, and the instance of `orders` that gets the requests. */
interface Asked {
  id: string;
  state: State;
  headers: Record<string, string>;
  one: { ttlMs: number; service: Attacked };
}

export async function run({ seed, scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const random = randomFrom(seed);
  const { attempted, expect, outcome } = createOutcome();
  const users = await startAttacked("users", { environment: IDENTITY });
  const network = await startFaultProxy(users.url);
  const all = await Promise.all(
    TTLS_MS.map(async (ttlMs) => {
      const environment = {
        ...IDENTITY,
        USERS_URL: network.url,
        USERS_CACHE_TTL_MS: String(ttlMs),
      };
      return { ttlMs, service: await startAttacked("orders", { environment }) };
    }),
  );
  const lives = LIVES * scale;
  const over = new AbortController();

  async function live({ id, state, headers }: Asked): Promise<void> {
    const body = { name: "Carol", email: `${id}@example.com` };
    for (let life = 0; life < lives; life += 1) {
      if (id === "u0") progress(`${life} of ${lives}`);
      for (const exists of [true, false]) {
        Object.assign(state, { exists: undefined, change: state.change + 1 });
        const { status } = exists
          ? await fetch(`${users.url}/users`, json("POST", body, headers))
          : await fetch(`${users.url}/users/${id}`, { method: "DELETE", headers });
        expect(status === (exists ? 201 : 204), "users did not apply the change", String(status));
        Object.assign(state, { exists, since: performance.now() });
        await Bun.sleep(random() * PAUSE_MAX_MS);
      }
    }
  }

  async function ask({ id, state, headers, one }: Asked): Promise<void> {
    while (!over.signal.aborted) {
      // Otherwise all would wait for the same response and then send their requests together.
      await Bun.sleep(random() * APART_MAX_MS);
      const { exists, since, change } = state;
      const goneMs = performance.now() - since;
      const isOrder = random() < 0.6;
      const url = `${one.service.url}/orders`;
      const response = isOrder
        ? await fetch(url, json("POST", { user_id: id, amount: 1 }, headers))
        : await fetch(`${url}?user_id=${id}&limit=1`, { headers });
      await response.text();
      attempted();
      // Both outcomes are correct if the user changed meanwhile.
      if (exists === undefined || change !== state.change) continue;
      const { status } = response;
      const cacheStatus = response.headers.get("cache-status");
      const what = `${status}, a TTL of ${one.ttlMs} ms, ${goneMs.toFixed(0)} ms later`;
      if (exists) {
        expect(status !== 404 && status !== 422, "a new user was not found", what);
      } else if (isOrder) {
        expect(status !== 201 || goneMs < one.ttlMs, "a deleted user has a new order", what);
      } else {
        const isMarked = cacheStatus !== null || goneMs < one.ttlMs;
        expect(status !== 200 || isMarked, "a deleted user was returned as fresh", what);
      }
      expect(cacheStatus === null || !isOrder, "an order was created for a stale user", what);
      expect(cacheStatus === null || STALE.test(cacheStatus), "Cache-Status is invalid", what);
    }
  }

  async function disturb(): Promise<void> {
    while (!over.signal.aborted) {
      network.set(anyFault(random));
      await Bun.sleep(10 + random() * PAUSE_MAX_MS);
    }
    network.set(NO_FAULT);
  }

  const living: Promise<void>[] = [];
  const asking = [disturb()];
  for (const [index, one] of [...all, ...all, ...all].entries()) {
    const id = `u${index}`;
    const state: State = { exists: undefined, since: 0, change: 0 };
    const asked = { id, state, headers: await caller(id), one };
    living.push(live(asked));
    for (let asker = 0; asker < ASKERS; asker += 1) asking.push(ask(asked));
  }
  await Promise.all(living);
  over.abort();
  await Promise.all(asking);
  const services = [...all.map(({ service }) => service), users];
  const codes = await Promise.all(services.map((service) => service.stop()));
  await network.stop();
  expect(codes.join() === "0,0,0", "a service did not end well", codes.join());
  return outcome();
}

/** Returns a random fault, mostly a delay, because slow responses become outdated. */
function anyFault(random: Random): Fault {
  const kind = random();
  if (kind < 0.3) return NO_FAULT;
  if (kind < 0.95) return { kind: "delay", delayMs: random() * PAUSE_MAX_MS };
  return kind < 0.98 ? gatewayAnswer(503) : { kind: "reset" };
}
