/**
 * The client of the users service. For timeouts, retries and the cache see
 * platform/call/service-client.ts.
 */
import { type CallOptions, createServiceClient } from "../platform/call/service-client.ts";
import { User } from "../shared/types.ts";

export function createUsersClient(options: CallOptions) {
  return createServiceClient({ service: "users", schema: User }, options);
}
export type UsersClient = ReturnType<typeof createUsersClient>;
