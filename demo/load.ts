/** Open-loop load: sends requests at scheduled times, whether or not responses arrive. */
import { pick, randomFrom } from "../platform/database/seed.ts";
import { json, nextPage } from "../tests/support/ask.ts";
import { POPULAR, type Stage, USERS } from "./stage.ts";

export const PER_SECOND = 100;
/** Kinds of requests, by share. */
const MIX = [
  ...Array.from({ length: 4 }, () => "orders"),
  ...Array.from({ length: 3 }, () => "create"),
  "order",
  "order",
  "user",
];

const TICK_MS = 4;
const PATIENCE_MS = 5_000;
/** Longest random pause before a retry, in addition to `Retry-After`. */
const PAUSE_MS = 500;
/** Maximum number of attempts of a creation. */
const ATTEMPTS_MAX = 50;

export type Load = ReturnType<typeof startLoad>;

/** The outcome of one request. */
export interface Sample {
  /** Scheduled time, in milliseconds since the load started. */
  at: number;
  /** Time from then until its response was read, or until it failed. */
  ms: number;
  /** Status and code, or the error of the connection. */
  failure?: string | undefined;
  /** Whether it shows a stale user, because `users` is unavailable. */
  isStale: boolean;
}

/** Starts the load. The same seed gives the same requests. */
export function startLoad(urls: Stage["urls"], seed: number) {
  const samples: Sample[] = [];
  /** The id of every order by its idempotency key; undefined until it is confirmed. */
  const orders = new Map<string, string | undefined>();
  const pending = new Set<Promise<unknown>>();
  const random = randomFrom(seed);
  const startedAt = performance.now();
  /** Milliseconds since the load started. */
  const now = () => performance.now() - startedAt;
  let isEnding = false;
  const sending = schedule(PER_SECOND, ask, () => isEnding);

  /** Returns a random user id in `after + 1` to `to`. */
  function user(after: number, to: number): number {
    return 1 + after + Math.floor(random() * (to - after));
  }

  function ask(at: number): Promise<unknown> {
    const kind = pick(random, MIX);
    if (kind === "create") return create(at);
    if (kind === "orders") return list(at, user(0, POPULAR));
    if (kind === "order") return send(at, `${urls.orders}/orders/1`);
    return send(at, `${urls.users}/users/${user(0, POPULAR)}`);
  }

  function list(at: number, id: number): Promise<unknown> {
    return send(at, `${urls.orders}/orders?user_id=${id}&limit=5`);
  }

  /** Creates an order, with retries under the same key. */
  async function create(at: number): Promise<void> {
    const key = `order-${orders.size + 1}`;
    orders.set(key, undefined);
    const body = { user_id: String(user(0, POPULAR)), amount: 12.5, note: key };
    const request = json("POST", body, { "idempotency-key": key });
    let sendAt = at;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const { id, retryAfterMs } = await send(sendAt, `${urls.orders}/orders`, request);
      if (id !== undefined) return void orders.set(key, id);
      sendAt = now() + retryAfterMs + random() * PAUSE_MS;
      await Bun.sleep(sendAt - now());
    }
  }

  /** Sends one request. Returns the id in its response, if it succeeds and has one. */
  async function send(at: number, url: string, init: RequestInit = {}) {
    let failure: string | undefined;
    let response: Response | undefined;
    let body: { id?: string; code?: string } = {};
    try {
      response = await fetch(url, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) });
      body = (await response.json()) as typeof body;
      // It is printed, and any server could have sent it.
      const code = /^\w+$/.test(String(body.code)) ? body.code : "without a code";
      if (!response.ok) failure = `${response.status} ${code}`;
    } catch (error) {
      failure = String((error as NodeJS.ErrnoException).code ?? (error as Error).name);
    }
    const isStale = !failure && (response?.headers.get("cache-status")?.endsWith("stale") ?? false);
    samples.push({ at, ms: now() - at, failure, isStale });
    const retryAfterMs = 1000 * Number(response?.headers.get("retry-after") ?? 0);
    return { id: failure ? undefined : body.id, retryAfterMs };
  }

  /** Calls `begin` at evenly spaced times until `isOver`. */
  async function schedule(perSecond: number, begin: typeof ask, isOver: () => boolean) {
    for (let at = now(); !isOver(); await Bun.sleep(TICK_MS)) {
      for (; at <= now(); at += 1000 / perSecond) {
        const done: Promise<unknown> = begin(at).finally(() => pending.delete(done));
        pending.add(done);
      }
    }
  }

  return {
    samples,
    orders,
    now,
    /** Also requests the orders of rarely requested users, until that time. */
    flood(perSecond: number, until: number): Promise<void> {
      return schedule(
        perSecond,
        (at) => list(at, user(POPULAR, USERS)),
        () => now() >= until,
      );
    },
    /** Stops sending. Resolves when every creation is confirmed or has no attempts left. */
    async end(): Promise<void> {
      isEnding = true;
      await sending;
      await Promise.all(pending);
    },
  };
}

/** Reads the orders of all users, and compares them with the confirmed orders. */
export async function countOrders({ orders: url }: Stage["urls"], { orders }: Load) {
  const all: { id: string; note?: string }[] = [];
  for (let user = 1; user <= POPULAR; user += 1) {
    let path: string | undefined = `/orders?user_id=${user}&limit=100`;
    while (path) {
      const response: Response = await fetch(url + path);
      all.push(...((await response.json()) as typeof all));
      path = nextPage(response);
    }
  }
  const rows = Map.groupBy(all, ({ note }) => note);
  const acknowledged = [...orders].filter(([, id]) => id !== undefined);
  const found = acknowledged.filter(([key, id]) => rows.get(key)?.some((row) => row.id === id));
  return {
    begun: orders.size,
    acknowledged: acknowledged.length,
    found: found.length,
    lost: acknowledged.length - found.length,
    doubled: [...orders.keys()].filter((key) => (rows.get(key)?.length ?? 0) > 1).length,
  };
}
