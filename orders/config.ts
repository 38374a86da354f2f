import type { Static } from "@sinclair/typebox";

import { configOf } from "../platform/service.ts";

export const OrdersConfig = configOf("orders");
export type OrdersConfig = Static<typeof OrdersConfig>;
