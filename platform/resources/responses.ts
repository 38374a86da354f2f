/** The responses that a route declares: its own. What its schemas imply is added; see `complete.ts`. */
import type { TNever, TSchema, TUnsafe, TVoid } from "@sinclair/typebox";

import type { Failure } from "../http/failure.ts";
import { empty, type HeaderName, problem, response } from "../openapi/responses.ts";
import type { ProblemOf } from "./answers.ts";

/** The responses of failures, by status, each with the codes that it can have. */
export type Failures<Named extends Failure> = {
  [Status in Named["status"]]: TUnsafe<ProblemOf<Extract<Named, { status: Status }>["code"]>>;
};

/** Declares the failures that a route returns or throws. */
function failures<const Named extends readonly Failure[]>(
  ...named: Named
): Failures<Named[number]> {
  const byStatus = Map.groupBy<number, Failure>(named, ({ status }) => status);
  const declared = Array.from(byStatus, ([status, some]) => [status, problem(some)]);
  return Object.fromEntries(declared) as Failures<Named[number]>;
}

/** A failure, or the name of a header that the success has besides those of its kind. */
type Detail = Failure | HeaderName;
type FailuresIn<Details extends readonly Detail[]> = Failures<Extract<Details[number], Failure>>;

function split<Details extends readonly Detail[]>(details: Details) {
  const named = details.filter(
    (one): one is Extract<Details[number], Failure> => typeof one !== "string",
  );
  const headers = details.filter((one) => typeof one === "string");
  return { headers, own: failures(...named) as FailuresIn<Details> };
}

/**
 * For TypeScript: Elysia checks what a handler returns only if its route has a response 200. This one
 * has none, so nothing can be returned as one.
 */
type Without200 = { 200: TNever };

const nameOf = ({ $id = "resource" }: TSchema) => $id.toLowerCase();

/** A list: a page of it, with the Link to the next one. */
function list<Page extends TSchema, const Details extends readonly Detail[]>(
  schema: Page,
  ...details: Details
): { 200: Page } & FailuresIn<Details> {
  const { headers, own } = split(details);
  const items = `${nameOf(schema["items"] as TSchema)}s`;
  return { 200: response(schema, `A page of ${items}`, "Link?", ...headers), ...own };
}

/** A read: the resource with its ETag, or 304 if the client has it. */
function read<One extends TSchema, const Details extends readonly Detail[]>(
  schema: One,
  ...details: Details
): { 200: One; 304: TVoid } & FailuresIn<Details> {
  const { headers, own } = split(details);
  return {
    200: response(schema, `The ${nameOf(schema)}`, "ETag", ...headers),
    304: empty(`The ${nameOf(schema)} has not changed`, "ETag"),
    ...own,
  };
}

/** A creation, exactly once per Idempotency-Key. */
function create<One extends TSchema, const Details extends readonly Detail[]>(
  schema: One,
  ...details: Details
): Without200 & { 201: One } & FailuresIn<Details> {
  const { headers, own } = split(details);
  const all = ["Location", "ETag", "Idempotency-Replayed?", ...headers] as const;
  const made = { 201: response(schema, `The new ${nameOf(schema)}`, ...all), ...own };
  return made as Without200 & typeof made;
}

/** The failure of a request whose If-Match does not name the version: a 412. */
type Stale = Failure<412>;

/** A change of the version that If-Match names; of any other it fails as `stale`. */
function change<
  One extends TSchema,
  const IsStale extends Stale,
  const Details extends readonly Detail[],
>(
  schema: One,
  stale: IsStale,
  ...details: Details
): { 200: One } & FailuresIn<[IsStale, ...Details]> {
  const { headers, own } = split<[IsStale, ...Details]>([stale, ...details]);
  return { 200: response(schema, `The updated ${nameOf(schema)}`, "ETag", ...headers), ...own };
}

/** The removal of the version that If-Match names; of any other it fails as `stale`. */
function remove<const IsStale extends Stale, const Details extends readonly Detail[]>(
  schema: TSchema,
  stale: IsStale,
  ...details: Details
): Without200 & { 204: TVoid } & FailuresIn<[IsStale, ...Details]> {
  const { headers, own } = split<[IsStale, ...Details]>([stale, ...details]);
  const made = { 204: empty(`The ${nameOf(schema)} has been deleted`, ...headers), ...own };
  return made as Without200 & typeof made;
}

/** The responses that a route declares, for its option `response`. */
export const responses = { list, read, create, change, remove, failures, of: response, empty };
