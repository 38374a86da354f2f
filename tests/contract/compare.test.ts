/** Single changes to a document: those that break a client, and those that do not. */
import { describe, expect, test } from "bun:test";

import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";

import type { OpenApiDocument } from "../../platform/openapi/document.ts";
import { addRules } from "../support/document.ts";
import { PRINTABLE, WHOLE } from "./compare-schemas.ts";
import { compareDocuments } from "./compare.ts";

const failure = (...codes: string[]) => ({
  description: "A failure",
  headers: {},
  content: {
    "application/problem+json": {
      schema: { $ref: "#/components/schemas/Problem" },
      examples: Object.fromEntries(codes.map((code) => [code, { summary: code, value: { code } }])),
    },
  },
});

/** A problem with one of these codes. */
function coded(...codes: string[]) {
  const code = { type: "string", enum: codes };
  return {
    allOf: [
      { $ref: "#/components/schemas/Problem" },
      { type: "object", required: ["code"], properties: { code } },
    ],
  };
}

function codedFailure(...codes: string[]) {
  const { content, ...rest } = failure(...codes);
  const { examples } = content["application/problem+json"];
  const media = { schema: coded(...codes), examples };
  return { ...rest, content: { "application/problem+json": media } };
}

const DOCUMENT = {
  openapi: "3.1.0",
  info: { title: "things", description: "Things.", version: "1.0.0" },
  servers: [{ url: "/" }],
  security: [{ bearer: [] }],
  paths: {
    "/things": {
      get: {
        operationId: "listThings",
        summary: "List things",
        parameters: [
          {
            in: "query",
            name: "limit",
            required: false,
            schema: { type: "integer", minimum: 1, maximum: 100, default: 20 },
          },
          { in: "query", name: "shop", required: true, schema: { type: "string" } },
          { in: "query", name: "color", required: false, schema: { enum: ["red", "blue"] } },
        ],
        responses: {
          200: {
            description: "A page",
            headers: { Link: { $ref: "#/components/headers/Link" } },
            content: {
              "application/json": {
                schema: {
                  type: "array",
                  maxItems: 100,
                  items: { $ref: "#/components/schemas/Thing" },
                },
              },
            },
          },
          404: failure("shop_not_found"),
        },
      },
      post: {
        operationId: "createThing",
        parameters: [
          { in: "header", name: "Idempotency-Key", required: false, schema: { type: "string" } },
        ],
        requestBody: {
          required: true,
          content: {
            "application/json": { schema: { $ref: "#/components/schemas/NewThing" } },
            "application/cbor": { schema: { $ref: "#/components/schemas/NewThing" } },
          },
        },
        responses: {
          201: {
            description: "The new thing",
            headers: { Location: { $ref: "#/components/headers/Location" } },
            content: { "application/json": { schema: { $ref: "#/components/schemas/Thing" } } },
          },
          409: codedFailure("name_taken", "shop_closed"),
        },
      },
    },
    "/things/{id}": {
      delete: {
        operationId: "deleteThing",
        security: [],
        parameters: [{ in: "path", name: "id", required: true, schema: { type: "string" } }],
        requestBody: { required: false, content: { "application/json": { schema: {} } } },
        responses: { 204: { description: "Gone", headers: {} } },
      },
    },
  },
  components: {
    headers: {
      Link: { description: "Next", required: false, schema: { type: "string", maxLength: 9 } },
      Location: { description: "Where", required: true, schema: { type: "string" } },
    },
    responses: {},
    schemas: {
      Problem: {
        type: "object",
        required: ["code"],
        properties: { code: { type: "string", maxLength: 64 }, status: { type: "integer" } },
      },
      Owner: { type: "object", required: ["id"], properties: { id: { type: "string" } } },
      Thing: {
        type: "object",
        additionalProperties: false,
        required: ["id", "name", "color", "size"],
        properties: {
          id: { type: "string", pattern: "^[a-z]+$", minLength: 1, maxLength: 8 },
          name: { type: "string", maxLength: 20 },
          color: { type: "string", enum: ["red", "blue"] },
          size: { type: "number", minimum: 0, maximum: 10 },
          note: { type: "string" },
          words: { type: "object", additionalProperties: { type: "string" } },
          owner: { anyOf: [{ $ref: "#/components/schemas/Owner" }, { type: "null" }] },
        },
      },
      NewThing: {
        type: "object",
        additionalProperties: false,
        required: ["name", "size"],
        minProperties: 2,
        if: { properties: { color: { enum: ["red"] } } },
        else: { properties: { price: WHOLE.once } },
        properties: {
          name: { type: "string", minLength: 1, maxLength: 20, pattern: "^[a-z]+$" },
          size: { type: "integer", minimum: 0, maximum: 10 },
          price: { type: "number", multipleOf: 0.01 },
          weight: { type: "number", "x-decimal-places": 2 },
          day: { type: "string", pattern: "^\\d+$" },
          label: { type: "string", pattern: PRINTABLE.once },
          color: { type: "string", enum: ["red", "blue"], default: "red" },
          note: { type: ["string", "null"] },
          tags: { type: "array", maxItems: 3, uniqueItems: true, items: { type: "string" } },
          owner: { oneOf: [{ type: "string" }, { $ref: "#/components/schemas/Owner" }] },
        },
      },
    },
  },
};

const CODES =
  "/paths/~1things/post/responses/409/content/application~1problem+json/schema/allOf/1/properties/code/enum";
const LIST = "/paths/~1things/get";
const CREATE = "/paths/~1things/post";
const DELETE = "/paths/~1things~1{id}/delete";
const THING = "/components/schemas/Thing";
const NEW = "/components/schemas/NewThing";
const GONE = Symbol("gone");

type Edit = [what: string, pointer: string, value: unknown];

const BREAKING: Edit[] = [
  // Operations
  ["a path is removed", "/paths/~1things~1{id}", GONE],
  ["an operation is removed", CREATE, GONE],
  ["an operationId changes", `${LIST}/operationId`, "getThings"],
  ["a server changes", "/servers/0/url", "/v2"],
  ["an operation requires a token", `${DELETE}/security`, [{ bearer: [] }]],
  ["another kind of token is required", "/security/0", { cookie: [] }],
  // Requests
  ["a parameter is removed", `${LIST}/parameters/2`, GONE],
  ["a request header is removed", `${CREATE}/parameters/0`, GONE],
  [
    "a required parameter is added",
    `${LIST}/parameters/3`,
    { in: "query", name: "size", required: true, schema: { type: "integer" } },
  ],
  ["a parameter becomes required", `${LIST}/parameters/0/required`, true],
  ["a parameter moves", `${LIST}/parameters/2/in`, "header"],
  ["the maximum of a parameter decreases", `${LIST}/parameters/0/schema/maximum`, 50],
  ["the default of a parameter changes", `${LIST}/parameters/0/schema/default`, 10],
  ["a value of a parameter is removed", `${LIST}/parameters/2/schema/enum`, ["red"]],
  ["the style of a parameter changes", `${LIST}/parameters/2/style`, "pipeDelimited"],
  ["a media type of a request is removed", `${CREATE}/requestBody/content/application~1cbor`, GONE],
  ["a request body becomes required", `${DELETE}/requestBody/required`, true],
  ["a request body is removed", `${CREATE}/requestBody`, GONE],
  ["a property of a request becomes required", `${NEW}/required/2`, "color"],
  ["a property of a request is removed", `${NEW}/properties/note`, GONE],
  ["a property of a request changes its type", `${NEW}/properties/size/type`, "string"],
  ["a property of a request must no longer be null", `${NEW}/properties/note/type`, "string"],
  ["the maximum length of a request string decreases", `${NEW}/properties/name/maxLength`, 10],
  ["the minimum length of a request string increases", `${NEW}/properties/name/minLength`, 2],
  ["the pattern of a request string changes", `${NEW}/properties/name/pattern`, "^[A-Z]+$"],
  ["a request string gets a format", `${NEW}/properties/name/format`, "email"],
  ["a request number allows fewer decimals", `${NEW}/properties/price/multipleOf`, 0.05],
  ["a request number allows fewer places", `${NEW}/properties/weight/x-decimal-places`, 1],
  ["a condition of a request changes", `${NEW}/else/properties/price`, { type: "null" }],
  ["a request string must be printable", `${NEW}/properties/name/x-printable`, true],
  ["a value of a request enumeration is removed", `${NEW}/properties/color/enum`, ["red"]],
  ["the default of a request property is removed", `${NEW}/properties/color/default`, GONE],
  ["an alternative of a request is removed", `${NEW}/properties/owner/oneOf/0`, GONE],
  ["the maximum length of a request array decreases", `${NEW}/properties/tags/maxItems`, 2],
  ["a request needs more properties", `${NEW}/minProperties`, 3],
  // Responses
  ["a success status is removed", `${CREATE}/responses/201`, GONE],
  ["a success status is added", `${CREATE}/responses/202`, { description: "Later", headers: {} }],
  ["a response body is removed", `${CREATE}/responses/201/content`, GONE],
  [
    "the media type of a response changes",
    `${CREATE}/responses/201/content`,
    { "text/plain": { schema: { type: "string" } } },
  ],
  ["a failure may lack its code", "/components/schemas/Problem/required", []],
  [
    "another member of a failure has more values",
    "/components/schemas/Problem/properties/status/type",
    "number",
  ],
  ["a response map has other values", `${THING}/properties/words/additionalProperties`, {}],
  [
    "the code of a failure changes",
    `${CREATE}/responses/409`,
    codedFailure("name_used", "shop_closed"),
  ],
  ["a response header is removed", `${LIST}/responses/200/headers/Link`, GONE],
  ["a response header becomes optional", "/components/headers/Location/required", false],
  [
    "the maximum length of a response header increases",
    "/components/headers/Link/schema/maxLength",
    10,
  ],
  ["a property of a response is removed", `${THING}/properties/note`, GONE],
  ["a property of a response becomes optional", `${THING}/required`, ["id", "name", "color"]],
  ["a property of a response may be null", `${THING}/properties/name/type`, ["string", "null"]],
  ["a property of a response changes its type", `${THING}/properties/id/type`, "integer"],
  [
    "a value of a response enumeration is added",
    `${THING}/properties/color/enum`,
    ["red", "blue", "green"],
  ],
  ["the maximum length of a response string increases", `${THING}/properties/name/maxLength`, 30],
  ["the pattern of a response string is removed", `${THING}/properties/id/pattern`, GONE],
  ["the maximum of a response number increases", `${THING}/properties/size/maximum`, 11],
  [
    "the maximum length of a page increases",
    `${LIST}/responses/200/content/application~1json/schema/maxItems`,
    200,
  ],
  [
    "an alternative of a response is added",
    `${THING}/properties/owner/anyOf/2`,
    { type: "string" },
  ],
  [
    "a page becomes an object",
    `${LIST}/responses/200/content/application~1json/schema`,
    {
      type: "object",
    },
  ],
];

const HARMLESS: Edit[] = [
  // Descriptions
  ["a description changes", "/info/description", "Things and more."],
  ["a summary changes", `${LIST}/summary`, "List all things"],
  ["the version changes", "/info/version", "1.1.0"],
  ["an example is added", `${THING}/properties/name/examples`, ["x"]],
  ["an operation is deprecated", `${LIST}/deprecated`, true],
  ["a schema gets a title", `${NEW}/title`, "New thing"],
  // Operations
  ["a path is added", "/paths/~1shops", {}],
  [
    "an operation is added",
    "/paths/~1things~1{id}/get",
    { operationId: "getThing", responses: {} },
  ],
  ["a server is added", "/servers/1", { url: "/v2" }],
  ["an operation no longer requires a token", `${LIST}/security`, []],
  ["another kind of token is accepted too", "/security/1", { cookie: [] }],
  // Requests
  [
    "an optional parameter is added",
    `${LIST}/parameters/3`,
    { in: "query", name: "size", required: false, schema: { type: "integer" } },
  ],
  ["a parameter becomes optional", `${LIST}/parameters/1/required`, false],
  ["the maximum of a parameter increases", `${LIST}/parameters/0/schema/maximum`, 200],
  ["a value of a parameter is added", `${LIST}/parameters/2/schema/enum`, ["red", "blue", "green"]],
  [
    "a media type of a request is added",
    `${CREATE}/requestBody/content/text~1plain`,
    { schema: {} },
  ],
  ["a request body becomes optional", `${CREATE}/requestBody/required`, false],
  ["an optional request body is added", `${LIST}/requestBody`, { required: false, content: {} }],
  ["an optional property of a request is added", `${NEW}/properties/weight`, { type: "number" }],
  ["a property of a request becomes optional", `${NEW}/required`, ["name"]],
  ["a request integer becomes a number", `${NEW}/properties/size/type`, "number"],
  ["a property of a request may be null", `${NEW}/properties/name/type`, ["string", "null"]],
  ["the maximum length of a request string increases", `${NEW}/properties/name/maxLength`, 30],
  ["a request string may be empty", `${NEW}/properties/name/minLength`, 0],
  ["the pattern of a request string is removed", `${NEW}/properties/name/pattern`, GONE],
  ["a request number allows more decimals", `${NEW}/properties/price/multipleOf`, 0.001],
  ["a request number allows more places", `${NEW}/properties/weight/x-decimal-places`, 3],
  [
    "decimals are said in places",
    `${NEW}/properties/price`,
    { type: "number", "x-decimal-places": 2 },
  ],
  ["a whole number is spelled in another way", `${NEW}/else/properties/price`, WHOLE.now],
  ["a digit is spelled in another way", `${NEW}/properties/day/pattern`, "^[0-9]+$"],
  [
    "a printable text is spelled in another way",
    `${NEW}/properties/label`,
    { type: "string", pattern: PRINTABLE.now, "x-printable": true },
  ],
  [
    "a value of a request enumeration is added",
    `${NEW}/properties/color/enum`,
    ["red", "blue", "green"],
  ],
  ["an alternative of a request is added", `${NEW}/properties/owner/oneOf/2`, { type: "null" }],
  ["a request array may have duplicates", `${NEW}/properties/tags/uniqueItems`, GONE],
  ["a request may have other properties", `${NEW}/additionalProperties`, true],
  // Responses
  [
    "a 304 response is added",
    `${LIST}/responses/304`,
    { description: "Not modified", headers: {} },
  ],
  ["a failure status is added", `${LIST}/responses/429`, failure("too_many")],
  ["a failure status is removed", `${LIST}/responses/404`, GONE],
  ["a failure code is added", `${LIST}/responses/404`, failure("shop_not_found", "other")],
  ["a failure code is removed", `${CREATE}/responses/409`, codedFailure("name_taken")],
  [
    "a response header is added",
    `${LIST}/responses/200/headers/ETag`,
    {
      required: true,
      schema: { type: "string" },
    },
  ],
  ["a response header becomes required", "/components/headers/Link/required", true],
  [
    "a response body is added",
    `${DELETE}/responses/204/content`,
    {
      "application/json": { schema: {} },
    },
  ],
  ["a response may have other properties", `${THING}/additionalProperties`, GONE],
  ["a code is added to an enumeration", `${CODES}/2`, "other"],
  ["a code is removed from an enumeration", `${CODES}/1`, GONE],
  [
    "the codes of a failure are no longer enumerated",
    `${CREATE}/responses/409/content/application~1problem+json/schema`,
    { $ref: "#/components/schemas/Problem" },
  ],
  [
    "the codes of a failure are enumerated",
    `${LIST}/responses/404/content/application~1problem+json/schema`,
    coded("shop_not_found"),
  ],
  ["a server moves to another host", "/servers/0/url", "https://things.example.com"],
  ["a property of a response is added", `${THING}/properties/weight`, { type: "number" }],
  ["a property of a response becomes required", `${THING}/required/4`, "note"],
  ["a value of a response enumeration is removed", `${THING}/properties/color/enum`, ["red"]],
  ["the maximum length of a response string decreases", `${THING}/properties/name/maxLength`, 10],
  ["a response string gets a pattern", `${THING}/properties/name/pattern`, "^[a-z]+$"],
  ["a response number becomes an integer", `${THING}/properties/size/type`, "integer"],
  ["the minimum of a response number increases", `${THING}/properties/size/minimum`, 1],
  ["a property of a response is no longer null", `${THING}/properties/owner/anyOf/1`, GONE],
  ["a property of a response gets a default", `${THING}/properties/note/default`, ""],
];

describe("compareDocuments", () => {
  test.each(BREAKING)("reports a breaking change if %s", (_what, pointer, value) => {
    const changes = compareDocuments(document(), edited(pointer, value));
    expect(changes.filter(({ breaking }) => breaking)).not.toEqual([]);
  });
});

describe("compareDocuments", () => {
  test.each(HARMLESS)("reports no breaking change if %s", (_what, pointer, value) => {
    const changes = compareDocuments(document(), edited(pointer, value));
    expect(changes.filter(({ breaking }) => breaking)).toEqual([]);
  });
});

test("The two spellings of printable text are the same rule", () => {
  const ajv = new Ajv2020({ strict: false });
  addRules(ajv);
  const now = ajv.compile({ type: "string", pattern: PRINTABLE.now, "x-printable": true });
  // As the server ran it, without the flag `u`.
  const once = new RegExp(PRINTABLE.once);
  const edges = "a \u0000\u001f\u007f\u0080\u009f\u00a0\u2027\u2028\u2029\u202a\ud800\udfff\u3000";
  const texts = fc.string({ unit: fc.constantFrom(...edges.split(""), "🦓", "\n"), maxLength: 5 });
  fc.assert(
    fc.property(texts, (text) => {
      expect([text, now(text)]).toEqual([text, once.test(text)]);
    }),
    { numRuns: 5_000 },
  );
});

test("compareDocuments lets a header of a failure become optional only with a new failure", () => {
  const pointer = `${CREATE}/responses/409`;
  const before = edited(pointer, { ...failure("in_use"), headers: retryAfter(true) });
  for (const [codes, isBreaking] of [
    [["in_use", "name_taken"], false],
    [["in_use"], true],
    [["name_taken", "shop_closed"], true],
  ] as const) {
    const after = edited(pointer, { ...failure(...codes), headers: retryAfter(false) });
    const changes = compareDocuments(before, after);
    const optional = changes.filter(({ what }) => what === "optional now");
    expect(optional.map(({ breaking }) => breaking)).toEqual([isBreaking]);
  }
});

test("compareDocuments reports no change between a document and itself", () => {
  expect(compareDocuments(document(), document())).toEqual([]);
});

test("compareDocuments reports a wider shared schema as breaking in responses, not in requests", () => {
  const shared = "/components/schemas/NewThing/properties/name";
  const before = edited(shared, { $ref: `#${THING}/properties/name` });
  const after = structuredClone(before);
  set(after, `${THING}/properties/name/maxLength`, 30);
  expect(compareDocuments(before, after)).toEqual([
    expect.objectContaining({
      breaking: true,
      where: expect.stringMatching(/^GET .* 200 .*\/name$/),
    }),
    expect.objectContaining({
      breaking: false,
      where: expect.stringMatching(/^POST .* body .*\/name$/),
    }),
    expect.objectContaining({
      breaking: false,
      where: expect.stringMatching(/^POST .* body .*\/name$/),
    }),
    expect.objectContaining({
      breaking: true,
      where: expect.stringMatching(/^POST .* 201 .*\/name$/),
    }),
  ]);
});

function retryAfter(required: boolean) {
  return { "Retry-After": { description: "When", required, schema: { type: "integer" } } };
}

function document(): OpenApiDocument {
  return structuredClone(DOCUMENT) as never;
}

function edited(pointer: string, value: unknown): OpenApiDocument {
  const copy = document();
  set(copy, pointer, value);
  return copy;
}

/** Sets or deletes the value at a JSON pointer. */
function set(whole: object, pointer: string, value: unknown): void {
  const names = pointer
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/"));
  const last = names.pop() ?? "";
  let parent = whole as Record<string, never>;
  for (const name of names) parent = parent[name] ?? expect.unreachable(pointer);
  if (value !== GONE) parent[last] = value as never;
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
}
