/** The order-to-user call: what it passes on its way is in shared/http/call/service-client.ts. */
import {
  createServiceClient,
  type ServiceClientOptions,
} from "../shared/http/call/service-client.ts";
import { User } from "../shared/types.ts";
import { usersFailures } from "./failures.ts";

export function createUsersClient(options: ServiceClientOptions) {
  return createServiceClient({ service: "users", schema: User, failures: usersFailures }, options);
}
export type UsersClient = ReturnType<typeof createUsersClient>;
