import { type Static, Type } from "@sinclair/typebox";

import { callConfigOf, callRule } from "../shared/process/call-config.ts";
import { configOf } from "../shared/process/config.ts";

export const OrdersConfig = Type.Object(
  { ...configOf("orders"), ...callConfigOf("users") },
  { rules: [callRule("users")] },
);
export type OrdersConfig = Static<typeof OrdersConfig>;
