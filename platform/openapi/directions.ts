/** The two directions of a document: what is asked is closed, and what is answered may grow. */
import { mapValues, type OpenApiDocument, type Operation, type Parameter } from "./document.ts";

const SCHEMAS = "#/components/schemas/";

/** What the name of a schema gets if it is both asked and answered, for the closed one of the two. */
const ASKED = "Input";

/**
 * Removes `additionalProperties: false` from what is answered: a client must not refuse the fields of
 * later versions. A schema that is also asked becomes two. Then removes the examples of what is only
 * in optional parameters: programs that import the document would send a cursor that no list has
 * given, or the condition of a resource that the client has never read.
 *
 * @throws Error if the name that such a second schema would have is taken
 */
export function directed(document: OpenApiDocument): OpenApiDocument {
  const { paths, components } = document;
  const { schemas, responses, headers } = components;
  const operations = Object.values(paths).flatMap(Object.values<Operation>);
  const required = operations.map(({ parameters = [], requestBody }) => [
    parameters.filter((one) => one.required),
    requestBody,
  ]);

  /** Returns the names of the schemas that a part refers to, also through others. */
  function reached(part: unknown, names = new Set<string>()): Set<string> {
    visitReferences(part, (name) => {
      if (names.has(name)) return;
      names.add(name);
      reached(schemas[name], names);
    });
    return names;
  }

  const asked = reached(operations.map(({ parameters, requestBody }) => [parameters, requestBody]));
  const answered = reached([operations.map((one) => one.responses), responses, headers]);
  const used = answered.union(reached(required));

  const isClosed = (name: string) => !Bun.deepEquals(schemas[name], opened(schemas[name]));
  const twofold = asked
    .intersection(answered)
    .values()
    .filter((name) => isClosed(name) || reached(schemas[name]).values().some(isClosed));
  const split = new Set(twofold);

  /** Refers to the closed ones of the schemas that are split. */
  function closed<Part>(part: Part): Part {
    return revived(part, (key, value) => {
      return key === "$ref" && split.has(nameOf(value)) ? `${value}${ASKED}` : value;
    });
  }

  function parameter({ schema, ...rest }: Parameter): Parameter {
    if (rest.required) return closed({ ...rest, schema });
    const { examples: _examples, ...unsaid } = schema;
    return closed({ ...rest, schema: unsaid });
  }

  const operation = (one: Operation): Operation => ({
    ...one,
    ...(one.parameters && { parameters: one.parameters.map(parameter) }),
    ...(one.requestBody && { requestBody: closed(one.requestBody) }),
    responses: opened(one.responses),
  });

  const shown = Object.entries(schemas).flatMap(([name, schema]) => {
    const { examples: _examples, ...unsaid } = schema;
    if (!used.has(name)) return [[name, closed(unsaid)]];
    if (!answered.has(name)) return [[name, closed(schema)]];
    const open = [name, opened(schema)];
    if (!split.has(name)) return [open];
    if (schemas[`${name}${ASKED}`]) throw new Error(`${name} needs the name ${name}${ASKED}`);
    return [open, [`${name}${ASKED}`, closed(schema)]];
  });
  return {
    ...document,
    paths: mapValues(paths, (operations) => mapValues(operations, operation)),
    components: { ...components, schemas: Object.fromEntries(shown) },
  };
}

/** Removes `additionalProperties: false` wherever it is. */
function opened<Part>(part: Part): Part {
  return revived(part, (key, value) => {
    return key === "additionalProperties" && value === false ? undefined : value;
  });
}

function revived<Part>(part: Part, change: (key: string, value: never) => unknown): Part {
  return JSON.parse(JSON.stringify(part), change as (key: string, value: unknown) => unknown);
}

function visitReferences(part: unknown, visit: (name: string) => void): void {
  JSON.stringify(part, (key, value) => {
    if (key === "$ref" && String(value).startsWith(SCHEMAS)) visit(nameOf(value));
    return value;
  });
}

function nameOf(reference: string): string {
  return reference.slice(SCHEMAS.length);
}
