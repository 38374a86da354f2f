import { NOT_FOUND } from "../../platform/http/failures.ts";
/** What one service needs of another that it calls: the document that a test holds both to. */
import type { OpenApiDocument } from "../../platform/openapi/document.ts";
import { textOf } from "./edits.ts";
import { capital, type Words } from "./template.ts";

/** What a document needs not say to be held to. */
const WORDS = ["title", "description", "examples", "default", "additionalProperties"];

/** Returns the document of a service that reads resources of the callee by their ids. */
export async function needsOf(name: string, { plural, one }: Words): Promise<string> {
  const { components } = JSON.parse(await textOf(`docs/openapi/${plural}.json`)) as OpenApiDocument;
  const resource = capital(one);
  const bare = (schema: string) => bareOf({ $ref: schema }, components.schemas);
  const problem = { type: "object", required: ["code"], properties: { code: bare("ProblemCode") } };
  const document = {
    openapi: "3.1.0",
    info: {
      title: `${plural}, as far as ${name} relies on it`,
      description: `What \`${name}\` asks \`${plural}\`. \`${plural}\` may do anything else beside it.`,
      version: "1.0.0",
    },
    paths: {
      [`/${plural}/{id}`]: {
        get: {
          operationId: `get${resource}`,
          parameters: [{ in: "path", name: "id", required: true, schema: bare(`${resource}Id`) }],
          responses: {
            200: {
              description: `The ${one}`,
              headers: {},
              content: { "application/json": { schema: refTo(resource) } },
            },
            404: {
              description: `There is no such ${one}`,
              headers: {},
              content: {
                "application/problem+json": {
                  schema: refTo("Problem"),
                  examples: {
                    [NOT_FOUND]: {
                      summary: `There is no such ${one}`,
                      value: { code: NOT_FOUND },
                    },
                  },
                },
              },
            },
            503: { description: "Not now; whatever the body says", headers: {} },
          },
        },
      },
    },
    components: {
      schemas: { [resource]: bare(resource), Problem: problem },
      responses: {},
      headers: {},
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function refTo(schema: string) {
  return { $ref: `#/components/schemas/${schema}` };
}

/** Returns a schema whole, without references and without its words. */
function bareOf(schema: unknown, schemas: OpenApiDocument["components"]["schemas"]): unknown {
  const inner = (value: unknown) => bareOf(value, schemas);
  if (Array.isArray(schema)) return schema.map(inner);
  if (typeof schema !== "object" || schema === null) return schema;
  if ("$ref" in schema) return inner(schemas?.[String(schema.$ref).replace(/^.*\//, "")]);
  const kept = Object.entries(schema).filter(([key]) => !WORDS.includes(key));
  return Object.fromEntries(
    kept.map(([key, value]) => [
      key,
      // A field may have the name of a keyword.
      key === "properties" ? mapped(value as object, inner) : inner(value),
    ]),
  );
}

function mapped(fields: object, change: (value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, change(value)]));
}
