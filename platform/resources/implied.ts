/** The failures that a route need not declare, because they follow from its schemas. */
import { bodyFailures } from "../http/body.ts";
import { requestFailures } from "../http/entrance.ts";
import {
  databaseUnavailable,
  internal,
  invalidHeaders,
  invalidPath,
  invalidQuery,
  keyInUse,
  keyReused,
  overloaded,
} from "../http/failures.ts";

/** By the part of a route that they follow from; `api.ts` has the same as types. */
export const implied = {
  /** Of every route. */
  always: [invalidQuery, databaseUnavailable],
  path: [invalidPath],
  headers: [invalidHeaders],
  body: bodyFailures,
  /** Of a route with a 201, which honours Idempotency-Key. */
  creation: [keyInUse, keyReused],
  /** Of every request, whatever route it is for. */
  anywhere: [...requestFailures, overloaded, internal],
} as const;
