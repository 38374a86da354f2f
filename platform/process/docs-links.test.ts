import { expect, test } from "bun:test";

import { MakersConfig, ThingsConfig } from "../testing/family.ts";
import { readConfig } from "./config.ts";
import { linksIn } from "./docs-links.ts";

const AUTH = { AUTH: "off", HOST: "127.0.0.1" };

function linksOf(environment: Record<string, string>, schema = ThingsConfig) {
  return linksIn(readConfig(schema, environment).DOCS_LINKS);
}

test("Swagger UI links to the other services, on a developer's machine alone", () => {
  expect(linksOf({})).toEqual([{ name: "makers", url: "http://localhost:7070/swagger" }]);
  expect(linksOf({}, MakersConfig)).toEqual([
    { name: "things", url: "http://localhost:7071/swagger" },
  ]);
  expect(linksOf(AUTH)).toEqual([]);
});

test("DOCS_LINKS names pages, and each URL may have a query", () => {
  const DOCS_LINKS = "makers=https://makers.example.com/swagger?a=b,shop=http://[::1]:8080/";
  expect(linksOf({ ...AUTH, DOCS_LINKS })).toEqual([
    { name: "makers", url: "https://makers.example.com/swagger?a=b" },
    { name: "shop", url: "http://[::1]:8080/" },
  ]);
});

test.each(["makers", "makers=", "=https://x", "makers=/swagger", "a=javascript:alert(1)", "a=x,"])(
  "DOCS_LINKS=%s is rejected",
  (DOCS_LINKS) => {
    expect(() => linksOf({ DOCS_LINKS })).toThrow("DOCS_LINKS: expected text like shop=https");
  },
);
