import { type Static, Type } from "@sinclair/typebox";

import { configOf, urlConfigOf } from "../shared/process/config.ts";

export const OrdersConfig = Type.Object({
  ...configOf("orders"),
  USERS_URL: urlConfigOf("users"),
  USERS_TIMEOUT_MS: Type.Integer({
    description: "How long a call to it may take, waiting and all attempts included",
    minimum: 1,
    maximum: 60_000,
    default: 2_000,
  }),
  USERS_ATTEMPT_TIMEOUT_MS: Type.Integer({
    description: "How long one of up to 3 attempts of such a call may take",
    minimum: 1,
    maximum: 60_000,
    default: 800,
  }),
  USERS_CACHE_TTL_MS: Type.Integer({
    description: "How long its answers are used; 0 asks it every time",
    minimum: 0,
    maximum: 60_000,
    default: 1_000,
  }),
  USERS_STALE_MS: Type.Integer({
    description: "How old an answer may be that reads show while it is away; 0 shows none",
    minimum: 0,
    maximum: 3_600_000,
    default: 60_000,
  }),
});
export type OrdersConfig = Static<typeof OrdersConfig>;
