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
  /** Whether the caller may create the resource with this id now. Default: it may */
  mayCreate?: ((id: string) => boolean) | undefined;
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
