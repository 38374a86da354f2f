/** Changes of a document, each on its own, told right: what breaks a client, and what does not. */
import { describe, expect, test } from "bun:test";

import type { OpenApiDocument } from "../../shared/openapi/document.ts";
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
          409: failure("name_taken", "shop_closed"),
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
      Problem: { type: "object", required: ["code"], properties: { code: { type: "string" } } },
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
          owner: { anyOf: [{ $ref: "#/components/schemas/Owner" }, { type: "null" }] },
        },
      },
      NewThing: {
        type: "object",
        additionalProperties: false,
        required: ["name", "size"],
        minProperties: 2,
        properties: {
          name: { type: "string", minLength: 1, maxLength: 20, pattern: "^[a-z]+$" },
          size: { type: "integer", minimum: 0, maximum: 10 },
          price: { type: "number", multipleOf: 0.01 },
          color: { type: "string", enum: ["red", "blue"], default: "red" },
          note: { type: ["string", "null"] },
          tags: { type: "array", maxItems: 3, uniqueItems: true, items: { type: "string" } },
          owner: { oneOf: [{ type: "string" }, { $ref: "#/components/schemas/Owner" }] },
        },
      },
    },
  },
};

const LIST = "/paths/~1things/get";
const CREATE = "/paths/~1things/post";
const DELETE = "/paths/~1things~1{id}/delete";
const THING = "/components/schemas/Thing";
const NEW = "/components/schemas/NewThing";
const GONE = Symbol("gone");

type Edit = [what: string, pointer: string, value: unknown];

const BREAKING: Edit[] = [
  // Operations
  ["a path is gone", "/paths/~1things~1{id}", GONE],
  ["an operation is gone", CREATE, GONE],
  ["an operation has another name", `${LIST}/operationId`, "getThings"],
  ["a server is gone", "/servers/0/url", "/v2"],
  ["an operation needs a token now", `${DELETE}/security`, [{ bearer: [] }]],
  ["a token of another kind is needed", "/security/0", { cookie: [] }],
  // Requests
  ["a parameter is gone", `${LIST}/parameters/2`, GONE],
  ["a header of a request is gone", `${CREATE}/parameters/0`, GONE],
  [
    "a required parameter is new",
    `${LIST}/parameters/3`,
    { in: "query", name: "size", required: true, schema: { type: "integer" } },
  ],
  ["a parameter becomes required", `${LIST}/parameters/0/required`, true],
  ["a parameter moves", `${LIST}/parameters/2/in`, "header"],
  ["a parameter has a smaller maximum", `${LIST}/parameters/0/schema/maximum`, 50],
  ["a parameter has another default", `${LIST}/parameters/0/schema/default`, 10],
  ["a value of a parameter is gone", `${LIST}/parameters/2/schema/enum`, ["red"]],
  ["a list is written in another way", `${LIST}/parameters/2/style`, "pipeDelimited"],
  ["a media type of a request is gone", `${CREATE}/requestBody/content/application~1cbor`, GONE],
  ["a body becomes required", `${DELETE}/requestBody/required`, true],
  ["a body is not taken any more", `${CREATE}/requestBody`, GONE],
  ["a member of a request becomes required", `${NEW}/required/2`, "color"],
  ["a member of a request is gone", `${NEW}/properties/note`, GONE],
  ["a member of a request is of another type", `${NEW}/properties/size/type`, "string"],
  ["a member of a request must not be null", `${NEW}/properties/note/type`, "string"],
  ["a text of a request has to be shorter", `${NEW}/properties/name/maxLength`, 10],
  ["a text of a request has to be longer", `${NEW}/properties/name/minLength`, 2],
  ["a text of a request has another pattern", `${NEW}/properties/name/pattern`, "^[A-Z]+$"],
  ["a text of a request has a format now", `${NEW}/properties/name/format`, "email"],
  ["a number of a request has fewer places", `${NEW}/properties/price/multipleOf`, 0.05],
  ["a value of a request is gone", `${NEW}/properties/color/enum`, ["red"]],
  ["a member of a request has no default any more", `${NEW}/properties/color/default`, GONE],
  ["an alternative of a request is gone", `${NEW}/properties/owner/oneOf/0`, GONE],
  ["a list of a request has to be shorter", `${NEW}/properties/tags/maxItems`, 2],
  ["more members are needed", `${NEW}/minProperties`, 3],
  // Responses
  ["a status of success is gone", `${CREATE}/responses/201`, GONE],
  ["a status of success is new", `${CREATE}/responses/202`, { description: "Later", headers: {} }],
  ["a body is not sent any more", `${CREATE}/responses/201/content`, GONE],
  [
    "a media type of a response is another",
    `${CREATE}/responses/201/content`,
    { "text/plain": { schema: { type: "string" } } },
  ],
  [
    "a failure is called something else",
    `${CREATE}/responses/409`,
    failure("name_used", "shop_closed"),
  ],
  ["a header of a response is gone", `${LIST}/responses/200/headers/Link`, GONE],
  ["a header of a response becomes optional", "/components/headers/Location/required", false],
  ["a header of a response may be longer", "/components/headers/Link/schema/maxLength", 10],
  ["a member of a response is gone", `${THING}/properties/note`, GONE],
  ["a member of a response becomes optional", `${THING}/required`, ["id", "name", "color"]],
  ["a member of a response may be null", `${THING}/properties/name/type`, ["string", "null"]],
  ["a member of a response is of another type", `${THING}/properties/id/type`, "integer"],
  ["a value of a response is new", `${THING}/properties/color/enum`, ["red", "blue", "green"]],
  ["a text of a response may be longer", `${THING}/properties/name/maxLength`, 30],
  ["a text of a response may be anything", `${THING}/properties/id/pattern`, GONE],
  ["a number of a response may be larger", `${THING}/properties/size/maximum`, 11],
  ["a page may have more", `${LIST}/responses/200/content/application~1json/schema/maxItems`, 200],
  ["an alternative of a response is new", `${THING}/properties/owner/anyOf/2`, { type: "string" }],
  [
    "a page is no list any more",
    `${LIST}/responses/200/content/application~1json/schema`,
    {
      type: "object",
    },
  ],
];

const HARMLESS: Edit[] = [
  // What people read
  ["a description is another", "/info/description", "Things and more."],
  ["a summary is another", `${LIST}/summary`, "List all things"],
  ["the version is another", "/info/version", "1.1.0"],
  ["an example is new", `${THING}/properties/name/examples`, ["x"]],
  ["something is deprecated", `${LIST}/deprecated`, true],
  ["a schema has a title", `${NEW}/title`, "New thing"],
  // Operations
  ["a path is new", "/paths/~1shops", {}],
  ["an operation is new", "/paths/~1things~1{id}/get", { operationId: "getThing", responses: {} }],
  ["a server is new", "/servers/1", { url: "/v2" }],
  ["an operation needs no token any more", `${LIST}/security`, []],
  ["a token of another kind will do as well", "/security/1", { cookie: [] }],
  // Requests
  [
    "an optional parameter is new",
    `${LIST}/parameters/3`,
    { in: "query", name: "size", required: false, schema: { type: "integer" } },
  ],
  ["a parameter becomes optional", `${LIST}/parameters/1/required`, false],
  ["a parameter has a larger maximum", `${LIST}/parameters/0/schema/maximum`, 200],
  ["a value of a parameter is new", `${LIST}/parameters/2/schema/enum`, ["red", "blue", "green"]],
  ["a media type of a request is new", `${CREATE}/requestBody/content/text~1plain`, { schema: {} }],
  ["a body becomes optional", `${CREATE}/requestBody/required`, false],
  ["an optional body is new", `${LIST}/requestBody`, { required: false, content: {} }],
  ["an optional member of a request is new", `${NEW}/properties/weight`, { type: "number" }],
  ["a member of a request becomes optional", `${NEW}/required`, ["name"]],
  ["a member of a request may be any number", `${NEW}/properties/size/type`, "number"],
  ["a member of a request may be null", `${NEW}/properties/name/type`, ["string", "null"]],
  ["a text of a request may be longer", `${NEW}/properties/name/maxLength`, 30],
  ["a text of a request may be empty", `${NEW}/properties/name/minLength`, 0],
  ["a text of a request may be anything", `${NEW}/properties/name/pattern`, GONE],
  ["a number of a request may have more places", `${NEW}/properties/price/multipleOf`, 0.001],
  ["a value of a request is new", `${NEW}/properties/color/enum`, ["red", "blue", "green"]],
  ["an alternative of a request is new", `${NEW}/properties/owner/oneOf/2`, { type: "null" }],
  ["a list of a request may say things twice", `${NEW}/properties/tags/uniqueItems`, GONE],
  ["a request may have other members", `${NEW}/additionalProperties`, true],
  // Responses
  [
    "a response to a condition is new",
    `${LIST}/responses/304`,
    { description: "Not modified", headers: {} },
  ],
  ["a failure is new", `${LIST}/responses/429`, failure("too_many")],
  ["a failure does not happen any more", `${LIST}/responses/404`, GONE],
  ["a code of a failure is new", `${LIST}/responses/404`, failure("shop_not_found", "other")],
  ["a code of a failure is gone", `${CREATE}/responses/409`, failure("name_taken")],
  [
    "a header of a response is new",
    `${LIST}/responses/200/headers/ETag`,
    {
      required: true,
      schema: { type: "string" },
    },
  ],
  ["a header of a response is always there", "/components/headers/Link/required", true],
  [
    "a body is sent where there was none",
    `${DELETE}/responses/204/content`,
    {
      "application/json": { schema: {} },
    },
  ],
  ["a member of a response is new", `${THING}/properties/weight`, { type: "number" }],
  ["a member of a response is always there", `${THING}/required/4`, "note"],
  ["a value of a response is gone", `${THING}/properties/color/enum`, ["red"]],
  ["a text of a response is shorter", `${THING}/properties/name/maxLength`, 10],
  ["a text of a response has a pattern now", `${THING}/properties/name/pattern`, "^[a-z]+$"],
  ["a number of a response is whole", `${THING}/properties/size/type`, "integer"],
  ["a number of a response is larger", `${THING}/properties/size/minimum`, 1],
  ["a member of a response is never null", `${THING}/properties/owner/anyOf/1`, GONE],
  ["a member of a response has a default", `${THING}/properties/note/default`, ""],
];

describe("A client breaks when", () => {
  test.each(BREAKING)("%s", (_what, pointer, value) => {
    const changes = compareDocuments(document(), edited(pointer, value));
    expect(changes.filter(({ breaking }) => breaking)).not.toEqual([]);
  });
});

describe("No client breaks when", () => {
  test.each(HARMLESS)("%s", (_what, pointer, value) => {
    const changes = compareDocuments(document(), edited(pointer, value));
    expect(changes.filter(({ breaking }) => breaking)).toEqual([]);
  });
});

test("Of a document and itself nothing is told", () => {
  expect(compareDocuments(document(), document())).toEqual([]);
});

test("A schema that requests and responses share breaks those who read it when it grows", () => {
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

function document(): OpenApiDocument {
  return structuredClone(DOCUMENT) as never;
}

function edited(pointer: string, value: unknown): OpenApiDocument {
  const copy = document();
  set(copy, pointer, value);
  return copy;
}

/** Sets what a JSON pointer leads to, or takes it away. */
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
