/** Reads and checks what a request sends to a route, and explains what is wrong with it. */
import type { TObject, TSchema } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { type ValueError, ValueErrorType } from "@sinclair/typebox/errors";

import type { FieldError } from "../contract/schemas.ts";
import { expectation } from "../process/expectation.ts";
import { type Failure, ProblemError } from "./failure.ts";
import { invalidBody, invalidHeaders, invalidPath, invalidQuery } from "./failures.ts";
import { eachPair } from "./query-pairs.ts";

const WHOLE_NUMBER = /^(?:0|[1-9]\d{0,14})$/;

/** The maximum number of entries in `errors` of a problem. */
const ERRORS_MAX = 100;
/** Longer pointers are cut off to those of a parent, which say as much. */
const POINTER_LENGTH_MAX = 256;

/** The schemas of a route. Default: that part is neither read nor checked */
export interface InputSchemas {
  headers?: TObject | undefined;
  params?: TObject | undefined;
  query?: TObject | undefined;
  body?: TSchema | undefined;
}

/** The part of a handler's context that holds the input. */
export interface Input {
  readonly request: Request;
  headers: Record<string, string | undefined>;
  params: Record<string, string>;
  query: Record<string, unknown>;
  body: unknown;
}

/**
 * Returns the function that checks the input of a route. It puts the headers of the schema and the
 * query into the context; the path and the body are there already.
 *
 * Elysia would copy all headers of every request, read a query where there is none, and put the
 * whole rejected body into the message of its error. It would accept `0x10` and `1e3` as numbers,
 * and take the last of a repeated name. Here only digits become an integer, and a repeated name
 * becomes a list, which no schema accepts.
 *
 * @throws ProblemError 400 for headers, path or query, 422 for the body
 */
export function inputCheck({ headers, params, query, body }: InputSchemas) {
  const names = Object.keys(headers?.properties ?? {});
  const checkHeaders = checkerOf(headers, invalidHeaders);
  const checkParams = checkerOf(params, invalidPath);
  const integers = integersIn(query);
  const checkQuery = checkerOf(query, invalidQuery);
  const checkBody = checkerOf(body, invalidBody);

  return (context: Input): void => {
    if (headers) context.headers = headersNamed(names, context.request);
    if (query) context.query = queryOf(context.request, integers);
    checkHeaders?.(context.headers);
    checkParams?.(context.params);
    checkQuery?.(context.query);
    checkBody?.(context.body);
  };
}

function checkerOf(schema: TSchema | undefined, failure: Failure) {
  if (!schema) return undefined;
  let compiled: TypeCheck<TSchema> | undefined;
  return (value: unknown): void => {
    compiled ??= TypeCompiler.Compile(schema);
    if (compiled.Check(value)) return;
    throw new ProblemError(failure, { errors: fieldErrors(compiled.Errors(value)) });
  };
}

function headersNamed(names: readonly string[], { headers }: Request): Input["headers"] {
  const found: Input["headers"] = {};
  for (const name of names) {
    const value = headers.get(name);
    if (value !== null) found[name] = value;
  }
  return found;
}

function integersIn(query: TObject | undefined): ReadonlySet<string> {
  const properties = Object.entries(query?.properties ?? {});
  return new Set(properties.flatMap(([name, { type }]) => (type === "integer" ? [name] : [])));
}

function queryOf({ url }: Request, integers: ReadonlySet<string>): Input["query"] {
  const query: Input["query"] = Object.create(null);
  const start = url.indexOf("?");
  if (start === -1) return query;
  eachPair(url.slice(start + 1), (value, name) => {
    // The content of the list does not matter.
    if (name in query) query[name] = [];
    else query[name] = integers.has(name) && WHOLE_NUMBER.test(value) ? Number(value) : value;
  });
  return query;
}

/** Returns one entry per field: the first error. */
export function fieldErrors(errors: Iterable<ValueError>): FieldError[] {
  const details = new Map<string, string>();
  for (const error of errors) {
    const pointer = shortened(error.path);
    if (details.size === ERRORS_MAX) break;
    if (!details.has(pointer)) details.set(pointer, explain(error));
  }
  return Array.from(details, ([pointer, detail]) => ({ pointer, detail }));
}

function shortened(pointer: string): string {
  let short = pointer;
  while (short.length > POINTER_LENGTH_MAX) short = short.slice(0, short.lastIndexOf("/"));
  return short;
}

function explain({ type, schema, value }: ValueError): string {
  if (type === ValueErrorType.ObjectRequiredProperty) return "Required";
  if (type === ValueErrorType.ObjectAdditionalProperties) return "Unknown name";
  if (Array.isArray(value) && schema.type !== "object") return "Expected one value, not several";
  return `Expected ${expectation(schema)}`;
}
