/**
 * Whether a database that responds can do the work: judged by what failed last.
 *
 * Nothing is tested while operations succeed. One that failed makes the database unready, and is
 * tested until it succeeds: the same statements with the same values, so on the same tables, with
 * the same rights, and with as much space. Another test could succeed while it still fails, and
 * readiness would flap.
 */
import { type Statement, UniqueViolation } from "./database.ts";

/** How often to test, however often readiness is asked for: a test costs as much as a write. */
const TEST_INTERVAL_MS = 2_000;

/**
 * The maximum number of different operations to remember. A service has fewer; more cannot be told
 * apart by whether they fail.
 */
const FAILED_MAX = 16;

export interface LastFailuresOptions {
  /** A monotonic clock, in milliseconds. */
  now: () => number;
  /** Executes the unit, and then undoes it. Throws as the operation would. */
  test: (unit: readonly Statement[]) => Promise<unknown>;
}

export interface LastFailures {
  /** Notes a unit that failed in a way that says something about later ones. */
  failed(unit: readonly Statement[], error: unknown): void;
  /** @throws the error of what failed last, while it still fails */
  check(): Promise<void>;
}

interface Failed {
  unit: readonly Statement[];
  error: unknown;
}

export function createLastFailures({ now, test }: LastFailuresOptions): LastFailures {
  /** By the texts of the unit. */
  const failed = new Map<string, Failed>();
  let testedAt = 0;

  async function passes(key: string, { unit }: Failed): Promise<boolean> {
    try {
      await test(unit);
    } catch (cause) {
      // A row in the way: the unit, or one like it, was written after all.
      if (!(cause instanceof UniqueViolation)) {
        if (failed.has(key)) failed.set(key, { unit, error: cause });
        return false;
      }
    }
    failed.delete(key);
    return true;
  }

  return {
    failed(unit, error) {
      if (failed.size === 0) testedAt = now();
      const key = [...new Set(unit.map(({ text }) => text))].join(";");
      if (failed.has(key) || failed.size < FAILED_MAX) failed.set(key, { unit, error });
    },
    async check() {
      const isDue = now() - testedAt >= TEST_INTERVAL_MS;
      if (isDue) testedAt = now();
      for (const [key, one] of failed) {
        if (isDue && (await passes(key, one))) continue;
        throw (failed.get(key) ?? one).error;
      }
    },
  };
}
