/** The door for tests of services: who asks, and what a route would do with what a store returns. */
import type { Database } from "./database/database.ts";
import { tagsAdmitted } from "./http/etag.ts";
import { createCreations } from "./http/idempotency.ts";
import { ANYONE, ownedBy } from "./identity/owner.ts";
import { type AnyFailed, type Creation, creationOf } from "./resources/answers.ts";
import { Who } from "./resources/who.ts";

export { randomFrom } from "./database/seed.ts";
export { createMetrics } from "./process/metrics.ts";
export { createFakeClock, failureOf, settled } from "./testing/calls.ts";

/** What changes the request of an operation that succeeds, so that it fails. */
export interface Provocation {
  /** Default: the example of the document */
  body?: object;
  /** Added to the path. Default: none */
  query?: string;
  /** The subject of the caller, who is no admin. Default: an admin */
  sub?: string;
  /** Variables of the service, such as a limit that the request exceeds. Default: none */
  environment?: Record<string, string>;
}

/** Provocations of the failures of a service's own, by operation and code. */
export type Provocations = Record<string, Record<string, Provocation>>;

export interface WhoIsOptions {
  /** The user who asks. Default: everyone, as with `AUTH=off` */
  user?: string;
  /** The `If-Match` of the request. Default: none */
  ifMatch?: string | undefined;
}

/** Returns what a route would get as `who`. */
export function whoIs({ user, ifMatch }: WhoIsOptions = {}): Who {
  const owner = user === undefined ? ANYONE : ownedBy(user);
  return new Who(owner, { tags: tagsAdmitted(ifMatch) });
}

/**
 * Creates what a store has prepared, as a route does without an `Idempotency-Key`.
 *
 * @throws ProblemError the failure that it has prepared, or that blocks it
 */
export async function create<Value extends { id: string }>(
  database: Database,
  prepared: Creation<Value> | AnyFailed,
): Promise<Value> {
  const creations = createCreations({ database, now: Date.now });
  const request = { key: undefined, body: {} };
  const { resource } = await creations.create(request, () => creationOf(prepared));
  return resource;
}
