/** A bounded memory of answers, each with its age. */
import type { Clock } from "./clock.ts";

export interface AnswersOptions {
  /** Beyond that the answer goes that was kept first. */
  entriesMax: number;
  clock: Clock;
}

/**
 * Answers by their keys. The one that was kept first is the first to be too old for any use, however
 * often it is asked for, so a plain map in the order of keeping does.
 */
export function createAnswers<Value>({ entriesMax, clock }: AnswersOptions) {
  const kept = new Map<string, { value: Value; askedAt: number }>();

  const answers = {
    /** How many milliseconds ago it was asked for; infinitely many if nothing is kept. */
    ageMs: (key: string): number => clock.now() - (kept.get(key)?.askedAt ?? -Infinity),

    youngerThan(ms: number, key: string): Value | undefined {
      const entry = kept.get(key);
      return entry && clock.now() - entry.askedAt < ms ? entry.value : undefined;
    },

    /** @param askedAt an answer is as old as its question: it may have become wrong since */
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
