import { type Static, Type } from "@sinclair/typebox";

import { configOf } from "../shared/process/config.ts";

export const UsersConfig = Type.Object(configOf("users"));
export type UsersConfig = Static<typeof UsersConfig>;
