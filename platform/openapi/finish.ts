/** Finishes the document of @elysiajs/swagger: strict OpenAPI 3.1. */
import { type Problem, ProblemCode } from "../contract/schemas.ts";
import { type Failure, type ProblemStatus, TITLES } from "../http/failure.ts";
import { PROBLEM_TYPE } from "../http/problem.ts";
import {
  type Content,
  type DocumentedResponse,
  type Header,
  mapValues,
  type MediaType,
  type OpenApiDocument,
  type Operation,
  type Parameter,
  plain,
  type Reference,
  type Schema,
  type SecurityScheme,
} from "./document.ts";
import { SERVICE } from "./responses.ts";

/** The plugin's document: everything that routes declare, but not always in the right place. */
export interface Draft extends Omit<OpenApiDocument, "paths" | "components"> {
  paths: Record<string, Record<string, DraftOperation>>;
  securitySchemes?: Record<string, SecurityScheme>;
}

export interface DraftOperation extends Omit<Operation, "parameters" | "responses"> {
  parameters?: DraftParameter[];
  responses: Record<string, DraftResponse>;
}

/** The plugin moved the description and the examples out of the schema. */
export type DraftParameter = Parameter & { examples?: unknown[] };

export type DraftHeader = Header & { $id: string };

/** `$id` and `examples` belong to the schema of the body. */
export interface DraftResponse {
  $id?: string;
  description: string;
  examples?: unknown[];
  /** The failures with this status. */
  failures?: Failure[];
  headers?: Record<string, DraftHeader>;
  content?: Content;
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
