/** What a service's routes cannot have, because it could not be honoured: an app says so at once. */
import { Kind, TransformKind, type TSchema } from "@sinclair/typebox";
import type { AnyElysia } from "elysia";

import { isWide } from "../http/security.ts";
import { allNeeded, type Hooks, responsesOf } from "./hooks.ts";

/** @throws Error if the instance has what only the app can have */
export function refuseInstance(routes: AnyElysia): void {
  const { event, extender, setHeaders } = routes as unknown as {
    event: Record<string, unknown[] | undefined>;
    extender: { higherOrderFunctions: unknown[] };
    setHeaders?: object;
  };
  const found = [
    ...["request", "start", "stop", "trace"].filter((name) => event[name]?.length),
    ...(extender.higherOrderFunctions.length > 0 ? ["wrap"] : []),
    ...(setHeaders ? ["headers"] : []),
  ];
  if (found.length > 0) {
    throw new Error(`The routes have ${found.join(" and ")}, which only the app can have`);
  }
}

interface Declared {
  method: string;
  path: string;
  hooks: Hooks;
}

/** @throws Error that names the route */
export function refuse({ method, path, hooks }: Declared): void {
  const reason =
    refusedKind(method, path) ??
    refusedHook(hooks) ??
    refusedNeed({ method, path, hooks }) ??
    refusedInput({ method, path, hooks }) ??
    refusedResponse(hooks);
  if (reason) throw new Error(`${method} ${path} ${reason}`);
}

function refusedKind(method: string, path: string): string | undefined {
  if (method === "WS" || method === "$INTERNALWS") return "is a web socket, which has no response";
  if (path.includes("*")) return "has a wildcard in its path, so its requests cannot be named";
  if (path.includes("?")) return "has an optional part in its path: declare two routes";
  if (!METHODS.includes(method)) return `has another method than ${METHODS.join(", ")}`;
  return undefined;
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

function refusedHook(hooks: Hooks): string | undefined {
  if (hooks.detail?.security) return "has a `security` in its `detail`: say what it `needs`";
  const [needed, ...more] = allNeeded(hooks).map((scopes) => scopes.join(" or "));
  if (needed === undefined) return "does not say what it `needs`";
  // A guard says it, too, or another route with the same options object, which Elysia changes.
  if (more.length > 0)
    return `says more than once what it \`needs\`: ${[needed, ...more].join(", ")}`;
  return Object.entries(REFUSED_HOOKS).find(([name]) => isPresent(hooks[name]))?.[1];
}

function refusedNeed({ method, path, hooks }: Declared): string | undefined {
  const wide = allNeeded(hooks).flat().find(isWide);
  if (!wide || (method === "GET" && READS_BY_ID.test(path))) return undefined;
  return `cannot need ${wide}, which only reads by id`;
}

const READS_BY_ID = /\/:\w+$/;

const REFUSED_HOOKS = {
  parse: "parses its body itself: the platform reads it, within limits",
  type: "has a `type`: every body is JSON",
  error: "handles errors itself: every failure becomes a problem document",
  cookie: "has cookies: callers authenticate with a token",
  afterResponse: "has an afterResponse, which requests that were cut off do not reach",
  trace: "has a trace: the platform traces every request",
};

function isPresent(hook: unknown): boolean {
  return Array.isArray(hook) ? hook.length > 0 : hook !== undefined;
}

function refusedInput({ method, path, hooks }: Declared): string | undefined {
  if (method === "GET" && hooks.body) return "has a body, which the request of a GET has not";
  if (path.includes(":") && !hooks.params) return "has a path parameter without a schema";
  for (const part of ["body", "headers", "params", "query"] as const) {
    const schema: unknown = hooks[part];
    if (schema === undefined) continue;
    if (typeof schema === "string")
      return `names the model ${schema} for its ${part}: give the schema`;
    if (!isSchema(schema)) return `has a ${part} that is no TypeBox schema`;
    if (part !== "body" && schema["type"] !== "object") return `has a ${part} that is no object`;
    const reason =
      refusedSchema(schema) ?? (part === "body" ? undefined : refusedText(part, schema));
    if (reason) return `has a ${part} ${reason}`;
  }
  return undefined;
}

/** What a part of a request can be, which is text: nothing converts it, except for whole numbers. */
function refusedText(part: string, { properties }: TSchema): string | undefined {
  const isInteger = part === "query" ? ["string", "integer"] : ["string"];
  const isText = ({ type, anyOf }: TSchema): boolean =>
    anyOf ? anyOf.every(isText) : isInteger.includes(type);
  const wrong = Object.entries(properties as Record<string, TSchema>).find(
    ([, one]) => !isText(one),
  );
  return wrong && `whose ${wrong[0]} is not ${isInteger.join(" or ")}`;
}

function refusedResponse(hooks: Hooks): string | undefined {
  const responses = Object.entries(responsesOf(hooks));
  if (responses.length === 0) return "declares no response";
  for (const [status, schema] of responses) {
    if (!isSchema(schema)) return `has a response ${status} that is no TypeBox schema`;
    if (Number(status) >= 400 && !schema["failures"]) {
      return `has a response ${status} of its own: declare a failure, for responses.failures()`;
    }
    // The platform's own schema, with an example of each failure.
    if (schema["failures"]) continue;
    const reason = refusedSchema(schema);
    if (reason) return `has a response ${status} ${reason}`;
  }
  return undefined;
}

function isSchema(schema: unknown): schema is TSchema {
  return typeof schema === "object" && schema !== null && Kind in schema;
}

/** Elysia's kinds of what JSON does not have. */
const NOT_JSON = ["File", "Files", "ElysiaForm", "ArrayBuffer", "Uint8Array"];

/** Looks for what is no check of JSON, at any depth. */
function refusedSchema(schema: unknown): string | undefined {
  if (schema === null || typeof schema !== "object") return undefined;
  if (TransformKind in schema) return "that decodes, which is not done";
  if (Kind in schema && NOT_JSON.includes(schema[Kind] as string)) return "that is not JSON";
  for (const part of Object.values(schema)) {
    const reason = refusedSchema(part);
    if (reason) return reason;
  }
  return undefined;
}
