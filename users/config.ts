import type { Static } from "@sinclair/typebox";

import { configOf } from "../platform/service.ts";
import { serviceNamed, SERVICES } from "../services.ts";

export const UsersConfig = configOf(serviceNamed("users"), SERVICES);
export type UsersConfig = Static<typeof UsersConfig>;
