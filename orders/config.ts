import { type Static, Type } from "@sinclair/typebox";

import { configOf, urlConfigOf } from "../shared/process/config.ts";

export const OrdersConfig = Type.Object({
  ...configOf("orders"),
  USERS_URL: urlConfigOf("users"),
  USERS_TIMEOUT_MS: Type.Integer({
    description: "How long a call to it may take",
    minimum: 1,
    maximum: 60_000,
    default: 2_000,
  }),
});
export type OrdersConfig = Static<typeof OrdersConfig>;
