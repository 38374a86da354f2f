/** Exactly-once creation (draft-ietf-httpapi-idempotency-key-header-07). */
import type { Database, Row, Statement } from "../database/database.ts";
import { ProblemError } from "./problem.ts";

/** How long a key is kept at least. */
export const KEY_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** The most keys that one statement of the sweep deletes, so that it holds up no creation. */
const SWEEP_ROWS_MAX = 1_000;

/** What a client asks for under a key of its own; `key` is empty where it sent none. */
export interface Claim {
  /** Whose key it is; empty while callers have no name. */
  caller: string;
  key: string;
}

export interface Creation<Answer> {
  answer: Answer;
  /** Inserts the row of the answer if its guard holds, and breaks a unique index if it must not be. */
  insert: Statement;
}

export interface Once {
  /** The header as it came. */
  key: string | undefined;
  /** Whose key it is. Default: nobody's by name */
  caller?: string;
  /** The body: the same key with another one is a mistake. */
  request: unknown;
}

/**
 * The creations of one service. The record of a key and the thing that it created are written as a
 * unit, and a key that is recorded creates nothing again: not after the thing was changed or deleted,
 * not in another process on the same database, not after a crash. Failures are not recorded: they
 * created nothing and may be tried again.
 */
export function createCreations({ database, now }: { database: Database; now: () => number }) {
  const inFlight = new Set<string>();

  /**
   * Creates what `prepare` makes, or finds what the key created before.
   *
   * @throws ProblemError 422 if the key was used with another body, 409 while it is being worked on
   * @throws UniqueViolation from the insert
   */
  async function once<Answer extends { id: string }>(
    { key = "", caller = "", request }: Once,
    prepare: (claim: Claim) => Promise<Creation<Answer>> | Creation<Answer>,
  ): Promise<{ answer: Answer; replayed: boolean }> {
    const claim: Claim = { caller, key };
    if (key === "") {
      const { answer, insert } = await prepare(claim);
      await database.write([insert]);
      return { answer, replayed: false };
    }

    const name = JSON.stringify([caller, key]);
    if (inFlight.has(name)) {
      throw new ProblemError(
        409,
        "idempotency_key_in_use",
        "A request with this Idempotency-Key is still being worked on",
        { headers: { "retry-after": "1" } },
      );
    }
    inFlight.add(name);
    try {
      const fingerprint = fingerprintOf(request);
      const [earlier] = await database.read<KeyRow>(FIND, [caller, key]);
      if (earlier) return { answer: replay<Answer>(earlier, fingerprint), replayed: true };

      const { answer, insert } = await prepare(claim);
      const values = [caller, key, fingerprint, answer.id, JSON.stringify(answer), now()];
      const [, , found] = await database.write([
        { text: RECORD, values },
        insert,
        { text: FIND, values: [caller, key] },
      ]);
      const [record] = found as KeyRow[];
      if (!record) throw new Error("A recorded idempotency key is gone");
      if (record.resource_id === answer.id) return { answer, replayed: false };
      return { answer: replay<Answer>(record, fingerprint), replayed: true };
    } finally {
      inFlight.delete(name);
    }
  }

  /** Forgets the keys that are older than {@link KEY_LIFETIME_MS}. */
  async function sweep(): Promise<void> {
    for (;;) {
      const unit = [{ text: SWEEP, values: [now() - KEY_LIFETIME_MS, SWEEP_ROWS_MAX] }];
      const [swept = []] = await database.write(unit);
      if (swept.length < SWEEP_ROWS_MAX) return;
    }
  }

  return { once, sweep };
}
export type Creations = ReturnType<typeof createCreations>;

interface KeyRow extends Row {
  fingerprint: string;
  resource_id: string;
  answer: string;
}

const FIND =
  "SELECT fingerprint, resource_id, answer FROM idempotency_keys WHERE caller = $1 AND key = $2";

// On Postgres this waits for another transaction with the same key, and then does nothing.
const RECORD = `
  INSERT INTO idempotency_keys (caller, key, fingerprint, resource_id, answer, created_at)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (caller, key) DO NOTHING`;

const SWEEP = `
  DELETE FROM idempotency_keys
  WHERE (caller, key) IN (
    SELECT caller, key FROM idempotency_keys WHERE created_at < $1 ORDER BY created_at LIMIT $2
  )
  RETURNING key`;

// The kept text is what was sent, and parsing and writing it again gives the same bytes.
function replay<Answer>({ fingerprint, answer }: KeyRow, expected: string): Answer {
  if (fingerprint === expected) return JSON.parse(answer) as Answer;
  throw new ProblemError(
    422,
    "idempotency_key_reused",
    "This Idempotency-Key was used before with another body",
  );
}

/** SHA-256 of the JSON value: neither white space nor the order of the members counts. */
function fingerprintOf(request: unknown): string {
  const canonical = JSON.stringify(request, (_name, value) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return new Bun.CryptoHasher("sha256").update(canonical).digest("hex");
}
