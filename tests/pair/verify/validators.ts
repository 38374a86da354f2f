/** Ajv as others use it, on the documents of the services. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import addFormats from "ajv-formats";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

import { randomFrom } from "../../../platform/database/seed.ts";
import type { DocumentedResponse, OpenApiDocument } from "../../../platform/openapi/document.ts";
import { defaultUrlOf } from "../../../services.ts";
import { documentOf, VARIANTS } from "../../generators/documents.ts";
import { resolve } from "../../support/document.ts";
import { firstSession, type Typed } from "../../support/first-session.ts";
import { drawSeed } from "../../support/seed.ts";
import { NAMES } from "../../support/services.ts";

setDefaultTimeout(60_000);

describe.each(VARIANTS)("Ajv with strict: false, on the documents %s,", (variant) => {
  test("accepts every body of the first session", async () => {
    const refused: unknown[] = [];
    let count = 0;
    for (const service of NAMES) {
      const document = await documentOf(variant, service);
      const check = createCheck(document);
      for (const typed of await firstSession()) {
        if (!typed.line.includes(defaultUrlOf(service))) continue;
        for (const [schema, body] of bodiesOf(document, typed)) {
          count += 1;
          const faults = check(schema, body);
          if (faults) refused.push([typed.line, faults]);
        }
      }
    }
    expect(refused).toEqual([]);
    // Five responses, and the two requests whose bodies match their schema.
    expect(count).toBeGreaterThanOrEqual(7);
  });

  test("accepts 100,000 amounts", async () => {
    const check = createCheck(await documentOf(variant, "orders"));
    const isAmount = (value: unknown) => !check({ $ref: "#/components/schemas/Amount" }, value);
    const random = randomFrom(drawSeed());
    const refused: number[] = [];
    for (let count = 0; count < 100_000; count += 1) {
      // As many small amounts as large ones.
      const amount = Math.ceil(10 ** (random() * 11)) / 100;
      if (!isAmount(amount)) refused.push(amount);
    }
    expect(refused).toEqual([]);
    expect([0, -1, 1e9 + 0.01, "1"].filter(isAmount)).toEqual([]);
  });
});

/** Returns a function that returns what is wrong with a value, if anything. */
function createCheck(document: OpenApiDocument) {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema(document, "document");
  const compiled = new Map<string, ValidateFunction>();
  return (schema: object, value: unknown): string | undefined => {
    const text = JSON.stringify(schema).replaceAll('"#/', '"document#/');
    const validate = compiled.get(text) ?? ajv.compile(JSON.parse(text) as object);
    compiled.set(text, validate);
    return validate(value) ? undefined : ajv.errorsText(validate.errors);
  };
}

/** The bodies of a request and of its response, each with its schema. */
function bodiesOf(document: OpenApiDocument, { line, shown }: Typed): [object, unknown][] {
  const sent = / -d '([^']*)'/.exec(line)?.[1];
  const method = / -X (\w+)/.exec(line)?.[1] ?? (sent ? "POST" : "GET");
  const [, path = ""] = /http:\/\/localhost:\d+([^ ?']*)/.exec(line) ?? [];
  const [, operation] =
    Object.entries(document.paths)
      .map(([template, methods]) => [template, methods[method.toLowerCase()]] as const)
      .find(([template]) =>
        new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path),
      ) ?? [];
  if (!operation) throw new Error(`The document has no ${method} ${path}`);

  const received = JSON.parse(shown.trim().split("\n").at(-1) ?? "") as { status?: unknown };
  const success = Object.keys(operation.responses).find((one) => one.startsWith("2"));
  const status = typeof received.status === "number" ? String(received.status) : (success ?? "");
  const response = operation.responses[status] ?? { $ref: "#/components" };
  const bodies: [object, unknown][] = [];
  const [media] = Object.values(resolve<DocumentedResponse>(document, response).content ?? {});
  if (media) bodies.push([media.schema, received]);
  const { "application/json": json } = operation.requestBody?.content ?? {};
  if (sent && json && status !== "422") bodies.push([json.schema, JSON.parse(sent)]);
  return bodies;
}
