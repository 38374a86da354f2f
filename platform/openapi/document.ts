/** An OpenAPI document, 3.1: as much of it as the services use. */

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
export interface MediaType {
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

/** Removes TypeBox's symbols from a JSON Schema. */
export function plain<Value extends object>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}

export function mapValues<Value, Result>(
  record: Record<string, Value>,
  map: (value: Value, key: string) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
