/** The contract of `users`. */
import { type Static, Type } from "@sinclair/typebox";

import { stored, Text } from "../platform/contract/schema-kinds.ts";
import { Cursor, Limit, Timestamp } from "../platform/contract/schemas.ts";
import { UserId } from "./user-id.ts";

export const Name = Text({
  $id: "Name",
  description:
    "The name of the user: a line of printable text. At least one character can be seen.",
  minLength: 1,
  maxLength: 100,
  examples: ["Alice"],
});
export type Name = Static<typeof Name>;

// The pattern of HTML's <input type=email>, with the length limit of RFC 5321.
export const Email = Type.String({
  $id: "Email",
  description: "The email address of a user. No two users have the same one, ignoring case.",
  minLength: 3,
  maxLength: 254,
  pattern:
    "^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$",
  examples: ["alice@example.com"],
});
export type Email = Static<typeof Email>;

export const User = Type.Object(
  { id: UserId, name: stored(Name), email: Email, created_at: Timestamp, updated_at: Timestamp },
  { $id: "User", description: "A person who can place orders.", additionalProperties: false },
);
export type User = Static<typeof User>;

export const NewUser = Type.Object(
  { name: Name, email: Email },
  {
    $id: "NewUser",
    description: "Fields of a new user.",
    additionalProperties: false,
    examples: [{ name: "Carol", email: "carol@example.com" }],
  },
);
export type NewUser = Static<typeof NewUser>;

export const UserPatch = Type.Partial(NewUser, {
  $id: "UserPatch",
  description: "The fields to change, as a JSON merge patch (RFC 7396).",
  additionalProperties: false,
  minProperties: 1,
  examples: [{ name: "Bob Builder" }],
});
export type UserPatch = Static<typeof UserPatch>;

export const UserPage = Type.Array(User, {
  $id: "UserPage",
  description: "Users, oldest first.",
  maxItems: 100,
});
export type UserPage = Static<typeof UserPage>;

export const UserPath = Type.Object({ id: UserId }, { additionalProperties: false });
export type UserPath = Static<typeof UserPath>;

export const UserQuery = Type.Object(
  {
    limit: Type.Optional(Limit),
    cursor: Type.Optional(Cursor),
    email: Type.Optional(Email),
  },
  { additionalProperties: false },
);
export type UserQuery = Static<typeof UserQuery>;
