/** The OpenAPI document: strict 3.1, built from the document of @elysiajs/swagger. */
import { type Problem, ProblemCode } from "../contract/schemas.ts";
import { type ProblemStatus, TITLES } from "../http/failure.ts";
import { PROBLEM_TYPE } from "../http/problem.ts";
import type { Draft, DraftHeader, DraftOperation, DraftParameter, DraftResponse } from "./draft.ts";
import { SERVICE } from "./responses.ts";

/** A JSON Schema (2020-12), with the keywords that are used here. */
export interface Schema {
  $id?: string;
  $ref?: string;
  description?: string;
  const?: unknown;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  [keyword: string]: unknown;
}

export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  description: string;
  required: boolean;
  schema: Schema;
  example?: unknown;
}

export interface Header {
  description: string;
  required: boolean;
  schema: Schema;
}

export type Content = Record<string, MediaType>;
interface MediaType {
  schema: Schema;
  example?: unknown;
  /** Of a failure, by code. */
  examples?: Record<string, { summary: string; value: unknown }>;
}

export interface DocumentedResponse {
  description: string;
  headers: Record<string, Reference>;
  content?: Content;
}

export interface Operation {
  tags: string[];
  operationId: string;
  summary: string;
  description: string;
  parameters?: Parameter[];
  requestBody?: { required: boolean; content: Content };
  responses: Record<string, DocumentedResponse | Reference>;
  /** The alternatives, each a scheme with scopes. Undefined: no token is needed */
  security?: Record<string, string[]>[];
}

export interface Reference {
  $ref: string;
}

export interface OpenApiDocument {
  openapi: string;
  info: { title: string; description: string; version: string };
  servers: { url: string; description: string }[];
  /** One: the service. */
  tags: { name: string; description: string }[];
  /** By path and method; methods are in lower case. */
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, Schema>;
    responses: Record<string, DocumentedResponse>;
    headers: Record<string, Header>;
    securitySchemes?: Record<string, SecurityScheme>;
  };
}

export interface SecurityScheme {
  type: "http";
  scheme: "bearer";
  bearerFormat: string;
  description: string;
}

const JSON_TYPE = "application/json";
const MERGE_PATCH_TYPE = "application/merge-patch+json";

/** The order of parameters. */
const PLACES = ["path", "query", "header"];

/**
 * Finishes the plugin's document. Every schema with a `$id` becomes a component and is referenced;
 * failures are `application/problem+json`, with the codes of their status; PATCH also accepts a JSON
 * merge patch; unions of literals become an `enum`. Required parameters have an example, so that Swagger UI fills them in:
 * to read, the first of the schema, to change, the last. Optional ones have none, so that it leaves
 * them empty.
 *
 * @param contract all schemas with a `$id`, in their order in the document
 * @throws Error for a missing description, for a required parameter without an example, and for a
 *   body or response whose schema is not part of the contract
 */
export function finish(draft: Draft, contract: readonly Schema[]): OpenApiDocument {
  const known = new Map(contract.map((schema) => [schema.$id, plain(schema)]));
  const schemas: Record<string, Schema> = {};
  const responses: Record<string, DocumentedResponse> = {};
  const headers: Record<string, Header> = {};
  const [service] = draft.tags;

  /** References a schema of the contract; adds it to the components on first use. */
  function refer(id: string | undefined, where: string): Schema {
    const schema = known.get(id);
    if (id === undefined || !schema) throw new Error(`${where} is no schema of the contract`);
    if (!schemas[id]) {
      schemas[id] = {};
      schemas[id] = described(inline(schema, id), id);
    }
    return { $ref: `#/components/schemas/${id}` };
  }

  function nested(schema: Schema, where: string): Schema {
    if (schema.$id === undefined) return inline(schema, where);
    // A modified copy would still have the original `$id`.
    if (Bun.deepEquals(schema, known.get(schema.$id))) return refer(schema.$id, where);
    throw new Error(`${where} is another ${schema.$id} than the one of the contract`);
  }

  function inline(schema: Schema, where: string): Schema {
    const { $id: _id, properties, items, anyOf, const: only, ...keywords } = schema;
    if (only !== undefined) return { ...keywords, enum: [only] };
    if (anyOf?.every((one) => one.const !== undefined)) {
      return { type: anyOf[0]?.["type"], enum: anyOf.map((one) => one.const), ...keywords };
    }
    const property = (schema: Schema, name: string) =>
      described(nested(schema, `${where}/${name}`), `${where}/${name}`);
    return {
      ...keywords,
      ...(properties && { properties: mapValues(properties, property) }),
      ...(items && { items: nested(items, `${where}/items`) }),
      ...(anyOf && { anyOf: anyOf.map((one) => nested(one, `${where}/anyOf`)) }),
    };
  }

  function parameter(
    { examples, ...draft }: DraftParameter,
    { operationId, method }: { operationId: string; method: string },
  ): Parameter {
    const where = `${operationId} ${draft.name}`;
    const { description, schema } = draft;
    const original = {
      ...schema,
      ...(schema.$id && { description }),
      ...(examples && { examples }),
    };
    if (draft.required && !examples) throw new Error(`${where} has no example`);
    return {
      ...described(draft, where),
      name: draft.in === "header" ? headerName(draft.name) : draft.name,
      schema: nested(original, where),
      ...(draft.required && { example: examples?.at(method === "get" ? 0 : -1) }),
    };
  }

  function header({ $id, ...draft }: DraftHeader): Reference {
    headers[$id] ??= described({ ...draft, schema: nested(ofService(draft.schema), $id) }, $id);
    return { $ref: `#/components/headers/${$id}` };
  }

  /** Returns the schema of a header, with this service's name in its examples. */
  function ofService(schema: Schema): Schema {
    return JSON.parse(JSON.stringify(schema).replaceAll(SERVICE, service?.name ?? "")) as Schema;
  }

  function inlineResponse(draft: DraftResponse, type: string, where: string): DocumentedResponse {
    const { $id, examples, description, content } = draft;
    const media = () => {
      const schema = refer($id, where);
      if (type !== PROBLEM_TYPE || !examples) return { schema, ...exampleOf(examples) };
      return problems(schema, examples as Problem[]);
    };
    return {
      ...described({ description }, where),
      headers: mapValues(draft.headers ?? {}, header),
      ...(content && { content: { [type]: media() } }),
    };
  }

  /** A failure response shared by several operations becomes a component. */
  function response(draft: DraftResponse, status: string, operation: string) {
    const where = `${operation} ${status}`;
    const title = TITLES[Number(status) as ProblemStatus];
    if (title === undefined) return inlineResponse(draft, JSON_TYPE, where);
    const failure = inlineResponse(draft, PROBLEM_TYPE, where);
    const name = title.replaceAll(" ", "");
    responses[name] ??= failure;
    if (!Bun.deepEquals(responses[name], failure)) return failure;
    return { $ref: `#/components/responses/${name}` };
  }

  function body(
    { required, content }: { required: boolean; content: Content },
    types: string[],
    where: string,
  ) {
    const id = content[JSON_TYPE]?.schema.$id;
    const schema = refer(id, where);
    const media = { schema, ...exampleOf(known.get(id)?.["examples"] as unknown[] | undefined) };
    return { required, content: Object.fromEntries(types.map((type) => [type, media])) };
  }

  function operation(draft: DraftOperation, method: string): Operation {
    const { tags, operationId, summary, description, parameters = [], requestBody } = draft;
    const { security } = draft;
    const types = method === "patch" ? [JSON_TYPE, MERGE_PATCH_TYPE] : [JSON_TYPE];
    const ordered = parameters.toSorted((a, b) => PLACES.indexOf(a.in) - PLACES.indexOf(b.in));
    return {
      tags,
      operationId,
      summary,
      ...described({ description }, operationId),
      ...(ordered.length > 0 && {
        parameters: ordered.map((one) => parameter(one, { operationId, method })),
      }),
      ...(requestBody && { requestBody: body(requestBody, types, operationId) }),
      responses: mapValues(draft.responses, (one, status) => response(one, status, operationId)),
      ...(security && { security }),
    };
  }

  const paths = mapValues(draft.paths, (operations) => mapValues(operations, operation));
  const shown = contract.flatMap(({ $id = "" }) => (schemas[$id] ? [[$id, schemas[$id]]] : []));
  const { securitySchemes, ...rest } = draft;
  return {
    ...rest,
    paths,
    components: {
      schemas: Object.fromEntries(shown),
      responses,
      headers,
      ...(securitySchemes && { securitySchemes }),
    },
  };
}

/** Removes TypeBox's symbols from a JSON Schema. */
export function plain<Value extends object>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}

/** @throws Error if there is no description */
function described<Part extends { description?: string; $ref?: string }>(
  part: Part,
  where: string,
): Part {
  if (part.description || part.$ref) return part;
  throw new Error(`${where} has no description`);
}

function exampleOf([example]: readonly unknown[] = []): { example?: unknown } {
  return example === undefined ? {} : { example };
}

/** Returns the failures of a status: a problem with one of their codes, and an example of each. */
function problems(problem: Schema, examples: readonly Problem[]): MediaType {
  const codes = examples.map(({ code }) => code);
  const code = { type: "string", description: ProblemCode.description, enum: codes };
  const named = examples.map((value) => [value.code, { summary: value.detail, value }]);
  return {
    schema: { allOf: [problem, { type: "object", required: ["code"], properties: { code } }] },
    examples: Object.fromEntries(named),
  };
}

/** Elysia needs header names in lower case; readers expect `If-None-Match`. */
function headerName(name: string): string {
  return name.replaceAll(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

export function mapValues<Value, Result>(
  record: Record<string, Value>,
  map: (value: Value, key: string) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
