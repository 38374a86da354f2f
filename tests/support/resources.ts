/**
 * The resources of all services: what their tables and documents say, and the requests that follow
 * from it.
 */
import { join } from "node:path";

import type {
  DocumentedResponse,
  OpenApiDocument,
  Operation,
  Reference,
  Schema,
} from "../../platform/openapi/document.ts";
import type { ServiceName } from "../../services.ts";
import { openApps } from "./apps.ts";
import { documentOf, resolve } from "./document.ts";
import { ROOT } from "./folders.ts";
import { NAMES } from "./services.ts";

export interface OwnedTable {
  name: string;
  /** The field with the id of the user whose row it is. */
  owner: string;
  ownerOf(resource: object): string;
}

/** An operation on a resource. */
export interface Route {
  method: string;
  /** As in the document: `/things/{id}`. */
  path: string;
  operation: Operation;
}

export interface Resource {
  service: ServiceName;
  table: OwnedTable;
  document: OpenApiDocument;
  routes: Route[];
}

/** A resource as responses show it. */
export type Shown = Record<string, unknown> & { id: string };

/** The tables that a service declares in its `table.ts`. */
export async function tablesOf(name: ServiceName): Promise<OwnedTable[]> {
  const exported = (await import(join(ROOT, name, "table.ts"))) as Record<string, OwnedTable>;
  return Object.values(exported).filter((one) => typeof one?.ownerOf === "function");
}

/** All routes of a document but those for operators. */
export function routesOf(document: OpenApiDocument): Route[] {
  return Object.entries(document.paths)
    .filter(([path]) => !path.startsWith("/health"))
    .flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        operation,
      })),
    );
}

/** The resources of all services, as their documents describe them in this environment. */
export async function resourcesOf(environment: Record<string, string> = {}): Promise<Resource[]> {
  const apps = await openApps({ environment });
  const found = await Promise.all(
    NAMES.map(async (name) => resourcesIn(name, await documentOf(apps[name]))),
  );
  await apps.close();
  return found.flat();
}

/** The first resource of a service, as this document describes it. */
export async function resourceOf(name: ServiceName, document: OpenApiDocument): Promise<Resource> {
  const [first] = await resourcesIn(name, document);
  if (!first) throw new Error(`${name} has no table`);
  return first;
}

async function resourcesIn(service: ServiceName, document: OpenApiDocument): Promise<Resource[]> {
  return (await tablesOf(service)).map((table) => ({
    service,
    table,
    document,
    routes: routesOf(document).filter(({ path }) => path.split("/")[1] === table.name),
  }));
}

/** The route of a kind, if the resource has it. */
export function routeOf({ routes }: Resource, method: string, isOfOne: boolean): Route | undefined {
  return routes.find((one) => one.method === method && one.path.endsWith("}") === isOfOne);
}

/** The creation of a resource. */
export function creationOf(resource: Resource): Route {
  const route = routeOf(resource, "POST", false);
  if (!route) throw new Error(`${resource.table.name} cannot be created`);
  return route;
}

/** The schema of the JSON body of a route. */
export function bodyOf({ document }: Resource, { operation }: Route): Schema | undefined {
  const [media] = Object.values(operation.requestBody?.content ?? {});
  return media && resolve<Schema>(document, media.schema);
}

/** Whether the body of a creation says whose the resource is; otherwise the caller does. */
export function namesOwner(resource: Resource): boolean {
  const { properties = {} } = bodyOf(resource, creationOf(resource)) as Properties;
  return resource.table.owner in properties;
}

type Properties = { properties?: Record<string, Schema>; examples?: object[] };

/** The body of a creation that is like no other of this number, for this owner if it names one. */
export function newBody(resource: Resource, number: number | string, owner: string): object {
  const { properties = {}, examples = [] } = bodyOf(resource, creationOf(resource)) as Properties;
  const body = Object.entries(examples[0] ?? {}).map(([name, value]) => {
    if (name === resource.table.owner) return [name, owner];
    const schema = resolve<Schema>(resource.document, properties[name] as Schema);
    return [name, typeof value === "string" && !name.endsWith("_id") ? varied() : value];

    /** Another text that the schema allows, if it allows one. */
    function varied(): unknown {
      const texts = [`${number}.${value}`, `${value} ${number}`, `${value}-${number}`];
      return (
        texts.find((text) => !schema["enum"] && !schema["anyOf"] && fits(schema, text)) ?? value
      );
    }
  });
  return Object.fromEntries(body);
}

function fits({ pattern = "", maxLength = Infinity, format }: Schema, text: string): boolean {
  if (format !== undefined && format !== "email") return false;
  return new RegExp(pattern as string, "u").test(text) && text.length <= (maxLength as number);
}

/** The bodies to send to a route: its example, and each value of its words. */
export function bodiesOf(resource: Resource, route: Route): (object | undefined)[] {
  const schema = bodyOf(resource, route) as Properties | undefined;
  if (!schema) return [undefined];
  const [example = {}] = schema.examples ?? [];
  const words = Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
    wordsOf(resolve(resource.document, property)).map((word) =>
      Object.assign({}, example, { [name]: word }),
    ),
  );
  return [example, ...words];
}

/**
 * The queries to send to a route: what it requires, with and without each other parameter: from the
 * shortest to the longest. One that is a field of the resource gets the value of that field.
 */
export function queriesOf(
  { document }: Pick<Resource, "document">,
  { operation }: Route,
  shown: Record<string, unknown>,
): string[] {
  const parameters = (operation.parameters ?? []).filter((one) => one.in === "query");
  const valuesOf = ({ name, schema, example }: (typeof parameters)[number]): unknown[] => {
    if (name in shown) return [shown[name]];
    const resolved = resolve<Schema>(document, schema as Schema);
    const [sample = example] = (resolved["examples"] ?? []) as unknown[];
    const words = wordsOf(resolved);
    return words.length > 0 ? words : [sample].filter((one) => one !== undefined);
  };
  let queries: [string, string][][] = [[]];
  for (const one of parameters.filter(({ name }) => !PAGING.includes(name))) {
    const values = valuesOf(one).map((value): [string, string] => [one.name, String(value)]);
    const longer = values.flatMap((value) => queries.map((query) => [...query, value]));
    queries = one.required ? longer : [...queries, ...longer];
  }
  return queries.toSorted((a, b) => a.length - b.length).map(queryOf);
}

/** The parameters of a list that do not filter it. */
const PAGING = ["limit", "cursor"];

/** The schema of the response to a creation. */
export function createdBy(resource: Resource): Schema | Reference {
  const { 201: created } = creationOf(resource).operation.responses;
  const { content = {} } = created ? resolve<DocumentedResponse>(resource.document, created) : {};
  const [media] = Object.values(content);
  if (!media) throw new Error(`The creation of ${resource.table.name} has no response`);
  return media.schema;
}

/** The words of which a field of the resource is one; none if it can be any. */
export function wordsOfField(resource: Resource, field: string): unknown[] {
  const { properties = {} } = resolve<Schema>(resource.document, createdBy(resource));
  const property = properties[field];
  return property ? wordsOf(resolve<Schema>(resource.document, property)) : [];
}

function queryOf(pairs: [string, string][]): string {
  const query = new URLSearchParams(pairs).toString();
  return query && `?${query}`;
}

/** The words of which a value is one; none if it can be any. */
function wordsOf({ enum: words, anyOf, const: only }: Schema & { enum?: unknown[] }): unknown[] {
  if (words) return words;
  const all = anyOf ? anyOf.map((part) => part.const) : [only];
  return all.filter((one) => one !== undefined);
}
