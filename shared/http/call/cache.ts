/** A cache of another service's responses. Concurrent lookups of one key share one call. */
import { createAnswers } from "./answers.ts";
import type { Call, CallEvents } from "./call.ts";
import { type Clock, systemClock } from "./clock.ts";
import { isAway } from "./error.ts";
import { createFlights } from "./flights.ts";

export interface CacheOptions {
  /** The name of the service, for `Cache-Status`. */
  service: string;
  /** How long a value is fresh; with 0 concurrent lookups still share one call. */
  ttlMs: number;
  /** The maximum age of a stale value that is returned while the service is unavailable. */
  staleMs: number;
  /** Default: 10000 */
  entriesMax?: number;
  /** Default: the system clock */
  clock?: Clock;
  /** Default: no events */
  events?: Partial<CallEvents>;
}

/** A value, with the time of its request. */
export interface Answer<Value> {
  /** Undefined: the service has no such resource. */
  value: Value | undefined;
  askedAt: number;
}

export interface Found<Value> {
  /** Undefined: the service has no such resource. */
  readonly value: Value | undefined;
  /** The `Cache-Status` of a stale value (RFC 9211). */
  readonly cacheStatus?: string;
}

/** How to load a value that is not cached. */
export interface Asking<Value> {
  /** Ends only the wait of this lookup. */
  signal: AbortSignal;
  /** Not called if a call for the same key is in flight. */
  ask: (call: Call) => Promise<Answer<Value>>;
}

/**
 * A cache by key. A missing resource is not cached and removes the cached value: a resource is
 * found as soon as it is created, and a deleted one does not come back.
 */
export function createCache<Value>({
  service,
  ttlMs,
  staleMs,
  entriesMax = 10_000,
  clock = systemClock,
  events = {},
}: CacheOptions) {
  const answers = createAnswers<Found<Value>>({ entriesMax, clock });
  const flights = createFlights<Found<Value>>();

  function ask(key: string, { signal, ask }: Asking<Value>): Promise<Found<Value>> {
    events.lookedUp?.(flights.has(key) ? "flight" : "nothing");
    return flights.join(key, signal, async (call) => {
      const { value, askedAt } = await ask(call);
      const found = { value };
      if (value === undefined) answers.forget(key);
      else answers.keep(key, found, askedAt);
      return found;
    });
  }

  /**
   * Returns the latest value if the error means that the service is unavailable; otherwise throws
   * it.
   */
  function staleInsteadOf(error: unknown, key: string): Found<Value> {
    const kept = isAway(error) ? answers.youngerThan(staleMs, key) : undefined;
    if (kept === undefined) throw error;
    events.lookedUp?.("stale");
    const ttlSeconds = Math.floor((ttlMs - answers.ageMs(key)) / 1000);
    return { ...kept, cacheStatus: `${service}; hit; ttl=${ttlSeconds}; detail=stale` };
  }

  return {
    /** Returns a fresh value, without a promise. */
    fresh(key: string): Found<Value> | undefined {
      const found = answers.youngerThan(ttlMs, key);
      if (found !== undefined) events.lookedUp?.("fresh");
      return found;
    },

    /** Loads the value, or joins a call in flight for it. Never returns a stale value. */
    ask,

    /** Like `load`, but returns a stale value while the service is unavailable. */
    askOrStale(key: string, asking: Asking<Value>): Promise<Found<Value>> {
      return ask(key, asking).catch((error) => staleInsteadOf(error, key));
    },

    /** The number of entries. */
    entries: answers.size,
  };
}
export type Cache = Pick<ReturnType<typeof createCache>, "entries">;
