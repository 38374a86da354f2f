import { type Static, Type } from "@sinclair/typebox";

import { callConfigOf } from "../shared/process/call-config.ts";
import { configOf, type Rule } from "../shared/process/config.ts";

export const OrdersConfig = Type.Object(
  {
    ...configOf("orders"),
    ...callConfigOf("users"),
    USERS_TOKEN_FILE: Type.String({
      description:
        "The token to show it, read again whenever it changes. Default: made of AUTH_SECRET",
      default: "",
    }),
  },
  { rules: [tokenFaults] satisfies Rule[] },
);
export type OrdersConfig = Static<typeof OrdersConfig>;

/** With the keys of an issuer there is no secret to make a token with. */
function tokenFaults({ AUTH, AUTH_JWKS_URL, USERS_TOKEN_FILE }: Record<string, unknown>): string[] {
  return AUTH === "on" && AUTH_JWKS_URL && !USERS_TOKEN_FILE
    ? ["USERS_TOKEN_FILE: needed with AUTH_JWKS_URL"]
    : [];
}
