import type { Static } from "@sinclair/typebox";

import { configOf } from "../platform/service.ts";
import { serviceNamed, SERVICES } from "../services.ts";

export const SamplesConfig = configOf(serviceNamed("samples"), SERVICES);
export type SamplesConfig = Static<typeof SamplesConfig>;
