/** The order-to-user call. */
import { pipeline } from "../shared/http/call/call.ts";
import { createClient, type Fetch } from "../shared/http/call/client.ts";
import { deadline } from "../shared/http/call/deadline.ts";
import { createReader } from "../shared/http/call/reader.ts";
import { User } from "../shared/types.ts";
import { usersBadAnswer, usersTimeout, usersUnavailable } from "./failures.ts";

export interface UsersClientOptions {
  /** Where `users` is. */
  baseUrl: string;
  /** For the whole call, body included. Default: 2000 */
  timeoutMs?: number;
  /** How a request gets there; a test may lead it into the other app. Default: `fetch` */
  fetch?: Fetch;
}

const failures = {
  unavailable: usersUnavailable,
  timeout: usersTimeout,
  badAnswer: usersBadAnswer,
};

/**
 * A client of the `users` service. Its calls fail for whoever asked `orders`: 503 with `Retry-After` if
 * `users` cannot be reached or cannot answer now, 504 if it takes too long, 502 if it answers anything
 * outside the contract.
 */
export function createUsersClient({ baseUrl, timeoutMs = 2_000, fetch }: UsersClientOptions) {
  const client = createClient({ service: "users", baseUrl, failures, ...(fetch && { fetch }) });
  const through = pipeline(deadline({ timeoutMs, failures }));

  return {
    /** The user, if there is one. The request id is passed on, so that one id finds both logs. */
    byId(id: string, requestId: string): Promise<User | undefined> {
      const options = { read: readerOf(id), headers: { "x-request-id": requestId } };
      const path = `/users/${encodeURIComponent(id)}`;
      return through((call) => client.get(path, call, options), begin());
    },

    /** Resolves if `users` is up; rejects as {@link byId} does. */
    ping(): Promise<void> {
      return through((call) => client.ping("/health/live", call), begin());
    },
  };
}
export type UsersClient = ReturnType<typeof createUsersClient>;

const readUser = createReader(User);

/** Reads the user who was asked for: another one is no answer. */
function readerOf(id: string) {
  return (body: unknown) => {
    const user = readUser(body);
    return user?.id === id ? user : undefined;
  };
}

function begin() {
  return { signal: new AbortController().signal, endsAt: Infinity };
}
