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
  /** Whether the caller may create the resource with this id now. Default: it may */
  mayCreate?: (id: string) => boolean;
}

/**
 * Returns the function that routes create with. It sets the status and the headers, and returns the
 * resource, which is the body.
 *
 * @param keyOwnerOf returns whose idempotency keys a request uses
 */
export function createCreator(creations: Creations, keyOwnerOf: (request: Request) => string) {
  return async <Resource extends { id: string }>(
    { body, headers, request, route, set, mayCreate }: CreateContext,
    prepare: Prepare<Resource>,
  ): Promise<Resource> => {
    const key = headers["idempotency-key"];
    const [caller, trace] = [keyOwnerOf(request), traceOf(request)];
    const creationRequest = { key, caller, body, trace, mayCreate };
    const { resource, tag, replayed } = await creations.create(creationRequest, prepare);
    set.status = 201;
    set.headers["location"] = `${route}/${encodeURIComponent(resource.id)}`;
    // Even if the resource was changed since: this repeats the first response.
    setEntityTag(set, tag);
    if (replayed) set.headers["idempotency-replayed"] = "true";
    return resource;
  };
}
export type Create = ReturnType<typeof createCreator>;
