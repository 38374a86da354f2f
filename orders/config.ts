import type { Static } from "@sinclair/typebox";

import { configOf } from "../platform/service.ts";
import { serviceNamed, SERVICES } from "../services.ts";

export const OrdersConfig = configOf(serviceNamed("orders"), SERVICES);
export type OrdersConfig = Static<typeof OrdersConfig>;
