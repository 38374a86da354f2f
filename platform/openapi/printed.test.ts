import { expect, test } from "bun:test";

import type { OpenApiDocument } from "./document.ts";
import { printed } from "./printed.ts";

const served = { servers: [{ url: "/shop", description: "This service" }] } as OpenApiDocument;

test.each([
  [{ port: 8080 }, "http://localhost:8080"],
  [{ port: 8080, basePath: "/shop" }, "http://localhost:8080/shop"],
])("The server of a document in a file with %j is %s", (options, url) => {
  expect(printed(served, options).servers).toEqual([{ url, description: "This service" }]);
});
