import type { Static } from "@sinclair/typebox";

import { configOf } from "../platform/service.ts";

export const UsersConfig = configOf("users");
export type UsersConfig = Static<typeof UsersConfig>;
