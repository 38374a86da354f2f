/** The contract of `samples`. */
import { type Static, Type } from "@sinclair/typebox";

import { stored, Text } from "../platform/contract/schema-kinds.ts";
import { Cursor, Id, Limit, Timestamp } from "../platform/contract/schemas.ts";
// @each reference
import { CalleeId } from "./callees.ts";
// @end
import { UserId } from "./user-id.ts";

export const SampleId = Type.String({
  ...Id,
  $id: "SampleId",
  description: "The id of a sample. New ids are UUIDv7.",
});
export type SampleId = Static<typeof SampleId>;

export const SampleTitle = Text({
  $id: "SampleTitle",
  description: "The title of the sample. At least one character can be seen.",
  minLength: 1,
  maxLength: 100,
  examples: ["First"],
});
export type SampleTitle = Static<typeof SampleTitle>;

export const Sample = Type.Object(
  {
    id: SampleId,
    user_id: UserId,
    // @each reference
    callee_id: CalleeId,
    // @end
    title: stored(SampleTitle),
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { $id: "Sample", description: "A sample of one user.", additionalProperties: false },
);
export type Sample = Static<typeof Sample>;

/** What "Try it out" and the tests send: the demo data has everything that it names. */
const EXAMPLE = {
  user_id: "1",
  // @each reference
  callee_id: "1",
  // @end
  title: "First",
};

export const NewSample = Type.Object(
  {
    user_id: UserId,
    // @each reference
    callee_id: CalleeId,
    // @end
    title: SampleTitle,
  },
  {
    $id: "NewSample",
    description: "Fields of a new sample.",
    additionalProperties: false,
    examples: [EXAMPLE],
  },
);
export type NewSample = Static<typeof NewSample>;

export const SamplePatch = Type.Object(
  { title: SampleTitle },
  {
    $id: "SamplePatch",
    description: "The field to change, as a JSON merge patch (RFC 7396).",
    additionalProperties: false,
    examples: [{ title: "Second" }],
  },
);
export type SamplePatch = Static<typeof SamplePatch>;

export const SamplePage = Type.Array(Sample, {
  $id: "SamplePage",
  description: "Samples, oldest first.",
  maxItems: 100,
});
export type SamplePage = Static<typeof SamplePage>;

export const SamplePath = Type.Object({ id: SampleId }, { additionalProperties: false });
export type SamplePath = Static<typeof SamplePath>;

export const SampleQuery = Type.Object(
  { limit: Type.Optional(Limit), cursor: Type.Optional(Cursor) },
  { additionalProperties: false },
);
export type SampleQuery = Static<typeof SampleQuery>;
