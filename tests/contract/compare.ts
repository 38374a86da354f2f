/**
 * Finds the changes of an OpenAPI 3.1 document, and decides which of them break clients. A request
 * may allow more values, and a response fewer. Clients ignore what they do not know: a new
 * operation, a new member of a response, a new header, a new failure. In doubt, a change is
 * breaking.
 *
 * We wrote this ourselves because api-smart-diff 1.0.6, the only npm package that supports OpenAPI
 * 3.1 and runs without a download, is right about only 75 of the 97 changes of compare.test.ts. For
 * example, it accepts a request member that becomes required, and rejects a response member that is
 * no longer nullable.
 */
import type {
  Content,
  DocumentedResponse,
  Header,
  OpenApiDocument,
  Operation,
  Parameter,
} from "../../platform/openapi/document.ts";
import { resolve } from "../support/document.ts";
import { compareSchemas, type SchemaChange } from "./compare-schemas.ts";

export interface Change {
  breaking: boolean;
  /** The operation, and the part of it. */
  where: string;
  what: string;
}

export function compareDocuments(before: OpenApiDocument, after: OpenApiDocument): Change[] {
  const changes: Change[] = [];
  const tell = (breaking: boolean, where: string, what: string) =>
    changes.push({ breaking, where, what });

  function schemas(
    was: Content[string]["schema"] | undefined,
    is: Content[string]["schema"] | undefined,
    { where, direction }: { where: string; direction: Direction },
  ) {
    const found = compareSchemas(
      { schema: was, document: before },
      { schema: is, document: after },
    );
    for (const change of found) {
      tell(breaks(change, direction), `${where} ${change.pointer}`.trim(), change.what);
    }
  }

  function parameters(was: readonly Parameter[], is: readonly Parameter[], where: string) {
    each(byPlace(was), byPlace(is), {
      added: (name, { required }) =>
        tell(required, `${where} ${name}`, required ? "new, required" : "new"),
      removed: (name) => tell(true, `${where} ${name}`, "gone"),
      both(name, was, is) {
        const at = `${where} ${name}`;
        if (was.required !== is.required) {
          tell(is.required, at, is.required ? "required now" : "optional now");
        }
        if (wayOf(was) !== wayOf(is)) tell(true, at, "is written in another way");
        schemas(was.schema, is.schema, { where: at, direction: "request" });
      },
    });
  }

  function content(was: Content, is: Content, at: { where: string; direction: Direction }) {
    each(was, is, {
      // A client cannot choose the type of the response.
      added: (type) => tell(at.direction !== "request", `${at.where} ${type}`, "new"),
      removed: (type) => tell(true, `${at.where} ${type}`, "gone"),
      both(type, was, is) {
        schemas(was.schema, is.schema, { ...at, where: `${at.where} ${type}` });
        failures(Object.keys(was.examples ?? {}), Object.keys(is.examples ?? {}), at.where);
      },
    });
  }

  /** The codes of a status. A removed and a new code may be a renamed one. */
  function failures(was: string[], is: string[], where: string) {
    const gone = was.filter((code) => !is.includes(code));
    const added = is.filter((code) => !was.includes(code));
    for (const code of gone) tell(added.length > 0, `${where} ${code}`, "gone");
    for (const code of added) tell(false, `${where} ${code}`, "new");
  }

  function requestBody(was: Operation["requestBody"], is: Operation["requestBody"], where: string) {
    const at = `${where} body`;
    if (!was && !is) return;
    if (!was || !is) {
      tell(!is || is.required, at, is ? "new" : "gone");
      return;
    }
    if (is.required !== was.required)
      tell(is.required, at, is.required ? "required now" : "optional now");
    content(was.content, is.content, { where: at, direction: "request" });
  }

  function responses(was: Operation["responses"], is: Operation["responses"], where: string) {
    each(was, is, {
      // Only clients that send `If-None-Match` get a 304.
      added: (status) =>
        tell(Number(status) < 400 && status !== "304", `${where} ${status}`, "new"),
      removed: (status) => tell(Number(status) < 400, `${where} ${status}`, "gone"),
      both(status, was, is) {
        const at = `${where} ${status}`;
        const one = resolve<DocumentedResponse>(before, was);
        const other = resolve<DocumentedResponse>(after, is);
        const isFailure = Number(status) >= 400 && onlyMore(codesOf(one), codesOf(other));
        headers(one.headers, other.headers, { where: at, isFailure });
        if (!one.content && other.content) tell(false, at, "has a body now");
        else {
          const direction = Number(status) < 400 ? "response" : "failure";
          content(one.content ?? {}, other.content ?? {}, { where: at, direction });
        }
      },
    });
  }

  function headers(
    was: DocumentedResponse["headers"],
    is: DocumentedResponse["headers"],
    { where, isFailure }: { where: string; isFailure: boolean },
  ) {
    each(was, is, {
      added: (name) => tell(false, `${where} ${name}`, "new"),
      removed: (name) => tell(true, `${where} ${name}`, "gone"),
      both(name, was, is) {
        const one = resolve<Header>(before, was);
        const other = resolve<Header>(after, is);
        const at = `${where} ${name}`;
        if (one.required !== other.required) {
          // A failure has its headers whatever other failures share its status. So one that only
          // some of them have is optional as soon as there is another failure, for clients that do
          // not know that one either.
          const breaking = one.required && !isFailure;
          tell(breaking, at, one.required ? "optional now" : "required now");
        }
        schemas(one.schema, other.schema, { where: at, direction: "response" });
      },
    });
  }

  /** Security requirements are alternatives; an empty list requires nothing. */
  function security(was: Secured, is: Secured, where: string) {
    const one = was.security ?? (before as Secured).security ?? [];
    const other = is.security ?? (after as Secured).security ?? [];
    if (Bun.deepEquals(one, other)) return;
    const isOpen = other.length === 0 || other.some((one) => Object.keys(one).length === 0);
    const isWider =
      one.length > 0 && one.every((had) => other.some((has) => Bun.deepEquals(had, has)));
    tell(
      !isOpen && !isWider,
      `${where} security`,
      `${JSON.stringify(one)} -> ${JSON.stringify(other)}`,
    );
  }

  each(before.paths, after.paths, {
    added: (path) => tell(false, path, "new"),
    removed: (path) => tell(true, path, "gone"),
    both: (path, was, is) =>
      each(was, is, {
        added: (method) => tell(false, `${method.toUpperCase()} ${path}`, "new"),
        removed: (method) => tell(true, `${method.toUpperCase()} ${path}`, "gone"),
        both(method, was, is) {
          const where = `${method.toUpperCase()} ${path}`;
          // Generated clients use this name.
          if (was.operationId !== is.operationId)
            tell(true, `${where} operationId`, is.operationId);
          parameters(was.parameters ?? [], is.parameters ?? [], where);
          requestBody(was.requestBody, is.requestBody, where);
          responses(was.responses, is.responses, where);
          security(was as Secured, is as Secured, where);
        },
      }),
  });
  const gone = urlsOf(before).filter((url) => !urlsOf(after).includes(url));
  for (const url of gone) tell(true, `server ${url}`, "gone");
  return changes;
}

/** Calls `both`, `added` or `removed` for each name. */
function each<Part>(
  was: Record<string, Part> = {},
  is: Record<string, Part> = {},
  told: {
    both: (name: string, was: Part, is: Part) => void;
    added: (name: string, is: Part) => void;
    removed: (name: string, was: Part) => void;
  },
) {
  for (const [name, one] of Object.entries(was)) {
    const other = is[name];
    if (other === undefined) told.removed(name, one);
    else told.both(name, one, other);
  }
  for (const [name, one] of Object.entries(is)) if (!(name in was)) told.added(name, one);
}

/** The failures of a response. */
function codesOf({ content = {} }: DocumentedResponse): string[] {
  return Object.values(content).flatMap(({ examples = {} }) => Object.keys(examples));
}

/** Whether a list has all of another, and more. */
function onlyMore(was: readonly string[], is: readonly string[]): boolean {
  return is.length > was.length && was.every((one) => is.includes(one));
}

/** How a value is serialized. */
function wayOf(parameter: Parameter & { style?: string; explode?: boolean }): string {
  return `${parameter.style ?? ""} ${parameter.explode ?? ""}`;
}

interface Secured {
  security?: Record<string, string[]>[];
}

type Direction = "request" | "response" | "failure";

function breaks(
  { effect, member, pointer, isEnumeration }: SchemaChange,
  direction: Direction,
): boolean {
  if (direction === "request") return effect !== "wider";
  // A client treats an unknown code by its status; see `failures` for renamed ones.
  if (direction === "failure" && pointer === "/code" && isEnumeration) return false;
  return (effect === "wider" || effect === "other") && member !== "added";
}

function byPlace(parameters: readonly Parameter[]): Record<string, Parameter> {
  return Object.fromEntries(parameters.map((one) => [`${one.in} ${one.name}`, one]));
}

/** The paths of the servers. Who runs a service chooses its host. */
function urlsOf({ servers = [] }: Partial<OpenApiDocument>): string[] {
  return servers.map(({ url }) => new URL(url, "http://localhost").pathname);
}
