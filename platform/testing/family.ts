/**
 * A family of services for the tests of the platform, which knows no real one: `things` calls
 * `makers`.
 */
import { type Static, Type } from "@sinclair/typebox";

import { Text } from "../contract/schema-kinds.ts";
import { Id, Timestamp } from "../contract/schemas.ts";
import { configOf } from "../process/config.ts";

const MAKERS = {
  name: "makers",
  port: 7070,
  calls: [],
  allows: { read: "Read your own maker", write: "Change your own maker" },
} as const;
const THINGS = {
  name: "things",
  port: 7071,
  calls: ["makers"],
  allows: { read: "Read your own things", write: "Break your own things" },
} as const;
export const FAMILY = [MAKERS, THINGS] as const;

export const MakersConfig = configOf(MAKERS, FAMILY);
export const ThingsConfig = configOf(THINGS, FAMILY);

export const NewMaker = Type.Object(
  {
    name: Text({ minLength: 1, maxLength: 100 }),
    email: Type.String({
      minLength: 3,
      maxLength: 254,
      pattern: "^[^@ ]+@[^@ ]+$",
      examples: ["alice@example.com"],
    }),
  },
  { additionalProperties: false },
);

export const Maker = Type.Object(
  { id: Id, ...NewMaker.properties, created_at: Timestamp, updated_at: Timestamp },
  { additionalProperties: false },
);
export type Maker = Static<typeof Maker>;

/** A response of `makers`. */
export const ALICE: Maker = {
  id: "1",
  name: "Alice",
  email: "alice@example.com",
  created_at: "2026-01-02T03:04:05.000Z",
  updated_at: "2026-01-02T03:04:05.000Z",
};
