/** The query of a request, read strictly. */
import type { TObject } from "@sinclair/typebox";

const WHOLE_NUMBER = /^(?:0|[1-9]\d{0,14})$/;

/**
 * The two hooks of a route with this query: the schema, and a reading of the URL before it that makes
 * lists of repeated names, which fit no schema, and integers of digits alone. (Elysia would take the
 * last of a repeated name, and `0x10` and `1e3` for numbers.)
 */
export function strictQuery<Schema extends TObject>(schema: Schema) {
  const integers = new Set(
    Object.keys(schema.properties).filter((name) => schema.properties[name]?.type === "integer"),
  );
  function transform(context: { request: Request; query: unknown }) {
    const { url } = context.request;
    const start = url.indexOf("?");
    if (start !== -1) context.query = parseQuery(new URLSearchParams(url.slice(start)), integers);
  }
  return { query: schema, transform };
}

function parseQuery(parameters: URLSearchParams, integers: Set<string>) {
  const query: Record<string, string | number | []> = Object.create(null);
  for (const [name, value] of parameters) {
    // What is in the list does not matter.
    if (name in query) query[name] = [];
    else query[name] = integers.has(name) && WHOLE_NUMBER.test(value) ? Number(value) : value;
  }
  return query;
}
