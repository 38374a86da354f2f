import type { Static } from "@sinclair/typebox";

import { configOf } from "../shared/process/config.ts";

export const UsersConfig = configOf("users");
export type UsersConfig = Static<typeof UsersConfig>;
