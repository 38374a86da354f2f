/**
 * The first service of the list, which calls no other, for tests of what all services do alike: the
 * paths of its resource, and bodies that create one.
 */
import { committedDocument } from "../contract/documents.ts";
import { bodiesOf, newBody, queriesOf, type Resource, resourceOf, routeOf } from "./resources.ts";
import { FIRST } from "./services.ts";

const resource: Resource = await resourceOf(FIRST, await committedDocument(FIRST));
const { name } = resource.table;
const list = routeOf(resource, "GET", false);
if (!list) throw new Error(`${FIRST} has no list`);

export { FIRST };

/** Its table. */
export const TABLE = name;

/** Where one is created. */
export const ALL = `/${name}`;

/** One of the demo data. */
export const ONE = `/${name}/1`;

/** The route of {@link ONE}. */
export const ROUTE = `/${name}/:id`;

/** One that does not exist. */
export const NONE = `/${name}/nobody`;

/** The list of all, or of those of user 1 if it needs a user. */
export const LIST = `/${name}${queriesOf(resource, list, {})[0]}`;

/** The path of a list, with one more parameter. */
export function listWith(parameter: string): string {
  return `${LIST}${LIST.includes("?") ? "&" : "?"}${parameter}`;
}

/** The body of one that is like no other of this number. */
export function bodyOf(number: number | string): object {
  return newBody(resource, number, "1");
}

const change = routeOf(resource, "PATCH", true);

/** The body of a change that the resource of the demo data takes. */
export const CHANGE: object = (change && bodiesOf(resource, change)[0]) ?? {};

/** The ways to change one, for those that the resource has. */
export const METHODS = resource.routes
  .filter(({ path }) => path.endsWith("}"))
  .map(({ method }) => method);
