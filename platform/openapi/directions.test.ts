import { expect, test } from "bun:test";

import { directed } from "./directions.ts";
import type { OpenApiDocument, Schema } from "./document.ts";

const to = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: Schema) => ({ "application/json": { schema } });
const closed = (properties: Record<string, Schema>) => ({
  type: "object",
  properties,
  additionalProperties: false,
});

/** A document of one operation with these schemas. */
function documentOf(
  schemas: Record<string, Schema>,
  {
    asked,
    answered,
    parameters = [],
  }: { asked?: string; answered?: string; parameters?: object[] },
): OpenApiDocument {
  const operation = {
    tags: ["balls"],
    operationId: "throwBall",
    summary: "Throw a ball",
    description: "Throws a ball.",
    parameters,
    ...(asked && { requestBody: { required: true, content: json(to(asked)) } }),
    responses: {
      200: { description: "It.", headers: {}, ...(answered && { content: json(to(answered)) }) },
    },
    security: [],
  };
  return {
    openapi: "3.1.0",
    info: { title: "Balls API", description: "Balls.", version: "1.0.0" },
    servers: [],
    tags: [],
    paths: { "/balls": { post: operation } },
    components: { schemas, responses: {}, headers: {} },
  } as OpenApiDocument;
}

test("What is answered is open, also inside, and what is asked stays closed", () => {
  const Ball = closed({ maker: closed({ name: { type: "string" } }) });
  const document = documentOf({ Ball, NewBall: Ball }, { asked: "NewBall", answered: "Ball" });
  const { schemas } = directed(document).components;
  expect(JSON.stringify(schemas["Ball"])).not.toContain("additionalProperties");
  expect(schemas["NewBall"]).toEqual(Ball);
});

test("A map stays one: only the closed are opened", () => {
  const Words = { type: "object", additionalProperties: { type: "string" } };
  const { schemas } = directed(documentOf({ Words }, { answered: "Words" })).components;
  expect(schemas).toEqual({ Words });
});

test("A schema that is asked and answered becomes two, as does all that refers to it", () => {
  const Maker = closed({ name: { type: "string" } });
  const Ball = { type: "object", properties: { maker: to("Maker"), size: to("Size") } };
  const Size = { type: "integer" };
  const document = documentOf({ Maker, Ball, Size }, { asked: "Ball", answered: "Ball" });
  const { paths, components } = directed(document);
  expect(components.schemas).toEqual({
    Maker: { type: "object", properties: { name: { type: "string" } } },
    MakerInput: Maker,
    Ball,
    BallInput: { type: "object", properties: { maker: to("MakerInput"), size: to("Size") } },
    Size,
  });
  expect(paths["/balls"]?.["post"]).toMatchObject({
    requestBody: { content: json(to("BallInput")) },
    responses: { 200: { content: json(to("Ball")) } },
  });
});

test("A schema that refers to itself is followed once", () => {
  const Tree = closed({ branches: { type: "array", items: to("Tree") } });
  const document = documentOf({ Tree }, { asked: "Tree", answered: "Tree" });
  expect(Object.keys(directed(document).components.schemas)).toEqual(["Tree", "TreeInput"]);
});

test("The name of a second schema must be free", () => {
  const Ball = closed({});
  const schemas = { Ball, BallInput: Ball };
  const document = documentOf(schemas, { asked: "Ball", answered: "Ball" });
  expect(() => directed(document)).toThrow("Ball needs the name BallInput");
});

test("Only what a request must have keeps its examples", () => {
  const texts = { type: "string", examples: ["7"] };
  const schemas = {
    Id: texts,
    Cursor: texts,
    Colour: texts,
    Ball: closed({ colour: to("Colour") }),
  };
  const parameters = [
    { in: "path", name: "id", required: true, schema: to("Id") },
    { in: "query", name: "cursor", required: false, schema: to("Cursor") },
    { in: "query", name: "colour", required: false, schema: to("Colour") },
    { in: "header", name: "If-Match", required: false, schema: texts },
    { in: "header", name: "Size", required: true, schema: texts },
  ];
  const { paths, components } = directed(documentOf(schemas, { answered: "Ball", parameters }));
  const { Id, Cursor, Colour } = components.schemas;
  expect([Id, Cursor, Colour]).toEqual([texts, { type: "string" }, texts]);
  const [, , , ifMatch, size] = paths["/balls"]?.["post"]?.parameters ?? [];
  expect([ifMatch?.schema, size?.schema]).toEqual([{ type: "string" }, texts]);
});
