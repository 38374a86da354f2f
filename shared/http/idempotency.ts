/**
 * Exactly-once creation (draft-ietf-httpapi-idempotency-key-header-07).
 *
 * It rests on the unique index of the key table and on nothing that a store could forget: the record
 * of the key is inserted first, in the unit that inserts what it creates.
 */
import type { Database, Row, Statement } from "../database/database.ts";
import { UniqueViolation } from "../database/database.ts";
import type { TraceContext } from "../process/trace/trace-context.ts";
import { ProblemError } from "./failure.ts";
import { keyInUse, keyReused } from "./failures.ts";

/** How long a key is kept at least. */
export const KEY_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** The most keys that one statement of the sweep deletes, so that it holds up no creation. */
const SWEEP_ROWS_MAX = 1_000;

/**
 * How often a creation is tried. What stood in the way of the first attempt may be gone when it is
 * looked for, swept or deleted in between; that this happens twice in a row is no coincidence.
 */
const ATTEMPTS_MAX = 2;

/** What may not be created, because something is there already, as this creation's own failure. */
type Obstacle = ProblemError | undefined;

export interface Creation<Resource> {
  resource: Resource;
  /** The plain INSERT of the resource. */
  insert: Statement;
  /** Reads what stands in the way of the insert, a row with the same email for example. Default: nothing can */
  obstacle?: () => Promise<Obstacle>;
}

/** Makes what is to be created, unless it was before. */
export type Prepare<Resource> = () => Promise<Creation<Resource>> | Creation<Resource>;

export interface CreationRequest {
  /** The header as it came, in quotes or bare; without one, every request creates. */
  key: string | undefined;
  /** Whose key it is. Default: nobody's by name */
  caller?: string;
  /** What it is a part of. Default: nothing */
  trace?: TraceContext | undefined;
  /** The body: the same key with another one is a mistake. */
  body: unknown;
}

interface Attempt<Resource> {
  /** The record of the key. Default: none */
  record?: (resource: Resource) => Statement[];
  /** What the key created meanwhile. Default: nothing */
  find?: () => Promise<{ resource: Resource; replayed: boolean } | undefined>;
  trace: TraceContext | undefined;
}

/**
 * The creations of one service. A key that is recorded creates nothing again: not after the resource was
 * changed or deleted, not in another process on the same database, not after a crash. Failures are not
 * recorded: they created nothing and may be tried again.
 */
export function createCreations({ database, now }: { database: Database; now: () => number }) {
  const inFlight = new Set<string>();

  /**
   * Creates what `prepare` makes, or returns what the key created before.
   *
   * @throws ProblemError 422 if the key was used with another body, 409 while it is being worked on,
   *   and what `prepare` and `obstacle` find
   */
  async function create<Resource extends { id: string }>(
    { key: header = "", caller = "", trace, body }: CreationRequest,
    prepare: Prepare<Resource>,
  ): Promise<{ resource: Resource; replayed: boolean }> {
    const key = keyIn(header);
    if (key === "") return attempt(prepare, { trace });
    const claim = JSON.stringify([caller, key]);
    if (inFlight.has(claim)) throw new ProblemError(keyInUse);
    inFlight.add(claim);
    try {
      const fingerprint = fingerprintOf(body);
      const find = async () => {
        const [row] = await database.read<KeyRow>(FIND, [caller, key], trace);
        return row && { resource: replay<Resource>(row, fingerprint), replayed: true };
      };
      const record = (resource: Resource): Statement[] => {
        const values = [caller, key, fingerprint, resource.id, JSON.stringify(resource), now()];
        return [{ text: RECORD, values }];
      };
      return (await find()) ?? (await attempt(prepare, { record, find, trace }));
    } finally {
      inFlight.delete(claim);
    }
  }

  /** Writes the record and the resource; where a row stands in the way, finds out which. */
  async function attempt<Resource>(
    prepare: Prepare<Resource>,
    { record = () => [], find = async () => undefined, trace }: Attempt<Resource>,
  ): Promise<{ resource: Resource; replayed: boolean }> {
    const { resource, insert, obstacle } = await prepare();
    for (let attempts = 1; ; attempts += 1) {
      try {
        // The key first: whoever is second waits there, and never gets as far as the resource.
        await database.write([...record(resource), insert], trace);
        return { resource, replayed: false };
      } catch (error) {
        if (!(error instanceof UniqueViolation)) throw error;
        // All of the unit is undone; what another one did is committed.
        const earlier = await find();
        if (earlier) return earlier;
        const found = await obstacle?.();
        if (found) throw found;
        if (attempts === ATTEMPTS_MAX) throw error;
      }
    }
  }

  return { create };
}
export type Creations = ReturnType<typeof createCreations>;

/** Forgets the keys that are older than {@link KEY_LIFETIME_MS} at `nowMs`. */
export async function sweepKeys(database: Database, nowMs: number): Promise<void> {
  for (;;) {
    const unit = [{ text: SWEEP, values: [nowMs - KEY_LIFETIME_MS, SWEEP_ROWS_MAX] }];
    const [swept = []] = await database.write(unit);
    if (swept.length < SWEEP_ROWS_MAX) return;
  }
}

interface KeyRow extends Row {
  fingerprint: string;
  answer: string;
}

const FIND = "SELECT fingerprint, answer FROM idempotency_keys WHERE caller = $1 AND key = $2";

const RECORD = `
  INSERT INTO idempotency_keys (caller, key, fingerprint, resource_id, answer, created_at)
  VALUES ($1, $2, $3, $4, $5, $6)`;

const SWEEP = `
  DELETE FROM idempotency_keys
  WHERE (caller, key) IN (
    SELECT caller, key FROM idempotency_keys WHERE created_at < $1 ORDER BY created_at LIMIT $2
  )
  RETURNING key`;

/** What the header names: a string of structured fields (RFC 8941, 3.3.3), or the same written bare. */
function keyIn(header: string): string {
  return header.startsWith('"') ? header.slice(1, -1).replaceAll(/\\(.)/g, "$1") : header;
}

// The kept text is what was sent, and parsing and writing it again gives the same bytes.
function replay<Resource>({ fingerprint, answer }: KeyRow, expected: string): Resource {
  if (fingerprint === expected) return JSON.parse(answer) as Resource;
  throw new ProblemError(keyReused);
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
