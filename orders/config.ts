import { type Static, Type } from "@sinclair/typebox";

import { CommonConfig, databaseUrlOf, portOf } from "../shared/process/config.ts";

export const OrdersConfig = Type.Object({
  ...CommonConfig,
  PORT: portOf(8081),
  DATABASE_URL: databaseUrlOf("sqlite://data/orders.db"),
  USERS_URL: Type.String({
    description: "Where the users service is",
    pattern: "^https?://(?:[0-9A-Za-z._-]+|\\[[0-9A-Fa-f:.]+\\])(?::\\d{1,5})?/?$",
    examples: ["http://localhost:8080"],
    default: "http://localhost:8080",
  }),
  USERS_TIMEOUT_MS: Type.Integer({
    description: "How long a call to it may take",
    minimum: 1,
    maximum: 60_000,
    default: 2_000,
  }),
});
export type OrdersConfig = Static<typeof OrdersConfig>;
