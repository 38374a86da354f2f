/** The bounded storage of the cache. */
import type { Clock } from "./clock.ts";

export interface AnswersOptions {
  /** Beyond this, the oldest entry is removed. */
  entriesMax: number;
  clock: Clock;
}

/**
 * Creates an empty storage. The entry that was stored first is also the first to expire, however
 * often it is read, so a map in insertion order is enough.
 */
export function createAnswers<Value>({ entriesMax, clock }: AnswersOptions) {
  const kept = new Map<string, { value: Value; askedAt: number }>();

  const answers = {
    /** The time since the value was requested, in milliseconds; infinite without an entry. */
    ageMs: (key: string): number => clock.now() - (kept.get(key)?.askedAt ?? -Infinity),

    youngerThan(ms: number, key: string): Value | undefined {
      const entry = kept.get(key);
      return entry && clock.now() - entry.askedAt < ms ? entry.value : undefined;
    },

    /**
     * @param requestedAt when the value was requested, not when it arrived: it may have changed
     *   since
     */
    keep(key: string, value: Value, askedAt: number): void {
      kept.delete(key);
      kept.set(key, { value, askedAt });
      if (kept.size <= entriesMax) return;
      const [first = ""] = kept.keys();
      kept.delete(first);
    },

    forget: (key: string): void => void kept.delete(key),
    size: (): number => kept.size,
  };
  return answers;
}
