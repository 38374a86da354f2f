/** The OpenAPI documents as programs of other people read them: engines, generators, importers. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import { RE2JS } from "re2js";

import type {
  DocumentedResponse,
  OpenApiDocument,
  Operation,
  Schema,
} from "../../platform/openapi/document.ts";
import { serviceNamed, SERVICES } from "../../services.ts";
import { committedDocument, documentOf } from "../contract/documents.ts";
import { resolve } from "../support/document.ts";
import { ROOT } from "../support/folders.ts";
import { NAMES } from "../support/services.ts";

setDefaultTimeout(60_000);

const VARIANTS = await Promise.all(
  NAMES.flatMap((name) => [
    committedDocument(name).then((document) => ({ name, which: "in docs/openapi", document })),
    documentOf(name, { checks: false }).then((document) => ({
      name,
      which: "without checks",
      document,
    })),
  ]),
);

describe.each(VARIANTS)("The document of $name $which", ({ name, document }) => {
  const operations = Object.values(document.paths).flatMap(Object.values<Operation>);

  test("divides no number", () => {
    expect(JSON.stringify(document)).not.toContain("multipleOf");
  });

  test("has only patterns that every engine reads, and reads alike", () => {
    const patterns = [...new Set(valuesOf(document, "pattern"))].map(String);
    expect(patterns.length).toBeGreaterThan(5);
    for (const pattern of patterns) expectPortable(pattern);
  });

  test("has patterns that accept their examples in RE2", () => {
    let seen = 0;
    for (const { pattern, examples = [] } of partsOf(document) as Iterable<Patterned>) {
      if (pattern === undefined) continue;
      for (const example of examples) {
        seen += 1;
        expect([pattern, RE2JS.compile(pattern).matcher(example).find()]).toEqual([pattern, true]);
      }
    }
    expect(seen).toBeGreaterThan(5);
  });

  test("closes what is asked, and leaves open what is answered", () => {
    const asked = reached(
      document,
      operations.map(({ requestBody }) => requestBody),
    );
    const answered = reached(
      document,
      operations.map(({ responses }) => responses),
    );
    expect([asked.length > 0, answered.length > 0]).toEqual([true, true]);
    expect(asked.map((schema) => schema["additionalProperties"])).toEqual(asked.map(() => false));
    for (const schema of answered) expect(schema).not.toHaveProperty("additionalProperties");
  });

  test("enumerates the codes of each failure, those of its examples", () => {
    for (const { responses } of operations) {
      for (const [status, response] of Object.entries(responses)) {
        if (Number(status) < 400) continue;
        const { content = {} } = resolve<DocumentedResponse>(
          document,
          response as DocumentedResponse,
        );
        const { schema, examples = {} } = content["application/problem+json"] ?? {};
        const [problem, { properties = {} } = {}] = (schema?.["allOf"] ?? []) as Schema[];
        expect(problem).toEqual({ $ref: "#/components/schemas/Problem" });
        expect(properties["code"]?.["enum"]).toEqual(Object.keys(examples));
        expect(properties["code"]?.description).toContain("unknown");
      }
    }
    const { type } = document.components.schemas["Problem"]?.properties ?? {};
    expect(type).toMatchObject({ type: "string" });
  });

  test("has no rule for strings beside an enumeration", () => {
    for (const part of partsOf(document)) {
      if (!("enum" in part)) continue;
      const rules = ["pattern", "format", "minLength", "maxLength"].filter((rule) => rule in part);
      expect([part["enum"], rules]).toEqual([part["enum"], []]);
    }
  });

  test("has an example at each media type of a request body", () => {
    for (const { operationId, requestBody } of operations) {
      for (const media of Object.values(requestBody?.content ?? {})) {
        expect([operationId, media.example]).toEqual([operationId, expect.any(Object)]);
      }
    }
  });

  test("has no example of a cursor, of a condition or of a key", () => {
    const optional = operations
      .flatMap(({ parameters = [] }) => parameters)
      .filter(({ name }) =>
        ["cursor", "If-Match", "If-None-Match", "Idempotency-Key"].includes(name),
      );
    expect(optional.length).toBeGreaterThan(3);
    for (const parameter of optional) {
      expect(parameter).not.toHaveProperty("example");
      expect(resolve<Schema>(document, parameter.schema as Schema)).not.toHaveProperty("examples");
    }
  });

  test("says in one sentence what an operation finds malformed, and the rest once", () => {
    const text = document.info.description;
    expect(text).toContain("`Host`");
    expect(text.includes("`Authorization`")).toBe(
      document.components.securitySchemes !== undefined,
    );
    for (const { responses } of operations) {
      const { description } = resolve<DocumentedResponse>(
        document,
        responses["400"] as DocumentedResponse,
      );
      expect(description).toMatch(/^[^.]+\.$/);
      expect(description).not.toMatch(/`Host`|dot segments|`Authorization`/);
    }
  });

  test("names a server that a file can be used with", () => {
    expect(document.servers.map(({ url }) => url)).toEqual([
      `http://localhost:${serviceNamed(name).port}`,
    ]);
  });

  test("does not repeat its description in its tag", () => {
    for (const { description } of document.tags) {
      expect(document.info.description).not.toContain(description);
    }
  });
});

const CALLS = SERVICES.flatMap(({ name, calls }) => calls.map((callee) => [name, callee] as const));

test.each(CALLS)(
  "What %s needs of %s has only patterns that every engine reads",
  async (...pair) => {
    const needs = (await Bun.file(
      join(ROOT, `docs/openapi/${pair.join("-needs-")}.json`),
    ).json()) as object;
    const patterns = valuesOf(needs, "pattern").map(String);
    expect(patterns.length).toBeGreaterThan(3);
    for (const pattern of patterns) expectPortable(pattern);
  },
);

test("The documents in docs/openapi have identity, limits and CORS", async () => {
  for (const name of NAMES) {
    const { paths, components } = await committedDocument(name);
    expect(components.securitySchemes).toBeDefined();
    const text = JSON.stringify([paths, components]);
    for (const part of ["keys_unavailable", "RateLimit-Policy", "Access-Control-Allow-Origin"]) {
      expect(text).toContain(part);
    }
  }
});

/** No look-around, no class that depends on the engine, no reference to a group. */
function expectPortable(pattern: string): void {
  expect(pattern).not.toMatch(/\(\?(?!:)|\\[bBdDsSuwW]|\\[pP]\{|\\[1-9]/);
  RE2JS.compile(pattern);
}

interface Patterned {
  pattern?: string;
  examples?: string[];
}

/** Every object in a part of a document. */
function* partsOf(part: unknown): Generator<Record<string, unknown>> {
  if (part === null || typeof part !== "object") return;
  if (!Array.isArray(part)) yield part as Record<string, unknown>;
  for (const one of Object.values(part)) yield* partsOf(one);
}

function valuesOf(document: object, keyword: string): unknown[] {
  return [...partsOf(document)].flatMap((part) => (keyword in part ? [part[keyword]] : []));
}

/** The components with members that these parts refer to, also through others. */
function reached(document: OpenApiDocument, parts: unknown, found = new Set<string>()): Schema[] {
  for (const { $ref } of partsOf(parts)) {
    if (typeof $ref !== "string" || found.has($ref)) continue;
    found.add($ref);
    reached(document, resolve<object>(document, { $ref }), found);
  }
  return [...found]
    .map(($ref) => resolve<Schema>(document, { $ref }))
    .filter(({ properties }) => properties);
}
