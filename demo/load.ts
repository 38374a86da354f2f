/** Clients who ask at times that were set before, whether responses come or not: an open load. */
import { pick, randomFrom } from "../shared/database/seed.ts";
import { json, nextPage } from "../tests/support/ask.ts";
import { POPULAR, type Stage, USERS } from "./stage.ts";

export const PER_SECOND = 100;
/** What is asked for, by its share. */
const MIX = [
  ...Array.from({ length: 4 }, () => "orders"),
  ...Array.from({ length: 3 }, () => "create"),
  "order",
  "order",
  "user",
];

const TICK_MS = 4;
const PATIENCE_MS = 5_000;
/** Before a creation is sent again, up to this, on top of `Retry-After`. */
const PAUSE_MS = 500;
/** A creation that is not acknowledged by then is given up. */
const ATTEMPTS_MAX = 50;

export type Load = ReturnType<typeof startLoad>;

/** What became of one request. */
export interface Sample {
  /** When it was to be sent, in milliseconds since the load began. */
  at: number;
  /** From then until its response was read, or it failed. */
  ms: number;
  /** Status and code, or how the connection failed. */
  failure?: string | undefined;
  /** Whether it shows the last user known, because `users` is away. */
  isStale: boolean;
}

/** Begins to send; the same seed draws the same requests. */
export function startLoad(urls: Stage["urls"], seed: number) {
  const samples: Sample[] = [];
  /** By the key of its creation, the id of every order, or nothing until it is acknowledged. */
  const orders = new Map<string, string | undefined>();
  const pending = new Set<Promise<unknown>>();
  const random = randomFrom(seed);
  const startedAt = performance.now();
  /** Milliseconds since the load began. */
  const now = () => performance.now() - startedAt;
  let isEnding = false;
  const sending = schedule(PER_SECOND, ask, () => isEnding);

  /** A user after this one, up to that one. */
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

  /** Creates an order, by as many attempts as it takes, all with one key. */
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

  /** Sends one request; returns the id in its response, if it succeeds and there is one. */
  async function send(at: number, url: string, init: RequestInit = {}) {
    let failure: string | undefined;
    let response: Response | undefined;
    let body: { id?: string; code?: string } = {};
    try {
      response = await fetch(url, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) });
      body = (await response.json()) as typeof body;
      if (!response.ok) failure = `${response.status} ${body.code}`;
    } catch (error) {
      failure = String((error as NodeJS.ErrnoException).code ?? (error as Error).name);
    }
    const isStale = !failure && (response?.headers.get("cache-status")?.endsWith("stale") ?? false);
    samples.push({ at, ms: now() - at, failure, isStale });
    const retryAfterMs = 1000 * Number(response?.headers.get("retry-after") ?? 0);
    return { id: failure ? undefined : body.id, retryAfterMs };
  }

  /** Calls `begin` at evenly spaced times, which it is told, until `isOver`. */
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
    /** Asks for the orders of users who are seldom asked for, in addition, until that time. */
    flood(perSecond: number, until: number): Promise<void> {
      return schedule(
        perSecond,
        (at) => list(at, user(POPULAR, USERS)),
        () => now() >= until,
      );
    },
    /** Begins nothing new; resolves when every creation is acknowledged, or given up. */
    async end(): Promise<void> {
      isEnding = true;
      await sending;
      await Promise.all(pending);
    },
  };
}

/** Reads the orders of all users who got any, and compares them with what was acknowledged. */
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
