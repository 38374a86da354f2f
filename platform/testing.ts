/** The door for tests of services: who asks, an app around routes, and what a route would do. */
import type { AnyElysia } from "elysia";

import { SERVICES } from "../services.ts";
import { composeApp } from "./command/app.ts";
import type { Database } from "./database/database.ts";
import { openSqlite } from "./database/sqlite.ts";
import { versionsAdmitted } from "./http/etag.ts";
import { createCreations } from "./http/idempotency.ts";
import { ANYONE, ownedBy } from "./identity/owner.ts";
import { configOf, readConfig } from "./process/config.ts";
import { createLog } from "./process/log.ts";
import { createMetrics } from "./process/metrics.ts";
import { type AnyFailed, type Creation, creationOf } from "./resources/answers.ts";
import { Who } from "./resources/who.ts";

export { randomFrom } from "./database/seed.ts";
export { createMetrics } from "./process/metrics.ts";

export interface WhoIsOptions {
  /** The user who asks. Default: everyone, as with `AUTH=off` */
  user?: string;
  /** The `If-Match` of the request. Default: none */
  ifMatch?: string;
}

/** Returns what a route would get as `who`. */
export function whoIs({ user, ifMatch }: WhoIsOptions = {}): Who {
  const owner = user === undefined ? ANYONE : ownedBy(user);
  return new Who(owner, { versions: versionsAdmitted(ifMatch) });
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

/**
 * Returns an app with these routes and an empty database, and the lines of its log.
 *
 * @param environment variables of the service. Default: none
 */
export async function appOf(routes: AnyElysia, environment: Record<string, string> = {}) {
  const [{ name }] = SERVICES as [(typeof SERVICES)[number]];
  const lines: Record<string, any>[] = [];
  const log = createLog({ service: name, write: (line) => void lines.push(JSON.parse(line)) });
  const metrics = createMetrics();
  const app = await composeApp(name, {
    routes,
    log,
    description: "A test.",
    config: readConfig(configOf(name), environment),
    database: openSqlite(":memory:"),
    metrics,
    now: Date.now,
    fetch,
    draining: () => false,
    peerOf: () => "",
  });
  return { ...app, metrics, lines };
}
