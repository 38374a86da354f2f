/**
 * Fills an empty database with the demo data, or in bulk with plausible data that is always the
 * same.
 */
import { UsageError } from "../process/operator-error.ts";
import type { Output } from "../process/output.ts";
import type { Database, Statement } from "./database.ts";

/**
 * Rows per unit: large enough that an index page is not rewritten for every few rows. The number of
 * concurrent units is for the connections of a pool.
 */
const ROWS_PER_UNIT = 5_000;
const UNITS_AT_ONCE = 4;

/** The creation time of the first row of demo data. */
export const DEMO_AT = Date.UTC(2026, 0, 2, 3, 4, 5);

/** The rows of bulk data spread evenly over the two years before that. */
const BULK_MS = 2 * 365 * 24 * 60 * 60 * 1000;

export interface Filling {
  /** What the table holds, in the plural. */
  what: string;
  count: number;
  /**
   * Returns the INSERT of a row. `number` counts up from 1, `at` grows with it, `random` is seeded
   * per row.
   */
  insert(row: { number: number; at: number; random: Random }): Statement;
}

/** Returns a number from 0 up to, but not including, 1. */
export type Random = () => number;

/** Inserts `count` rows. Returns a sentence that says so. */
export async function fill(
  database: Database,
  { what, count, insert }: Filling,
  { progress }: Pick<Output, "progress">,
): Promise<string> {
  const startedAt = performance.now();
  let next = 1;
  let done = 0;

  async function work() {
    while (next <= count) {
      const from = next;
      next = Math.min(from + ROWS_PER_UNIT, count + 1);
      const numbers = Array.from({ length: next - from }, (_, index) => from + index);
      await database.write(
        numbers.map((number) =>
          insert({
            number,
            at: DEMO_AT - BULK_MS + Math.floor((BULK_MS * number) / (count + 1)),
            random: randomFrom(number),
          }),
        ),
      );
      done += numbers.length;
      const percent = Math.floor((100 * done) / count);
      const rate = Math.round(done / ((performance.now() - startedAt) / 1000));
      progress(`${percent} % of ${count} ${what}, ${rate} a second`);
    }
  }
  await Promise.all(Array.from({ length: UNITS_AT_ONCE }, work));
  progress("");
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  return `seeded ${count} ${what} in ${seconds} s`;
}

/**
 * Returns the same numbers for the same seed (mulberry32, Tommy Ettinger, public domain). Good
 * enough for demo data, not for anything that must be hard to guess.
 */
export function randomFrom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns one of the choices; likely ones appear more than once. */
export function pick<Choice>(random: Random, choices: readonly Choice[]): Choice {
  return choices[Math.floor(random() * choices.length)] as Choice;
}

/** @throws UsageError for a count of 0 */
export function requirePositive(option: string, value: number): void {
  if (value < 1) throw new UsageError(`--${option}: expected a whole number of at least 1`);
}
