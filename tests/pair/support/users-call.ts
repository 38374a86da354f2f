/** Helpers for the tests of the call from `orders` to `users`. */
import { OrdersConfig } from "../../../orders/config.ts";
import { type CallOptions, createServiceClient } from "../../../platform/call/service-client.ts";
import { type CallSettings, callSettingsOf } from "../../../platform/process/call-variables.ts";
import { readConfig } from "../../../platform/process/config.ts";
import { User } from "../../../shared/types.ts";

/** Settings of the call from `orders` to `users`, with defaults for all other variables. */
export function usersSettings(environment: Record<string, string>): CallSettings {
  return callSettingsOf("users", readConfig(OrdersConfig, environment));
}

/** A response of `users`. */
export const ALICE: User = {
  id: "1",
  name: "Alice",
  email: "alice@example.com",
  created_at: "2026-01-02T03:04:05.000Z",
  updated_at: "2026-01-02T03:04:05.000Z",
};

/** The client of `users` that `orders` has, with options that its configuration cannot give. */
export function createUsersClient(options: CallOptions) {
  return createServiceClient({ service: "users", schema: User }, options);
}
