/** Demo data: two samples of user 1, or any number of plausible samples. */
import {
  type Database,
  demo,
  DEMO_AT,
  fill,
  type Output,
  pick,
  requirePositive,
  type Seeded,
  type Statement,
} from "../platform/seeding.ts";
import { SAMPLES } from "./table.ts";

/**
 * Fills an empty database, or goes on with an interrupted seed. Any other is not changed.
 *
 * @throws UsageError for an invalid option
 */
export async function seed(
  database: Database,
  { samples }: { samples?: number },
  output: Pick<Output, "progress">,
): Promise<Seeded> {
  if (samples === undefined) {
    const rows = [
      { id: "1", user_id: "1", title: "First", at: DEMO_AT },
      { id: "2", user_id: "1", title: "Second", at: DEMO_AT + 1000 },
    ].map((one) => ({ name: `sample ${one.id} of user 1`, insert: insert(one) }));
    return demo(database, { what: "samples", rows });
  }
  requirePositive("samples", samples);
  return fill(
    database,
    {
      what: "samples",
      count: samples,
      insert: ({ number, at, random }) =>
        insert({
          id: String(number),
          user_id: pick(random, ["1", "2"]),
          title: `${pick(random, TITLES)} ${number}`,
          at,
        }),
    },
    output,
  );
}

const TITLES = ["Blue", "Green", "Red", "Yellow"];

/** Returns the INSERT of a sample that was never changed. */
function insert({
  at,
  ...fields
}: {
  id: string;
  user_id: string;
  title: string;
  at: number;
}): Statement {
  const created_at = new Date(at).toISOString();
  return SAMPLES.insert({
    ...fields,
    // @each reference
    callee_id: "1",
    // @end
    created_at,
    updated_at: created_at,
  });
}
