/** What another service answered, asked for again only when it is too old, and by one call at a time. */
import { createAnswers } from "./answers.ts";
import type { Call, CallEvents } from "./call.ts";
import { type Clock, systemClock } from "./clock.ts";
import { isAway } from "./error.ts";
import { createFlights } from "./flights.ts";

export interface CacheOptions {
  /** The other service, as `Cache-Status` names it. */
  service: string;
  /** How long an answer is used as it is; with 0 there is still one flight a key. */
  ttlMs: number;
  /** How old an answer may be that is shown while the service is away. */
  staleMs: number;
  /** Default: 10000 */
  entriesMax?: number;
  /** Default: the clock of the system */
  clock?: Clock;
  /** Default: nobody is told */
  events?: Partial<CallEvents>;
}

/** What the service answered, and when it was asked. */
export interface Answer<Value> {
  /** `undefined`: there is none. */
  value: Value | undefined;
  askedAt: number;
}

export interface Found<Value> {
  /** `undefined`: there is none. */
  readonly value: Value | undefined;
  /** The `Cache-Status` of a stale answer (RFC 9211). */
  readonly cacheStatus?: string;
}

/** How to ask the service, by one who waits. */
export interface Asking<Value> {
  /** Ends the wait of this one alone. */
  signal: AbortSignal;
  /** Not called while another one's question is on its way. */
  ask: (call: Call) => Promise<Answer<Value>>;
}

/**
 * A cache of values by their keys. That there is none is never kept, and forgets the value: one that is
 * created is found at once, and one that was deleted does not come back.
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

  /** The last answer in place of a failure that says no more than that the service is away. */
  function staleInsteadOf(error: unknown, key: string): Found<Value> {
    const kept = isAway(error) ? answers.youngerThan(staleMs, key) : undefined;
    if (kept === undefined) throw error;
    events.lookedUp?.("stale");
    const ttlSeconds = Math.floor((ttlMs - answers.ageMs(key)) / 1000);
    return { ...kept, cacheStatus: `${service}; hit; ttl=${ttlSeconds}; detail=stale` };
  }

  return {
    /** What is known and not too old, without a promise. */
    fresh(key: string): Found<Value> | undefined {
      const found = answers.youngerThan(ttlMs, key);
      if (found !== undefined) events.lookedUp?.("fresh");
      return found;
    },

    /** Asks the service, together with whoever waits for the same already. Never stale. */
    ask,

    /** As `ask`, but with a stale answer rather than none while the service is away. */
    askOrStale(key: string, asking: Asking<Value>): Promise<Found<Value>> {
      return ask(key, asking).catch((error) => staleInsteadOf(error, key));
    },

    /** How many answers are kept. */
    entries: answers.size,
  };
}
export type Cache = Pick<ReturnType<typeof createCache>, "entries">;
