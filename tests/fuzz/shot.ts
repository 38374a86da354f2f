/**
 * Generates requests only from an OpenAPI document: requests that match it, that are at its bounds,
 * or that are twisted in one place. Values that only a service knows, such as ids, come from its
 * earlier responses.
 */
import * as fc from "fast-check";

import type {
  OpenApiDocument,
  Operation,
  Parameter,
  Schema,
} from "../../platform/openapi/document.ts";
import { createValidator, resolve } from "../support/document.ts";
import { createGenerators, type Generators } from "../support/generators.ts";
import { twists } from "./twist.ts";

/** A service and its document. */
export interface Target {
  name: string;
  document: OpenApiDocument;
  send(request: Request): Promise<Response>;
}

export interface Shot {
  target: Target;
  /** Path in the document, which may not have the method. */
  path: string;
  method: string;
  parameters: Given[];
  body?: Body;
}

export interface Given {
  in: "path" | "query" | "header";
  name: string;
  value: unknown;
  /** Whether the value is already encoded. */
  encoded?: boolean;
}

export type Body = { type?: string } & ({ json: unknown; padding?: number } | { raw: Uint8Array });

/** A value from earlier responses, or `otherwise` if there is none. */
export class Harvested {
  constructor(
    readonly name: string,
    readonly pick: number,
    readonly otherwise: unknown,
  ) {}
}

export interface Route {
  target: Target;
  path: string;
  method: string;
  operation: Operation;
  /** Its requests, some of them twisted. */
  shots: fc.Arbitrary<Shot>;
  /** Requests that match the document. */
  fitting: fc.Arbitrary<Shot>;
}

const none = fc.constant(undefined);

export function routesOf(targets: readonly Target[]): Route[] {
  const ids = new Set(targets.flatMap(({ document }) => [...idsOf(document)]));
  return targets.flatMap((target) => {
    const generators = generatorsOf(target.document, ids);
    return Object.entries(target.document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => {
        const fitting = fittingShots({ target, path, method, operation, generators });
        const twist = twists(target.document, operation, generators);
        const twisted = fc
          .tuple(fitting, twist, fc.oneof(none, none, none, twist))
          .map(([shot, one, other]) => (other ? other(one(shot)) : one(shot)));
        const shots = fc.oneof(
          { weight: 1, arbitrary: fitting },
          { weight: 2, arbitrary: twisted },
        );
        return { target, path, method, operation, shots, fitting };
      }),
    );
  });
}

/** Names of the schemas of path parameters. */
function* idsOf(document: OpenApiDocument): Generator<string> {
  for (const { parameters = [] } of Object.values(document.paths).flatMap(
    Object.values<Operation>,
  )) {
    for (const { in: place, schema } of parameters) {
      if (place === "path" && schema.$ref) yield nameOf(schema.$ref);
    }
  }
}

export function nameOf(reference: string): string {
  return reference.replace(/^.*\//, "");
}

function generatorsOf(document: OpenApiDocument, ids: ReadonlySet<string>): Generators {
  const validate = createValidator(document);
  return createGenerators({
    fits(schema, value) {
      try {
        validate(schema, value, "");
        return true;
      } catch {
        return false;
      }
    },
    resolve: (schema) => resolve<Schema>(document, schema as Schema),
    named(name, values) {
      const harvested = fc
        .tuple(fc.nat(9), values)
        .map(([pick, otherwise]) => new Harvested(name, pick, otherwise));
      const weight = ids.has(name) ? 9 : 1;
      return fc.oneof({ weight: 10 - weight, arbitrary: values }, { weight, arbitrary: harvested });
    },
  });
}

interface Making extends Pick<Route, "target" | "path" | "method" | "operation"> {
  generators: Generators;
}

function fittingShots({ target, path, method, operation, generators }: Making): fc.Arbitrary<Shot> {
  const parameters = (operation.parameters ?? []).map((one) => parameter(one, generators));
  const { content = {} } = operation.requestBody ?? {};
  const bodies = Object.entries(content).map(([type, { schema }]) =>
    fc.record({ type: fc.constant(type), json: generators.valid(schema) }),
  );
  return fc
    .record({
      parameters: fc.tuple(...parameters),
      body: bodies.length > 0 ? fc.oneof(...bodies) : fc.constant(undefined),
    })
    .map(({ parameters, body }) => {
      const given = parameters.filter((one) => one !== null);
      const shot = { target, path, method: method.toUpperCase(), parameters: given };
      return body ? Object.assign(shot, { body }) : shot;
    });
}

function parameter(
  { in: place, name, required, schema }: Parameter,
  { valid }: Generators,
): fc.Arbitrary<Given | null> {
  // Clients send back the values of `Link` and `ETag`.
  const source = place === "header" ? "header:etag" : `query:${name}`;
  const plain = valid(schema);
  const values =
    place === "path" || name === "Idempotency-Key"
      ? plain
      : fc.oneof(
          { weight: 2, arbitrary: plain },
          {
            weight: 1,
            arbitrary: fc
              .tuple(fc.nat(9), plain)
              .map(([pick, otherwise]) => new Harvested(source, pick, otherwise)),
          },
        );
  const given = values.map((value) => ({ in: place, name, value }));
  if (required) return given;
  // Seldom, because each one may be wrong by itself, as a cursor of another list is.
  return fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: given });
}
