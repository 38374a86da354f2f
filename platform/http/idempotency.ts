/**
 * Exactly-once creation (draft-ietf-httpapi-idempotency-key-header-07).
 *
 * It relies only on the unique index of the key table: the record of the key is inserted first, in
 * the same unit as the resource.
 */
import {
  type Database,
  type Row,
  type Statement,
  UniqueViolation,
  UnmetCondition,
} from "../database/database.ts";
import type { TraceContext } from "../process/trace/trace-context.ts";
import { ProblemError } from "./failure.ts";
import { keyInUse, keyReused } from "./failures.ts";

/** The minimum lifetime of a key. */
export const KEY_LIFETIME_MS = 24 * 60 * 60 * 1000;

/**
 * The maximum number of keys that one sweep statement deletes, so that it does not delay creations.
 */
const SWEEP_ROWS_MAX = 1_000;

/**
 * The maximum number of attempts. The row that blocked the first attempt may be swept or deleted
 * before it is looked up; that this happens twice in a row is no coincidence.
 */
const ATTEMPTS_MAX = 2;

/** The failure that describes the row that blocks a creation. */
type Obstacle = ProblemError | undefined;

export interface Creation<Resource> {
  resource: Resource;
  /** The plain INSERT of the resource. */
  insert: Statement;
  /** The entity tag of the resource. */
  tag: string;
  /** With a `turn`: nothing is created unless it returns a row. Default: none */
  condition?: Statement;
  /**
   * Looks up what blocks the insert, for example a row with the same email, or a limit that the
   * condition keeps. Default: nothing can
   */
  obstacle?: () => Promise<Obstacle>;
}

/** Prepares the resource. Not called if a replay is shown. */
export type Prepare<Resource> = () => Promise<Creation<Resource>> | Creation<Resource>;

export interface CreationRequest {
  /** The header as received, quoted or not; without one, every request creates a resource. */
  key: string | undefined;
  /** Whose key it is. Default: nobody's */
  caller?: string;
  /** The trace that the creation belongs to. Default: none */
  trace?: TraceContext | undefined;
  /** The body: using the same key with another body is an error. */
  body: unknown;
  /**
   * Whether the caller may create this resource now: what it was allowed at the first request, it
   * may no longer be. Default: it may
   */
  mayCreate?: (resource: unknown) => boolean;
}

/** A resource as it was created, with its entity tag from then. */
export interface Created<Resource> {
  resource: Resource;
  tag: string;
  replayed: boolean;
}

interface Attempt<Resource> {
  /** Returns the record of the key. Default: none */
  record?: (resource: Resource, tag: string) => Statement[];
  /** Looks up what the key has created in the meantime. Default: nothing */
  find?: () => Promise<Created<Resource> | undefined>;
  trace: TraceContext | undefined;
}

/**
 * Creations of one service. A recorded key never creates again: not after the resource was changed
 * or deleted, not in another process on the same database, not after a crash. Failures are not
 * recorded: they created nothing and can be retried.
 */
export function createCreations({ database, now }: { database: Database; now: () => number }) {
  const inFlight = new Set<string>();

  /**
   * Creates the resource from `prepare`, or returns what the key created before.
   *
   * @throws ProblemError 422 if the key was used with another body, 409 while a request with it is
   *   in progress, and the failures of `prepare` and `obstacle`
   */
  async function create<Resource extends { id: string }>(
    { key: header = "", caller = "", trace, body, mayCreate = () => true }: CreationRequest,
    prepare: Prepare<Resource>,
  ): Promise<Created<Resource>> {
    const key = keyIn(header);
    if (key === "") return attempt(prepare, { trace });
    const claim = JSON.stringify([caller, key]);
    if (inFlight.has(claim)) throw new ProblemError(keyInUse);
    inFlight.add(claim);
    try {
      const fingerprint = fingerprintOf(body);
      const find = async () => {
        const [row] = await database.read<KeyRow>(FIND, [caller, key], trace);
        if (!row) return undefined;
        if (row.fingerprint !== fingerprint) throw new ProblemError(keyReused);
        const earlier = replay<Resource>(row);
        if (!mayCreate(earlier.resource)) throw await refusal(prepare);
        return earlier;
      };
      const record = (resource: Resource, tag: string): Statement[] => {
        const { id } = resource;
        const values = [caller, key, fingerprint, id, JSON.stringify(resource), tag, now()];
        return [{ text: RECORD, values }];
      };
      return (await find()) ?? (await attempt(prepare, { record, find, trace }));
    } finally {
      inFlight.delete(claim);
    }
  }

  /** Inserts the record and the resource. If a row blocks them, finds out which. */
  async function attempt<Resource>(
    prepare: Prepare<Resource>,
    { record = () => [], find = async () => undefined, trace }: Attempt<Resource>,
  ): Promise<Created<Resource>> {
    const { resource, insert, tag, condition, obstacle } = await prepare();
    const insertion = condition ? [condition, insert] : [insert];
    for (let attempts = 1; ; attempts += 1) {
      try {
        // The key first: a concurrent request with the same key waits there and never inserts the
        // resource.
        await database.write([...record(resource, tag), ...insertion], trace);
        return { resource, tag, replayed: false };
      } catch (error) {
        const isBlocked = error instanceof UniqueViolation || error instanceof UnmetCondition;
        if (!isBlocked) throw error;
        // The whole unit is rolled back; what the other request wrote is committed.
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

/** Deletes the keys that are older than {@link KEY_LIFETIME_MS} at `nowMs`. */
export async function sweepKeys(database: Database, nowMs: number): Promise<void> {
  const newest = nowMs - KEY_LIFETIME_MS - 1;
  // Each statement begins where the last one ended: the index still has the rows that are gone.
  for (let from = 0; ;) {
    const [swept = []] = await database.write<SweptRow>([{ text: SWEEP, values: [from, newest] }]);
    if (swept.length < SWEEP_ROWS_MAX) return;
    from = Math.max(...swept.map(({ created_at }) => created_at));
  }
}

interface SweptRow extends Row {
  created_at: number;
}

interface KeyRow extends Row {
  fingerprint: string;
  resource_id: string;
  answer: string;
  tag: string | null;
}

const FIND = `
  SELECT fingerprint, resource_id, answer, tag FROM idempotency_keys
  WHERE caller = $1 AND key = $2`;

const RECORD = `
  INSERT INTO idempotency_keys (caller, key, fingerprint, resource_id, answer, tag, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7)`;

// A range of the index by age, on both engines: joined by key, the rows would be read in an order
// that has nothing to do with the disk. What Postgres expects of values that it does not know decides
// the plan. It expects a third of the table for one end, and a two-hundredth for two: so the search
// for the oldest has one, which is no reason to sort, and the range has two, which is no reason to
// scan the table. Times that are equal are swept together.
const SWEEP = `
  DELETE FROM idempotency_keys
  WHERE created_at BETWEEN $1 AND (
    SELECT max(created_at) FROM (
      SELECT created_at FROM idempotency_keys
      WHERE created_at >= $1 ORDER BY created_at LIMIT ${SWEEP_ROWS_MAX}
    ) AS oldest
  ) AND created_at <= $2
  RETURNING created_at`;

/**
 * Returns the key: the header is a structured-field string (RFC 8941, 3.3.3), or the same without
 * quotes.
 */
function keyIn(header: string): string {
  return header.startsWith('"') ? header.slice(1, -1).replaceAll(/\\(.)/g, "$1") : header;
}

// The stored text is the body that was sent. Parsing and serializing it gives the same bytes. Before
// tags were recorded, every new resource had the same one.
function replay<Resource>({ answer, tag }: KeyRow): Created<Resource> {
  return { resource: JSON.parse(answer) as Resource, tag: tag ?? '"1"', replayed: true };
}

/** The failure of a new request by a caller who may not see the replay. */
async function refusal<Resource>(prepare: Prepare<Resource>): Promise<ProblemError> {
  const { obstacle } = await prepare();
  return (await obstacle?.()) ?? new ProblemError(keyReused);
}

/** Returns the SHA-256 of the JSON value, independent of white space and member order. */
function fingerprintOf(request: unknown): string {
  const canonical = JSON.stringify(request, (_name, value) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return new Bun.CryptoHasher("sha256").update(canonical).digest("hex");
}
