import addFormats from "ajv-formats";
/** Checks responses against the OpenAPI document, with a validator that does not know TypeBox. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

import { PROBLEM_TYPE } from "../../platform/http/problem.ts";
import {
  type DocumentedResponse,
  type Header,
  mapValues,
  type OpenApiDocument,
  type Operation,
  type Reference,
  type Schema,
} from "../../platform/openapi/document.ts";

/** Fetches the document from the app. */
export async function documentOf(app: {
  handle(request: Request): Promise<Response>;
}): Promise<OpenApiDocument> {
  const answer = await app.handle(new Request("http://localhost/swagger/json"));
  if (!answer.ok)
    throw new Error(`/swagger/json returned ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as OpenApiDocument;
}

export interface Conformance {
  /**
   * Reads a copy of the response.
   *
   * @throws Error if the document does not have the status, the content type or a header, if the
   * body or a header does not match its schema, or if a header is missing. For paths that are not
   * in the document, it checks only that failures are problems. Every response must have the right
   * `Cache-Control` and `X-Content-Type-Options`.
   */
  check(request: Pick<Request, "method" | "url">, response: Response): Promise<void>;
}

/** Headers of HTTP that no operation documents. */
const GENERIC_HEADERS = new Set([
  "cache-control",
  "connection",
  "content-length",
  "content-type",
  "date",
  "x-content-type-options",
]);

export function createConformance(document: OpenApiDocument): Conformance {
  const validate = createValidator(closed(document));
  const paths = Object.entries(document.paths)
    .map(([path, operations]) => ({ pattern: patternOf(path), path, operations }))
    // Puts "/things/latest" before "/things/{id}".
    .toSorted((a, b) => a.path.split("{").length - b.path.split("{").length);

  function operationOf({ method, url }: Pick<Request, "method" | "url">): Operation | undefined {
    const { pathname } = new URL(url);
    const operations = paths.find(({ pattern }) => pattern.test(pathname))?.operations;
    return operations?.[method === "HEAD" ? "get" : method.toLowerCase()];
  }

  function checkHeaders(answer: DocumentedResponse, sent: Headers): void {
    for (const [name, reference] of Object.entries(answer.headers)) {
      const { required, schema } = resolve<Header>(document, reference);
      const text = sent.get(name);
      if (text === null && required) throw new Error(`The header ${name} is missing`);
      if (text === null) continue;
      validate(schema, schema["type"] === "integer" ? Number(text) : text, `The header ${name}`);
    }
    const documented = new Set(Object.keys(answer.headers).map((name) => name.toLowerCase()));
    for (const name of sent.keys()) {
      if (!documented.has(name) && !GENERIC_HEADERS.has(name)) {
        throw new Error(`The header ${name} is not documented`);
      }
    }
  }

  async function checkBody(
    { content }: DocumentedResponse,
    response: Response,
    isHead: boolean,
  ): Promise<void> {
    const text = await response.text();
    if (!content || isHead) {
      if (text !== "") throw new Error(`A body where there is none: ${text}`);
      return;
    }
    const type = contentType(response);
    const media = content[type];
    if (!media) throw new Error(`Expected ${Object.keys(content).join(" or ")}, not ${type}`);
    validate(media.schema, JSON.parse(text), "The body");
  }

  async function checkProblem(response: Response): Promise<void> {
    const content = { [PROBLEM_TYPE]: { schema: { $ref: "#/components/schemas/Problem" } } };
    await checkBody({ description: "", headers: {}, content }, response, false);
  }

  return {
    async check(request, response) {
      const copy = response.clone();
      const isHead = request.method === "HEAD";
      try {
        checkGenericHeaders(copy.headers);
        const operation = operationOf(request);
        if (!operation) {
          // A service that is not ready sends the same report as a ready one. For a HEAD without a
          // route, the server removes the body, not the app.
          const isReport = request.url.endsWith("/health/ready");
          if (copy.status >= 400 && !isReport && !isHead) await checkProblem(copy);
          return;
        }
        const documented = operation.responses[copy.status];
        if (!documented) throw new Error(`${operation.operationId} has no such status`);
        const answer = resolve<DocumentedResponse>(document, documented);
        checkHeaders(answer, copy.headers);
        await checkBody(answer, copy, isHead);
      } catch (cause) {
        const { method, url } = request;
        const { message } = cause as Error;
        throw new Error(`${method} ${url} -> ${copy.status}: ${message}`, { cause });
      }
    },
  };
}

function checkGenericHeaders(headers: Headers): void {
  const caching = headers.has("etag") ? "private, no-cache" : "no-store";
  for (const [name, value] of [
    ["cache-control", caching],
    ["x-content-type-options", "nosniff"],
  ] as const) {
    const sent = headers.get(name);
    if (sent !== value) throw new Error(`The header ${name} is ${sent}, not ${value}`);
  }
}

/** @throws Error that says which part of the value does not match */
export type Validate = (schema: object, value: unknown, what: string) => void;

/**
 * Returns the document with closed responses: clients must accept a field that they do not know, and
 * our services must not send one that they do not document.
 */
function closed(document: OpenApiDocument): OpenApiDocument {
  const { components } = document;
  const schemas = mapValues(components.schemas, closedSchema);
  return { ...document, components: { ...components, schemas } };
}

function closedSchema({ properties, items, anyOf, ...schema }: Schema): Schema {
  return {
    ...(properties && {
      additionalProperties: false,
      properties: mapValues(properties, closedSchema),
    }),
    ...(items && { items: closedSchema(items) }),
    ...(anyOf && { anyOf: anyOf.map(closedSchema) }),
    ...schema,
  };
}

/** Adds the rules that JSON Schema cannot express, as the descriptions of the documents state them. */
export function addRules(ajv: Ajv2020): void {
  ajv.addKeyword({
    keyword: "x-decimal-places",
    type: "number",
    validate: (places: number, value: number) => Number(value.toFixed(places)) === value,
  });
  ajv.addKeyword({
    keyword: "x-printable",
    type: "string",
    validate: (_rule: true, text: string) =>
      text.isWellFormed() && /\S/.test(text) && !/[\u2028\u2029]/.test(text),
  });
}

/** Creates a validator for schemas of the document, which may refer to its components. */
export function createValidator(document: OpenApiDocument): Validate {
  const ajv = new Ajv2020({ allErrors: true, strictTypes: false });
  addFormats.default(ajv);
  addRules(ajv);
  ajv.addVocabulary(["components"]);
  ajv.addSchema({ components: document.components }, "document");
  const compiled = new Map<string, ValidateFunction>();

  return (schema, value, what) => {
    const text = JSON.stringify(schema).replaceAll('"#/', '"document#/');
    let check = compiled.get(text);
    if (!check) compiled.set(text, (check = ajv.compile(JSON.parse(text))));
    if (check(value)) return;
    throw new Error(`${what} does not match its schema: ${ajv.errorsText(check.errors)}`);
  };
}

/** Returns the target of a `$ref`; returns anything else unchanged. */
export function resolve<Part extends object>(
  document: OpenApiDocument,
  part: Part | Reference,
): Part {
  if (!("$ref" in part)) return part;
  const [, ...names] = part.$ref.split("/");
  let found: unknown = document;
  for (const name of names) found = (found as Record<string, unknown>)[name];
  return found as Part;
}

/** A request for each operation and content type, with the examples that Swagger UI fills in. */
export function exampleRequests(document: OpenApiDocument) {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([name, { operationId, parameters = [], requestBody }]) => {
      const method = name.toUpperCase();
      const url = new URL(path, "http://localhost");
      for (const { in: place, name, example } of parameters) {
        if (example === undefined) continue;
        if (place === "query") url.searchParams.set(name, String(example));
        else url.pathname = path.replace(`{${name}}`, String(example));
      }
      if (!requestBody) return [{ operationId, request: new Request(url, { method }) }];
      return Object.entries(requestBody.content).map(([type, { example }]) => {
        const headers = { "content-type": type };
        const body = JSON.stringify(example);
        return { operationId, request: new Request(url, { method, headers, body }) };
      });
    }),
  );
}

/** A request to an operation, in parts that a test can change. */
export interface Asking {
  path: string;
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
}

/** The successful request of an operation, from the examples of the document. */
export async function exampleOf(document: OpenApiDocument, operation: string): Promise<Asking> {
  const example = exampleRequests(document).find(({ operationId }) => operationId === operation);
  if (!example) throw new Error(`The document has no ${operation}`);
  const { method, url, body } = example.request;
  const { pathname, search } = new URL(url);
  const path = `${pathname}${search}`;
  return { path, method, ...(body && { body: await example.request.json() }) };
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, "[^/]+")}/?$`);
}

function contentType(response: Response): string {
  return (response.headers.get("content-type") ?? "").replace(/;.*/, "").trim();
}
