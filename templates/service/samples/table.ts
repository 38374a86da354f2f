/** The table `samples`. A sample belongs to its user. */
import { table } from "../platform/index.ts";
import type { Sample } from "../shared/types.ts";

export const SAMPLES = table<Sample>(
  "samples",
  ({ text, instant }) => ({
    id: text,
    user_id: text,
    // @each reference
    callee_id: text,
    // @end
    title: text,
    created_at: instant,
    updated_at: instant,
  }),
  { owner: "user_id" },
);
