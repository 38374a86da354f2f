import type { Static } from "@sinclair/typebox";

import { configOf } from "../platform/process/config.ts";

export const UsersConfig = configOf("users");
export type UsersConfig = Static<typeof UsersConfig>;
