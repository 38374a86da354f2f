/** The bounded storage of the cache. */
import type { Clock } from "./clock.ts";

export interface CacheEntriesOptions {
  /** Beyond this, the oldest entry is removed. */
  entriesMax: number;
  clock: Clock;
}

/**
 * Creates an empty storage. The entry that was stored first is also the first to expire, however
 * often it is read, so a map in insertion order is enough.
 */
export function createCacheEntries<Value>({ entriesMax, clock }: CacheEntriesOptions) {
  const entries = new Map<string, { value: Value; requestedAt: number }>();

  return {
    /** The time since the value was requested, in milliseconds; infinite without an entry. */
    ageMs: (key: string): number => clock.now() - (entries.get(key)?.requestedAt ?? -Infinity),

    youngerThan(ms: number, key: string): Value | undefined {
      const entry = entries.get(key);
      return entry && clock.now() - entry.requestedAt < ms ? entry.value : undefined;
    },

    /**
     * @param requestedAt when the value was requested, not when it arrived: it may have changed
     *   since
     */
    set(key: string, value: Value, requestedAt: number): void {
      entries.delete(key);
      entries.set(key, { value, requestedAt });
      if (entries.size <= entriesMax) return;
      const [first = ""] = entries.keys();
      entries.delete(first);
    },

    delete: (key: string): void => void entries.delete(key),
    size: (): number => entries.size,
  };
}
