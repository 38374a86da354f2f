/** Faults of requests, as functions that apply them to a request. */
import * as fc from "fast-check";

import type { OpenApiDocument, Operation, Schema } from "../../platform/openapi/document.ts";
import { resolve } from "../support/document.ts";
import type { Generators } from "../support/generators.ts";
import type { Body, Given, Shot } from "./shot.ts";

export type Twist = (shot: Shot) => Shot;

/** Text that HTTP allows in a header. */
export const headerText = fc.oneof(
  fc.string({ unit: fc.constantFrom(...' "W/*,1-9aé\t~') }),
  fc.string().filter((one) => /^[\x20-\x7e\x80-\xff]*$/.test(one)),
);
/** Bytes that are JSON, nearly JSON, or anything. */
export const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.json().map((json) => new TextEncoder().encode(json)),
  fc
    .string({ unit: fc.constantFrom(...'{}[]",:\\u0d8eE+-.1 \n') })
    .map((one) => new TextEncoder().encode(one)),
);
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }).map((one) => one.toWellFormed()),
  fc.string({ minLength: 60, maxLength: 600 }),
);
/** Text that is nearly a whole number. */
const nearlyNumber = fc.constantFrom(
  ..."0|-1|1.0|1.5|1e1|0x10|00|+1| 1|1 |null|true|101|Infinity|٣".split("|"),
  "9".repeat(40),
);
/** A path segment, valid or not. */
const pathText = fc.oneof(
  anyText.map(encodeURIComponent),
  fc.string({ unit: fc.constantFrom(..."%0Zf;:@!$&'()*+,=~^|[]"), maxLength: 10 }),
);

/** Ways to twist a matching request of an operation. Most results do not match the document. */
export function twists(
  document: OpenApiDocument,
  { parameters = [], requestBody }: Operation,
  { invalid }: Generators,
): fc.Arbitrary<Twist> {
  const ofParameters = parameters.flatMap(({ in: place, name, schema }): fc.Arbitrary<Twist>[] => {
    if (place === "path") {
      return [pathText.map((value) => replaced({ in: place, name, value, encoded: true }))];
    }
    const isInteger = resolve<Schema>(document, schema as Schema)["type"] === "integer";
    const values = place === "header" ? headerText : isInteger ? nearlyNumber : anyText;
    return [
      values.map((value) => replaced({ in: place, name, value })),
      given(place, fc.constant(name), values),
      fc.constant((shot) => ({ ...shot, parameters: shot.parameters.filter(isNot(name)) })),
    ];
  });
  const ofBody = Object.entries(requestBody?.content ?? {}).flatMap(([type, { schema }]) =>
    bodyTwists(type, invalid(schema)),
  );
  const all = [...ofParameters, given("query", fc.string({ maxLength: 10 }), anyText)];
  return fc.oneof(
    { weight: 4, arbitrary: fc.oneof(...all) },
    ...(ofBody.length > 0 ? [{ weight: 8, arbitrary: fc.oneof(...ofBody) }] : []),
    { weight: 1, arbitrary: ofAny },
  );
}

/** Twists that apply to every operation. */
const ofAny = fc.oneof(
  fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS").map(
    (method): Twist =>
      (shot) =>
        withoutBodyIfNone({ ...shot, method }),
  ),
  given(
    "header",
    fc.constantFrom("x-request-id", "accept", "accept-encoding", "traceparent", "authorization"),
    headerText,
  ),
  given(
    "header",
    fc.constant("authorization"),
    fc.base64String({ maxLength: 40 }).map((one) => `Bearer ${one}`),
  ),
);

function bodyTwists(type: string, invalid: fc.Arbitrary<unknown>): fc.Arbitrary<Twist>[] {
  const types = fc.oneof(
    headerText,
    fc.constantFrom("text/plain", `${type}; charset=latin1`, `${type}; charset=utf-8`, "*/*"),
    fc.constant(type.toUpperCase()),
  );
  const misfit = invalid.map((json) => (shot: Shot) => ({ ...shot, body: { type, json } }));
  const others = [
    anyBytes.map((raw) => (shot: Shot) => ({ ...shot, body: { type, raw: new Uint8Array(raw) } })),
    types.map((type) => (shot: Shot) => ({ ...shot, body: { ...bodyOf(shot), type } })),
    fc.constantFrom(1, 60_000, 70_000, 200_000).map((padding) => (shot: Shot) => {
      const body = bodyOf(shot);
      return "json" in body ? { ...shot, body: { ...body, padding } } : shot;
    }),
    fc.constant(({ target, path, method, parameters }: Shot) => ({
      target,
      path,
      method,
      parameters,
    })),
    given("header", fc.constant("content-encoding"), fc.constantFrom("gzip", "identity", "x")),
  ];
  // Most twists are invalid bodies, because services check bodies most.
  return [...others, ...Array.from({ length: 8 }, () => misfit)];
}

function bodyOf({ body }: Shot): Body {
  return body ?? { json: {} };
}

/** Removes the body for methods with which `fetch` does not send one. */
function withoutBodyIfNone({ body, ...shot }: Shot): Shot {
  return body && !["GET", "HEAD"].includes(shot.method) ? { ...shot, body } : shot;
}

function given(
  place: Given["in"],
  names: fc.Arbitrary<string>,
  values: fc.Arbitrary<string>,
): fc.Arbitrary<Twist> {
  return fc.tuple(names, values).map(([name, value]) => (shot) => ({
    ...shot,
    parameters: [...shot.parameters, { in: place, name, value }],
  }));
}

function replaced(one: Given): Twist {
  return (shot) => ({ ...shot, parameters: [...shot.parameters.filter(isNot(one.name)), one] });
}

function isNot(name: string) {
  return (one: Given) => one.name !== name;
}
