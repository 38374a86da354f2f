import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";

import { ProblemCode } from "../contract/schemas.ts";
import type { Content, Schema } from "./document.ts";
import { type Draft, finish } from "./finish.ts";

const Colour = Type.Union([Type.Literal("red"), Type.Literal("blue")], {
  $id: "Colour",
  description: "How it looks.",
});
const Ball = Type.Object(
  { colour: Colour, next: Type.Union([Colour, Type.Null()], { description: "After it." }) },
  { $id: "Ball", description: "It rolls.", additionalProperties: false },
);
const BallId = Type.String({ $id: "BallId", description: "Names a ball.", examples: ["7"] });
const Fault = Type.Object({}, { $id: "Fault", description: "What went wrong." });
const CONTRACT = [Colour, Ball, BallId, Fault];

type DraftOperation = Draft["paths"][string][string];

const plain = <Value>(value: Value) => JSON.parse(JSON.stringify(value)) as Value;

/** The plugin's document of one operation, with the given parts replaced. */
function draftOf(operation: Partial<DraftOperation>, method = "get"): Draft {
  const whole: DraftOperation = {
    tags: ["balls"],
    operationId: "getBall",
    summary: "Read a ball",
    description: "One ball.",
    responses: {},
    ...operation,
  };
  const info = { title: "Balls API", description: "Balls.", version: "1.0.0" };
  const tags = [{ name: "balls", description: "Balls." }];
  const paths = { "/balls": { [method]: whole } };
  return plain({ openapi: "3.1.0", info, servers: [], tags, paths });
}

function finished(operation: Partial<DraftOperation>, method = "get") {
  const document = finish(draftOf(operation, method), CONTRACT);
  const [finished] = Object.values(document.paths["/balls"] ?? {});
  if (!finished) throw new Error("The operation is gone");
  return { ...finished, components: document.components };
}

// The plugin lists each content under three media types.
const content = (schema: Schema): Content =>
  Object.fromEntries(
    ["application/json", "multipart/form-data", "text/plain"].map((type) => [type, { schema }]),
  );

const ball = { $id: "Ball", description: "The ball", content: content(Ball) };
const fault = { $id: "Fault", description: "Not there", content: content(Fault) };

describe("A schema in the finished document", () => {
  const { components, responses } = finished({ responses: { 200: ball } });

  test("is a reference in a response", () => {
    const schema = { $ref: "#/components/schemas/Ball" };
    expect(responses["200"]).toEqual({
      description: "The ball",
      headers: {},
      content: { "application/json": { schema } },
    });
  });

  test("is a component, as are the schemas that it refers to, in the order of the contract", () => {
    expect(Object.keys(components.schemas)).toEqual(["Colour", "Ball"]);
    const colour = { $ref: "#/components/schemas/Colour" };
    expect(components.schemas["Ball"]).toMatchObject({
      additionalProperties: false,
      properties: {
        colour,
        next: { description: "After it.", anyOf: [colour, { type: "null" }] },
      },
    });
  });

  test("is an enum if it is a union of literals", () => {
    expect(components.schemas["Colour"]).toEqual({
      type: "string",
      enum: ["red", "blue"],
      description: "How it looks.",
    });
  });

  test("stays unchanged in the contract", () => {
    expect(Colour.anyOf).toHaveLength(2);
    expect(Ball.$id).toBe("Ball");
  });
});

describe("Parameters in the finished document", () => {
  const parameter = {
    in: "path" as const,
    name: "id",
    description: "Names a ball.",
    examples: ["7"],
  };
  const schema = { type: "string", $id: "BallId" };

  test("have an example and a reference if they are required", () => {
    const { parameters } = finished({ parameters: [{ ...parameter, required: true, schema }] });
    expect(parameters).toEqual([
      {
        in: "path",
        name: "id",
        description: "Names a ball.",
        required: true,
        schema: { $ref: "#/components/schemas/BallId" },
        example: "7",
      },
    ]);
  });

  test("have no example if they are optional, and header names in canonical case", () => {
    const optional = {
      ...parameter,
      in: "header" as const,
      name: "if-none-match",
      required: false,
    };
    const inline = { type: "string", maxLength: 9 };
    const { parameters } = finished({ parameters: [{ ...optional, schema: inline }] });
    expect(parameters).toEqual([
      {
        in: "header",
        name: "If-None-Match",
        description: "Names a ball.",
        required: false,
        schema: { type: "string", maxLength: 9, examples: ["7"] },
      },
    ]);
  });

  test("are in the order path, query, header", () => {
    const draft = { name: "any", description: "Any.", required: false, schema: { type: "string" } };
    const { parameters } = finished({
      parameters: [
        { ...draft, in: "header" },
        { ...draft, in: "path" },
        { ...draft, in: "query" },
      ],
    });
    expect(parameters?.map((one) => one.in)).toEqual(["path", "query", "header"]);
  });

  test("are omitted if there are none", () => {
    expect(finished({ parameters: [] })).not.toHaveProperty("parameters");
  });
});

describe("A request body in the finished document", () => {
  const requestBody = { required: true, content: content(Ball) };

  test.each([
    ["post", ["application/json"]],
    ["patch", ["application/json", "application/merge-patch+json"]],
  ])("has for the method %s the media types %p", (method, types) => {
    expect(Object.keys(finished({ requestBody }, method).requestBody?.content ?? {})).toEqual(
      types,
    );
  });

  test("has the example of its schema at each media type", () => {
    const NewBall = Type.Object({}, { $id: "NewBall", description: "Any.", examples: [{ a: 1 }] });
    const draft = draftOf({ requestBody: { required: true, content: content(NewBall) } }, "patch");
    const { requestBody } = finish(draft, [NewBall]).paths["/balls"]?.["patch"] ?? {};
    const examples = Object.values(requestBody?.content ?? {}).map(({ example }) => example);
    expect(examples).toEqual([{ a: 1 }, { a: 1 }]);
  });
});

describe("A response in the finished document", () => {
  test("has no content if it has no body", () => {
    const { responses } = finished({ responses: { 204: { description: "Gone" } } });
    expect(responses["204"]).toEqual({ description: "Gone", headers: {} });
  });

  test("is shared by operations if it is a failure", () => {
    const example = { status: 404, code: "gone", detail: "It is gone" };
    const { responses, components } = finished({
      responses: { 404: { ...fault, examples: [example] } },
    });
    expect(responses["404"]).toEqual({ $ref: "#/components/responses/NotFound" });
    const code = { type: "string", description: ProblemCode.description, enum: ["gone"] };
    expect(components.responses["NotFound"]?.content).toEqual({
      "application/problem+json": {
        schema: {
          allOf: [
            { $ref: "#/components/schemas/Fault" },
            { type: "object", required: ["code"], properties: { code } },
          ],
        },
        examples: { gone: { summary: "It is gone", value: example } },
      },
    });
  });

  test("is not shared if it differs from others of the same status", () => {
    const draft = draftOf({ responses: { 404: fault } });
    const other = draftOf({ responses: { 404: { ...fault, description: "Hidden" } } });
    draft.paths["/others"] = other.paths["/balls"] ?? {};
    const { paths } = finish(draft, CONTRACT);
    expect(paths["/others"]?.["get"]?.responses["404"]).toMatchObject({ description: "Hidden" });
  });

  test("refers to its headers as components", () => {
    const header = {
      $id: "Tag",
      description: "The version.",
      required: true,
      schema: { type: "string" },
    };
    const { responses, components } = finished({
      responses: { 200: { ...ball, headers: { ETag: header } } },
    });
    expect(responses["200"]).toMatchObject({
      headers: { ETag: { $ref: "#/components/headers/Tag" } },
    });
    expect(components.headers["Tag"]).toEqual({
      description: "The version.",
      required: true,
      schema: { type: "string" },
    });
  });
});

describe("The finish function", () => {
  const parameter = {
    in: "query" as const,
    name: "size",
    required: false,
    schema: { type: "string" },
  };

  test.each([
    ["an operation without a description", { description: "" }, "getBall has no description"],
    [
      "a parameter without a description",
      { parameters: [{ ...parameter, description: "" }] },
      "getBall size has no description",
    ],
    [
      "a required parameter without an example",
      { parameters: [{ ...parameter, description: "How large.", required: true }] },
      "getBall size has no example",
    ],
    [
      "a response without a description",
      { responses: { 200: { ...ball, description: "" } } },
      "getBall 200 has no description",
    ],
    [
      "a response that is not in the contract",
      { responses: { 200: { ...ball, $id: "Cube" } } },
      "getBall 200 is no schema of the contract",
    ],
    [
      "a body that is not in the contract",
      { requestBody: { required: true, content: content(Type.Object({})) } },
      "getBall is no schema of the contract",
    ],
  ])("rejects %s", (_what, operation, message) => {
    expect(() => finished(operation)).toThrow(message);
  });

  test("rejects a property without a description", () => {
    const Bare = Type.Object({ size: Type.Number() }, { $id: "Ball", description: "It rolls." });
    const draft = draftOf({ responses: { 200: ball } });
    expect(() => finish(draft, [Bare])).toThrow("Ball/size has no description");
  });

  test("rejects a parameter that is a changed copy of a schema", () => {
    const schema = { $id: "BallId", type: "string", maxLength: 1 };
    const changed = { ...parameter, description: "Names a ball.", examples: ["7"], schema };
    expect(() => finished({ parameters: [changed] })).toThrow("getBall size is another BallId");
  });

  test("rejects a property that is a changed copy of a schema", () => {
    const changed = Type.Object(
      { colour: { ...Colour, description: "Any." } },
      { $id: "Ball", description: "It rolls." },
    );
    const draft = draftOf({ responses: { 200: ball } });
    expect(() => finish(draft, [Colour, changed])).toThrow("Ball/colour is another Colour");
  });
});
