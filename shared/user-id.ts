/** The id of a person, in every service that has something of theirs: the subject of their token. */
import { type Static, Type } from "@sinclair/typebox";

import { Id } from "../platform/contract/schemas.ts";

export const UserId = Type.String({
  ...Id,
  $id: "UserId",
  description: "The id of a user. New ids are UUIDv7.",
});
export type UserId = Static<typeof UserId>;
