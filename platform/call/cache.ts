/** A cache of another service's responses. Concurrent lookups of one key share one call. */
import { type Clock, systemClock } from "../process/clock.ts";
import { createTurns } from "../process/turns.ts";
import type { Call } from "./call.ts";
import { isAway } from "./error.ts";
import { createFlights } from "./flights.ts";
import type { CallEvents } from "./observed.ts";

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
export interface LoadedValue<Value> {
  /** Undefined: the service has no such resource. */
  value: Value | undefined;
  requestedAt: number;
}

export interface Found<Value> {
  /** Undefined: the service has no such resource. */
  readonly value: Value | undefined;
  /** The `Cache-Status` of a stale value (RFC 9211). */
  readonly cacheStatus?: string;
}

/** A value in the cache, or the result of a flight. */
interface Entry<Value> {
  found: Found<Value>;
  /** Not when it arrived: the value may have changed since. */
  requestedAt: number;
}

/** How to load a value that is not cached. */
export interface Loader<Value> {
  /** Ends only the wait of this lookup. */
  signal: AbortSignal;
  /** Not called if a call for the same key is in flight. */
  load: (call: Call) => Promise<LoadedValue<Value>>;
}

/**
 * A cache by key. A missing resource is not cached and removes the cached value: a resource is
 * found as soon as it is created, and a deleted one does not come back. Lookups that share a
 * call continue one after the other, because each may make a large response; see `turns.ts`.
 */
export function createCache<Value>({
  service,
  ttlMs,
  staleMs,
  entriesMax = 10_000,
  clock = systemClock,
  events = {},
}: CacheOptions) {
  // The entry that was stored first is also the first to expire, however often it is read, so a map
  // in insertion order is enough.
  const entries = new Map<string, Entry<Value>>();
  const flights = createFlights<Entry<Value>>();
  const nextTurn = createTurns();

  function youngerThan(ms: number, key: string): Entry<Value> | undefined {
    const entry = entries.get(key);
    return entry && clock.now() - entry.requestedAt < ms ? entry : undefined;
  }

  /** A lookup that joins others continues after them. */
  function inTurn<Result>(key: string, look: () => Promise<Result>): Promise<Result> {
    return flights.has(key) ? look().finally(nextTurn) : look();
  }

  /** Loads at most twice: the second flight starts after the first has landed. */
  async function load(key: string, loader: Loader<Value>): Promise<Found<Value>> {
    const since = clock.now();
    const flown = await fly(key, since, loader);
    const { found } = holdsSince(since, flown) ? flown : await fly(key, since, loader);
    return found;
  }

  function fly(key: string, since: number, { signal, load: loadValue }: Loader<Value>) {
    events.lookedUp?.(flights.has(key) ? "flight" : "nothing");
    return flights.join(key, signal, async (call) => {
      call.beganAt = since;
      const { value, requestedAt } = await loadValue(call);
      const entry = { found: { value }, requestedAt };
      entries.delete(key);
      if (value !== undefined) entries.set(key, entry);
      if (entries.size > entriesMax) {
        const [oldest = ""] = entries.keys();
        entries.delete(oldest);
      }
      return entry;
    });
  }

  /**
   * Returns whether the response to a request that may have been sent before `since` still counts:
   * since then the value may have been created, or deleted longer ago than `ttlMs`.
   */
  function holdsSince(since: number, { found, requestedAt }: Entry<Value>): boolean {
    return requestedAt >= since || (found.value !== undefined && since - requestedAt < ttlMs);
  }

  /**
   * Returns the latest value if the error means that the service is unavailable; otherwise throws
   * it.
   */
  function staleInsteadOf(error: unknown, key: string): Found<Value> {
    const entry = isAway(error) ? youngerThan(staleMs, key) : undefined;
    if (entry === undefined) throw error;
    events.lookedUp?.("stale");
    const ttlSeconds = Math.floor((ttlMs - (clock.now() - entry.requestedAt)) / 1000);
    return { ...entry.found, cacheStatus: `${service}; hit; ttl=${ttlSeconds}; detail=stale` };
  }

  return {
    /** Returns a fresh value, without a promise. */
    fresh(key: string): Found<Value> | undefined {
      const found = youngerThan(ttlMs, key)?.found;
      if (found !== undefined) events.lookedUp?.("fresh");
      return found;
    },

    /** Loads the value, or joins a call in flight for it. Never returns a stale value. */
    load: (key: string, loader: Loader<Value>): Promise<Found<Value>> =>
      inTurn(key, () => load(key, loader)),

    /** Like `load`, but returns a stale value while the service is unavailable. */
    loadOrStale: (key: string, loader: Loader<Value>): Promise<Found<Value>> =>
      inTurn(key, () => load(key, loader).catch((error) => staleInsteadOf(error, key))),

    /** The number of entries. */
    entries: () => entries.size,
  };
}
