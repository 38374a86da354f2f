/**
 * What a handler returns besides a plain value: like Elysia's `status()`, but with the headers that
 * its kind of route needs.
 */
import type { Context } from "elysia";

import type { Problem } from "../contract/schemas.ts";
import type { Statement } from "../database/database.ts";
import { pathOf, traceOf } from "../http/context.ts";
import { setEntityTag, unlessKnown } from "../http/etag.ts";
import {
  type Failure,
  failure as declare,
  type FailureOptions,
  ProblemError,
  type ProblemStatus,
} from "../http/failure.ts";
import { invalidBody, notFound, staleVersion } from "../http/failures.ts";
import type { Creations } from "../http/idempotency.ts";
import { decodeCursor, pageOf, type Position } from "../http/page.ts";
import { andThen, type MaybePromise } from "../process/and-then.ts";
import type { Who } from "./who.ts";

/** A resource as a store returns it, with the values that responses have as headers. */
export interface Stored<Value> extends Position {
  value: Value;
  /** Its entity tag. */
  tag: string;
}

/** What an answer needs to know about its route. */
export interface AnsweredRoute {
  path: string;
  /** Links start with it; empty if the service has none. */
  basePath: string;
  /** The query parameters that filter a list: all but `limit` and `cursor`. */
  filters: readonly string[];
  creations: Creations;
  /** Returns whose idempotency keys a request uses. */
  keyOwnerOf: (request: Request) => string;
  /** Whether it responds with 304 to a client that has the tag. */
  isConditional: boolean;
}

export type AnswerContext = Pick<Context, "request" | "set"> & {
  query: Record<string, string | undefined>;
  headers: Record<string, string>;
  body: unknown;
  who: Who;
};

/**
 * For TypeScript, what Elysia's `status(code, response)` returns, which has no other members.
 * Extending that class would cost a fiftieth of a read.
 */
export abstract class Answer<const Status extends number, Value> {
  declare readonly response: Value;

  constructor(readonly code: Status) {}

  /** Sets the headers, and the status if it is another than `code`; returns the body. */
  abstract give(context: AnswerContext, route: AnsweredRoute): MaybePromise<unknown>;
}

// --- failures

/** Declares a failure, as a value; some are common to services. */
export const failure = Object.assign(declare, { notFound, stale: staleVersion, invalidBody });

/** The body of a failure, with its code as a literal type. */
export type ProblemOf<Code extends string> = Omit<Problem, "code"> & { code: Code };

export class Failed<Status extends ProblemStatus, Code extends string> extends Answer<
  Status,
  ProblemOf<Code>
> {
  readonly error: ProblemError;

  constructor(failure: Failure<Status, Code>, options?: FailureOptions) {
    super(failure.status);
    this.error = new ProblemError(failure, options);
  }

  give(): never {
    throw this.error;
  }
}

export type AnyFailed = Failed<ProblemStatus, string>;

/** What {@link fail} returns: one type for each failure of a union. */
export type FailedOf<One extends Failure> =
  One extends Failure<infer Status, infer Code> ? Failed<Status, Code> : never;

/** A failure of this request. Return it, or throw it: the client gets the problem document. */
export function fail<One extends Failure>(failure: One, options?: FailureOptions): FailedOf<One> {
  return new Failed(failure, options) as FailedOf<One>;
}

// --- one resource

class Found<Value> extends Answer<200, Value> {
  constructor(readonly stored: Stored<Value>) {
    super(200);
  }

  give({ headers, set }: AnswerContext, { isConditional }: AnsweredRoute): unknown {
    const { value, tag } = this.stored;
    if (isConditional) return unlessKnown(value, tag, { headers, set });
    setEntityTag(set, tag);
    return value;
  }
}

/**
 * Answers with the resource and its ETag, with 304 if the client has it, or, if there is none, with
 * the failure.
 */
export function found<Value, One extends Failure>(
  stored: MaybePromise<Stored<Value> | undefined>,
  otherwise: One,
): MaybePromise<Answer<200, Value> | FailedOf<One>>;
export function found<Value, Refusal extends Answer<ProblemStatus, unknown>>(
  stored: MaybePromise<Stored<Value> | undefined>,
  otherwise: () => MaybePromise<Refusal>,
): MaybePromise<Answer<200, Value> | Refusal>;
export function found(
  stored: MaybePromise<Stored<unknown> | undefined>,
  otherwise: Failure | (() => MaybePromise<Answer<ProblemStatus, unknown>>),
): unknown {
  return andThen(stored, (one): MaybePromise<Answer<number, unknown>> => {
    if (one) return new Found(one);
    return typeof otherwise === "function" ? otherwise() : fail(otherwise);
  });
}

// --- a list

/** The part of a list that one page needs: the rows behind a position, and one more than it has. */
export interface Place extends Position {
  limit: number;
}

/** Of a query that names no limit, as the contract says. */
const LIMIT_DEFAULT = 20;

class Page extends Answer<200, unknown[]> {
  constructor(
    readonly load: (place: Place) => MaybePromise<readonly Stored<unknown>[] | AnyFailed>,
  ) {
    super(200);
  }

  give(
    { query, request: { url }, set }: AnswerContext,
    { basePath, filters }: AnsweredRoute,
  ): unknown {
    const { limit = LIMIT_DEFAULT, cursor } = query as { limit?: number; cursor?: string };
    const filter = filters.map((name) => query[name]);
    const { createdAt, id } = decodeCursor(filter, cursor);
    return andThen(this.load({ createdAt, id, limit: limit + 1 }), (rows) => {
      if (rows instanceof Failed) return rows.give();
      const { page, link } = pageOf(rows, { limit, filter, basePath, url });
      if (link) set.headers["link"] = link;
      return page.map(({ value }) => value);
    });
  }
}

type ItemOf<Result> = Result extends readonly Stored<infer Value>[] ? Value : never;

/**
 * Answers with one page of the rows, and the Link to the next one. A cursor is valid only for the
 * query that it was made for: everything in the query but `limit` and `cursor` filters the list.
 */
export function page<Result extends readonly Stored<unknown>[] | AnyFailed>(
  load: (place: Place) => MaybePromise<Result>,
): Answer<200, ItemOf<Result>[]> | Extract<Result, AnyFailed> {
  return new Page(load) as never;
}

// --- a creation

/** A resource that is about to be created. */
export interface Creation<Value extends { id: string }> {
  resource: Value;
  /** The plain INSERT of the resource. */
  insert: Statement;
  /** The entity tag of the resource. */
  tag: string;
  /**
   * A statement with a `turn`: nothing is created unless it returns a row. A limit for each user
   * holds, for example, if it counts the rows of the user and the turn names the user. Default: none
   */
  condition?: Statement;
  /**
   * Looks up what blocks the insert, for example a row with the same email, or a limit that the
   * condition keeps. Default: nothing
   */
  obstacle?: () => Promise<AnyFailed | undefined>;
}

type AnyCreation = Creation<{ id: string }>;
type ResourceOf<Result> = Result extends { resource: infer Value } ? Value : never;
/** The failures of its obstacle, so that the route has to declare them too. */
type ObstacleOf<Result> = Result extends { obstacle: () => Promise<infer Found> } ? Found : never;

/** A table, which knows whose a resource is. */
interface Owned {
  name: string;
  ownerOf(resource: never): string;
}

class Created<Value extends { id: string }> extends Answer<201, Value> {
  constructor(
    readonly table: Owned,
    readonly prepare: () => MaybePromise<AnyCreation | AnyFailed>,
  ) {
    super(201);
  }

  async give(
    { body, headers, request, set, who }: AnswerContext,
    { basePath, creations, keyOwnerOf, path }: AnsweredRoute,
  ): Promise<unknown> {
    const { name, ownerOf } = this.table;
    const mayCreate = (resource: unknown) => who.owns(ownerOf(resource as never));
    const key = headers["idempotency-key"];
    const [caller, trace] = [keyOwnerOf(request), traceOf(request)];
    const { resource, tag, replayed } = await creations.create(
      { key, caller, body, trace, mayCreate },
      async () => {
        const creation = creationOf(await this.prepare());
        if (mayCreate(creation.resource)) return creation;
        throw new Error(`A caller would create a row of ${name} that is another user's`);
      },
    );
    // A resource below another one has the id of that in its path.
    const parent = path.includes(":") ? pathOf(request.url).replace(/\/$/, "") : path;
    set.headers["location"] = `${basePath}${parent}/${encodeURIComponent(resource.id)}`;
    // Even if the resource was changed since: this repeats the first response (RFC 9110, 15.3.2).
    setEntityTag(set, tag);
    if (replayed) set.headers["idempotency-replayed"] = "true";
    return resource;
  }
}

/** Returns what a store has prepared, as exactly-once creation needs it; throws a failure. */
export function creationOf<Value extends { id: string }>(prepared: Creation<Value> | AnyFailed) {
  if (prepared instanceof Failed) return prepared.give();
  const { obstacle, ...creation } = prepared;
  return obstacle ? { ...creation, obstacle: async () => (await obstacle())?.error } : creation;
}

/**
 * Creates the resource exactly once per `Idempotency-Key`, and answers with 201, Location and ETag.
 * A repeated request gets the first answer again, and `prepare` is not called. Whose the resource is
 * decides at each request, because what the caller was allowed at the first one, it may no longer be:
 * then the request is refused as a new one would be.
 *
 * @param prepare returns the failure if the resource would be another user's
 */
export function created<Result extends AnyCreation | AnyFailed>(
  table: Owned,
  prepare: () => MaybePromise<Result>,
): Answer<201, ResourceOf<Result>> | Extract<Result | ObstacleOf<Result>, AnyFailed> {
  return new Created(table, prepare) as never;
}
