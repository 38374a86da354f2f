/** Creates resources in routes: exactly once per idempotency key, with a 201 (RFC 9110, 15.3.2). */
import type { TSchema } from "@sinclair/typebox";

import { CreateHeaders, NoQuery } from "../contract/schemas.ts";
import { bodyFailures, strictBody } from "./body.ts";
import { traceOf } from "./context.ts";
import { setEntityTag } from "./etag.ts";
import type { Failure } from "./failure.ts";
import { invalidHeaders, keyInUse, keyReused } from "./failures.ts";
import type { Creations, Prepare } from "./idempotency.ts";

/** The headers of the response, for the document of the route. */
export const CREATED_HEADERS = ["Location", "ETag", "Idempotency-Replayed?"] as const;

/** The failures of a route that creates, including the given ones. */
export function creationFailures<Own extends readonly Failure[]>(...own: Own) {
  return [invalidHeaders, ...bodyFailures, ...own, keyInUse, keyReused] as const;
}

/** Returns the hooks of a route that creates a resource from this body. */
export function creation<Schema extends TSchema>(body: Schema, maxBodyBytes: number) {
  return { ...strictBody(body, maxBodyBytes), query: NoQuery, headers: CreateHeaders };
}

/** The part of a handler's context that creation needs. */
export interface CreateContext {
  body: unknown;
  headers: CreateHeaders;
  request: Request;
  /** The path of the route; the resource is at this path plus its id. */
  route: string;
  set: { status?: number | string; headers: Record<string, string | number> };
}

/**
 * Returns the function that routes create with; `subjectOf` tells the keys of callers apart. It sets the status and the headers, and returns the
 * resource, which is the body.
 */
export function createCreator(creations: Creations, subjectOf: (request: Request) => string) {
  return async <Resource extends { id: string }>(
    { body, headers, request, route, set }: CreateContext,
    prepare: Prepare<Resource>,
  ): Promise<Resource> => {
    const key = headers["idempotency-key"];
    const creationRequest = { key, caller: subjectOf(request), body, trace: traceOf(request) };
    const { resource, replayed } = await creations.create(creationRequest, prepare);
    set.status = 201;
    set.headers["location"] = `${route}/${encodeURIComponent(resource.id)}`;
    // Even if the resource was changed since: this repeats the first response.
    setEntityTag(set, 1);
    if (replayed) set.headers["idempotency-replayed"] = "true";
    return resource;
  };
}
export type Create = ReturnType<typeof createCreator>;
