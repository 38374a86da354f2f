/** Creation as routes offer it: once by its key, with the response that HTTP has for it (RFC 9110, 15.3.2). */
import type { TSchema } from "@sinclair/typebox";

import { CreateHeaders, NoQuery } from "../types.ts";
import type { Access } from "./auth/access.ts";
import { bodyFailures, strictBody } from "./body.ts";
import { traceOf } from "./context.ts";
import { setEntityTag } from "./etag.ts";
import type { Failure } from "./failure.ts";
import { invalidHeaders, keyInUse, keyReused } from "./failures.ts";
import type { Creations, Prepare } from "./idempotency.ts";
import { strictQuery } from "./query.ts";

/** The headers of the response, as the route documents them. */
export const CREATED_HEADERS = ["Location", "ETag", "Idempotency-Replayed?"] as const;

/** What the route may fail with, these of its own included. */
export function creationFailures<Own extends readonly Failure[]>(...own: Own) {
  return [invalidHeaders, ...bodyFailures, ...own, keyInUse, keyReused] as const;
}

/** The hooks of a route that creates what this body says. */
export function creation<Schema extends TSchema>(body: Schema, maxBodyBytes: number) {
  return { ...strictBody(body, maxBodyBytes), ...strictQuery(NoQuery), headers: CreateHeaders };
}

/** What a route hands on of its request. */
export interface Creating {
  body: unknown;
  headers: CreateHeaders;
  request: Request;
  /** The path of the route, below which the resource is found by its id. */
  route: string;
  set: { status?: number | string; headers: Record<string, string | number> };
}

/** Returns what routes create with: it sets the status and the headers, and returns the resource, the body. */
export function createCreator(creations: Creations, access: Access) {
  return async <Resource extends { id: string }>(
    { body, headers, request, route, set }: Creating,
    prepare: Prepare<Resource>,
  ): Promise<Resource> => {
    const key = headers["idempotency-key"];
    const once = { key, caller: access.subject(request), body, trace: traceOf(request) };
    const { resource, replayed } = await creations.create(once, prepare);
    set.status = 201;
    set.headers["location"] = `${route}/${encodeURIComponent(resource.id)}`;
    // Also of one that was changed since: this is the response that was sent first.
    setEntityTag(set, 1);
    if (replayed) set.headers["idempotency-replayed"] = "true";
    return resource;
  };
}
export type Create = ReturnType<typeof createCreator>;
