import { expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";

import { openDatabase } from "../database/open-database.ts";
import { needs, type Scope } from "../http/security.ts";
import { response } from "../openapi/responses.ts";
import { readConfig } from "../process/config.ts";
import { silent } from "../process/log.ts";
import { createMetrics } from "../process/metrics.ts";
import { FAMILY, MakersConfig } from "../testing/family.ts";
import { composeApp } from "./app.ts";

/** Composes an app with one route that needs this scope. */
async function composed(scope: Scope) {
  return composeApp("makers", {
    config: readConfig(MakersConfig, {}),
    database: await openDatabase("sqlite://:memory:"),
    log: silent,
    metrics: createMetrics(),
    draining: () => false,
    now: Date.now,
    fetch,
    peerOf: () => "",
    family: FAMILY,
    contract: {},
    description: "Makers.",
    routes: () =>
      new Elysia({ normalize: false }).get("/makers", () => "made", {
        response: { 200: response(Type.String(), "What was made") },
        detail: needs(scope),
      }),
  });
}

test("An app is composed if its routes need scopes of the family", async () => {
  const app = await composed("makers:read:any");
  const answer = await app.handle(new Request("http://localhost/makers"));
  expect([answer.status, await answer.json()]).toEqual([200, "made"]);
});

test.each<Scope>(["maker:read", "things:read:any", "constructor:read"])(
  "An app with a route that needs %s is not composed, because no service has this scope",
  async (scope) => {
    expect(composed(scope)).rejects.toThrow(`GET /makers needs ${scope}, which no service has`);
  },
);
