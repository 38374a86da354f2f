import type { Static } from "@sinclair/typebox";

import { configOf } from "../platform/process/config.ts";
import { serviceNamed, SERVICES } from "../services.ts";

export const UsersConfig = configOf(serviceNamed("users"), SERVICES);
export type UsersConfig = Static<typeof UsersConfig>;
