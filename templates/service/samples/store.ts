/** The SQL of samples: one function per operation, from and to contract types. */
import {
  andThen,
  type Database,
  nothingLeft,
  type Place,
  type Stored,
  type Who,
} from "../platform/index.ts";
import type { NewSample, Sample, SamplePatch, SampleQuery } from "../shared/types.ts";
import { SAMPLES } from "./table.ts";

// Put together once, and not for each request.
const BY_ID = `SELECT ${SAMPLES.columns} FROM samples WHERE id = $1`;
const LIST = `
  SELECT ${SAMPLES.columns} FROM samples
  WHERE (created_at, id) > ($1, $2)
  ORDER BY created_at, id LIMIT CAST($3 AS INTEGER)`;
const OWN = `
  SELECT ${SAMPLES.columns} FROM samples
  WHERE user_id = CAST($1 AS TEXT) AND (created_at, id) > ($2, $3)
  ORDER BY created_at, id LIMIT CAST($4 AS INTEGER)`;
const UPDATE = `
  UPDATE samples
  SET title = $1, version = version + 1, revision = $2,
    updated_at = ${SAMPLES.timeOfChange("$3")}
  WHERE id = $4 AND ${SAMPLES.isAdmitted("$5")} AND ${SAMPLES.isOwned("$6")}
  RETURNING ${SAMPLES.columns}`;
const REMOVE = `
  DELETE FROM samples WHERE id = $1 AND ${SAMPLES.isAdmitted("$2")} AND ${SAMPLES.isOwned("$3")}
  RETURNING id`;

export function createSampleStore(database: Database, now: () => number) {
  return {
    byId(id: string, who: Who) {
      return andThen(database.read(BY_ID, [id], who.trace), (rows) => SAMPLES.first(rows, who));
    },

    /** Returns the samples that the caller may see, oldest first: everyone's, or only its own. */
    list(_query: SampleQuery, { createdAt, id, limit }: Place, who: Who) {
      const { owner, trace } = who;
      const rows = who.isEveryone
        ? database.read(LIST, [createdAt, id, limit], trace)
        : database.read(OWN, [owner, createdAt, id, limit], trace);
      return andThen(rows, (rows) => SAMPLES.all(rows, who));
    },

    /** Prepares a sample with a new id. */
    create({
      user_id,
      // @each reference
      callee_id,
      // @end
      title,
      ...rest
    }: NewSample) {
      nothingLeft(rest);
      const at = now();
      const created_at = new Date(at).toISOString();
      const resource: Sample = {
        id: Bun.randomUUIDv7("hex", at),
        user_id,
        // @each reference
        callee_id,
        // @end
        title,
        created_at,
        updated_at: created_at,
      };
      return SAMPLES.creation(resource);
    },

    /** Changes the title. Returns nothing if the caller may not, or not with this tag. */
    async update(
      id: string,
      { title, ...rest }: SamplePatch,
      who: Who,
    ): Promise<Stored<Sample> | undefined> {
      nothingLeft(rest);
      const values = [title, SAMPLES.newRevision(), now(), id, who.tags, who.owner];
      const [rows = []] = await database.write([{ text: UPDATE, values }], who.trace);
      return SAMPLES.first(rows, who);
    },

    /** Deletes the sample. Returns whether it did: the caller may, with this tag. */
    async remove(id: string, { tags, owner, trace }: Who): Promise<boolean> {
      const values = [id, tags, owner];
      const [rows] = await database.write([{ text: REMOVE, values }], trace);
      return rows?.length === 1;
    },
  };
}
export type SampleStore = ReturnType<typeof createSampleStore>;
