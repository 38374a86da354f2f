import { OrdersConfig } from "../../orders/config.ts";
import { type CallSettings, callSettingsOf } from "../../platform/process/call-variables.ts";
import { readConfig } from "../../platform/process/config.ts";

/** Settings of the call from `orders` to `users`, with defaults for all other variables. */
export function usersSettings(environment: Record<string, string>): CallSettings {
  return callSettingsOf("users", readConfig(OrdersConfig, environment));
}
