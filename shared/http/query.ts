/** Strict reading of queries. */
import type { TObject } from "@sinclair/typebox";

const WHOLE_NUMBER = /^(?:0|[1-9]\d{0,14})$/;

/**
 * Returns the two hooks of a route with this query: the schema, and a transform that reads the URL
 * before validation. A repeated name becomes a list, which no schema accepts, and only digits
 * become an integer. (Elysia would take the last of a repeated name, and accept `0x10` and `1e3` as
 * numbers.)
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
    // The content of the list does not matter.
    if (name in query) query[name] = [];
    else query[name] = integers.has(name) && WHOLE_NUMBER.test(value) ? Number(value) : value;
  }
  return query;
}
