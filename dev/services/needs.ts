/** What one service needs of another that it calls: the document that a test holds both to. */
import type { TSchema } from "@sinclair/typebox";

import { NOT_FOUND } from "../../platform/http/failures.ts";
import * as contract from "../../shared/types.ts";
import { capital, type Words } from "./template.ts";

/** What a document needs not say to be held to. */
const WORDS = ["$id", "title", "description", "examples", "default", "additionalProperties"];

/** Returns the document of a service that reads resources of the callee by their ids. */
export function needsOf(name: string, { plural, one }: Words): string {
  const schemas = contract as unknown as Record<string, TSchema>;
  const resource = capital(one);
  const problem = {
    type: "object",
    required: ["code"],
    properties: { code: schemas["ProblemCode"] },
  };
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
          parameters: [
            { in: "path", name: "id", required: true, schema: bare(schemas[`${resource}Id`]) },
          ],
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
      schemas: { [resource]: bare(schemas[resource]), Problem: bare(problem) },
      responses: {},
      headers: {},
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function refTo(schema: string) {
  return { $ref: `#/components/schemas/${schema}` };
}

/** Returns the schema as JSON, without its words and without what its symbols say to TypeBox. */
function bare(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(bare);
  if (typeof schema !== "object" || schema === null) return schema;
  const { properties, ...rest } = schema as Record<string, unknown>;
  const kept = Object.entries(rest).filter(([key]) => !WORDS.includes(key));
  return {
    ...Object.fromEntries(kept.map(([key, value]) => [key, bare(value)])),
    // A field may have the name of a keyword.
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties as object).map(([field, value]) => [field, bare(value)]),
      ),
    }),
  };
}
