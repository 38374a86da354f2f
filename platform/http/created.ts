/** Creates resources in routes: exactly once per idempotency key, with a 201 (RFC 9110, 15.3.2). */
import type { CreateHeaders } from "../contract/schemas.ts";
import { traceOf } from "./context.ts";
import { setEntityTag } from "./etag.ts";
import type { Creations, Prepare } from "./idempotency.ts";

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
