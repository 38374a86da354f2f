/**
 * Fills an empty database with the demo data, or in bulk with plausible data that is always the
 * same.
 */
import { OperatorError, UsageError } from "../process/operator-error.ts";
import type { Output } from "../process/output.ts";
import { type Database, type Statement, UniqueViolation } from "./database.ts";

/**
 * Rows per unit: large enough that an index page is not rewritten for every few rows. The number of
 * concurrent units is for the connections of a pool.
 */
const ROWS_PER_UNIT = 5_000;
const UNITS_AT_ONCE = 4;

/** The creation time of the first row of demo data. */
export const DEMO_AT = Date.UTC(2026, 0, 2, 3, 4, 5);

/** What a seed did, in words for people. */
export interface Seeded {
  /** Whether it has written something, or has found that the demo data is not whole. */
  isNew: boolean;
  text: string;
}

/** The rows of bulk data spread evenly over the two years before that. */
const BULK_MS = 2 * 365 * 24 * 60 * 60 * 1000;

export interface Demo {
  /** The name of the table. */
  what: string;
  /** Its rows, each with what to call it. */
  rows: readonly { name: string; insert: Statement }[];
}

/**
 * Inserts the demo data into an empty table. The text says of any other whether the demo data is
 * still there; the ids count up from 1.
 */
export async function demo(database: Database, { what, rows }: Demo): Promise<Seeded> {
  const found = await database.read(`SELECT id FROM ${what} ORDER BY id LIMIT 1`, []);
  if (found.length === 0) {
    await database.write(rows.map(({ insert }) => insert));
    return { isNew: true, text: `seeded ${rows.map(({ name }) => name).join(" and ")}` };
  }
  const missing: string[] = [];
  for (const [index, { name }] of rows.entries()) {
    const row = await createdAt(database, what, index + 1);
    if (row === undefined) missing.push(name);
  }
  const text = `nothing to seed: the database already has ${what}`;
  if (missing.length === 0) return { isNew: false, text };
  return { isNew: true, text: `${text}. ${NOT_WHOLE}: without ${missing.join(" and ")}` };
}

/** In the text about demo data of which something is missing. */
export const NOT_WHOLE = "The demo data is not whole";

/** When the row with this number was created, in milliseconds since 1970. */
async function createdAt(
  database: Database,
  table: string,
  number: number,
): Promise<number | undefined> {
  const statement = `SELECT created_at FROM ${table} WHERE id = $1`;
  const [row] = await database.read(statement, [String(number)]);
  return row && Number(row["created_at"]);
}

export interface Filling {
  /** The name of the table. */
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

/**
 * Inserts `count` rows into an empty table. If an earlier call for as many was interrupted, inserts
 * those that it did not reach: each unit is written whole or not at all, and the time of a row
 * depends on `count`, so the first row of a unit tells whether the unit is there.
 */
export async function fill(
  database: Database,
  { what, count, insert }: Filling,
  { progress }: Pick<Output, "progress">,
): Promise<Seeded> {
  const startedAt = performance.now();
  const timeOf = (number: number) =>
    DEMO_AT - BULK_MS + Math.floor((BULK_MS * number) / (count + 1));
  const [any] = await database.read(`SELECT id FROM ${what} ORDER BY id LIMIT 1`, []);
  const starts: number[] = [];
  let there = 0;
  for (let from = 1; from <= count; from += ROWS_PER_UNIT) {
    const isThere = any && (await createdAt(database, what, from)) === timeOf(from);
    if (isThere) there += unitFrom(from);
    else starts.push(from);
  }
  if ((any && there === 0) || starts.length === 0) {
    return { isNew: false, text: `nothing to seed: the database already has ${what}` };
  }
  let done = there;

  function unitFrom(from: number): number {
    return Math.min(ROWS_PER_UNIT, count + 1 - from);
  }

  async function work() {
    for (let from = starts.shift(); from !== undefined; from = starts.shift()) {
      const first = from;
      const numbers = Array.from({ length: unitFrom(from) }, (_, index) => first + index);
      const rows = numbers.map((number) => ({
        number,
        at: timeOf(number),
        random: randomFrom(number),
      }));
      await database.write(rows.map(insert)).catch((cause) => {
        if (!(cause instanceof UniqueViolation)) throw cause;
        const why = `The database has other ${what} with these ids or unique values`;
        throw new OperatorError(`${why}: seed an empty one`, { cause });
      });
      done += numbers.length;
      const percent = Math.floor((100 * done) / count);
      const rate = Math.round((done - there) / ((performance.now() - startedAt) / 1000));
      progress(`${percent} % of ${count} ${what}, ${rate} a second`);
    }
  }
  await Promise.all(Array.from({ length: UNITS_AT_ONCE }, work));
  progress("");
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const before = there > 0 ? ` (${there} were there)` : "";
  return { isNew: true, text: `seeded ${count - there} ${what} in ${seconds} s${before}` };
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
