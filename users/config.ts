import { type Static, Type } from "@sinclair/typebox";

import { CommonConfig, databaseUrlOf, portOf } from "../shared/process/config.ts";

export const UsersConfig = Type.Object({
  ...CommonConfig,
  PORT: portOf(8080),
  DATABASE_URL: databaseUrlOf("sqlite://data/users.db"),
});
export type UsersConfig = Static<typeof UsersConfig>;
