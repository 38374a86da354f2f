import { expect, test } from "bun:test";

import type { Static } from "@sinclair/typebox";
import { Elysia } from "elysia";

import { samplesOf } from "../../tests/support/exposition.ts";
import { appOf } from "../testing/app.ts";
import { FAMILY, Maker } from "../testing/family.ts";
import { failure, found, type Stored } from "./answers.ts";
import { door } from "./door.ts";
import { responses } from "./responses.ts";

const nothing = undefined as Stored<Static<typeof Maker>> | undefined;
const missing = failure.notFound("maker");
const away = failure({ status: 502, code: "away", detail: "Away" });
const routes = new Elysia({ tags: ["things"] })
  .use(door)
  .get("/things", () => found(nothing, missing), {
    needs: "things:read",
    response: responses.read(Maker, missing, away),
    detail: { operationId: "readThing", summary: "Read", description: "Reads." },
  });

/** The series of a metric in its first reading, without its name. */
async function firstOf(name: string, environment: Record<string, string> = {}) {
  const app = await appOf(routes, { contract: { Maker }, environment });
  return Array.from(samplesOf(app.metrics.text()))
    .filter(([series]) => series.startsWith(`${name}{`))
    .map(([series, value]) => `${series.slice(name.length)} ${value}`);
}

const as0 = (method: string, statuses: number[]) =>
  statuses.map((status) => `{method="${method}",route="/things",status="${status}"} 0`);

test("The first reading has every success and every 5xx of each route as 0", async () => {
  const counts = await firstOf("http_request_duration_seconds_count");
  const of = (method: string) =>
    counts.filter((one) => one.includes(`{method="${method}",route="/things"`));
  expect(of("GET")).toEqual(as0("GET", [200, 304, 500, 502, 503]));
  expect(of("HEAD")).toEqual(as0("HEAD", [500, 502, 503]));
  expect(counts).toContain('{method="GET",route="/health/ready",status="503"} 0');
});

test("The first reading has every code as 0 that a response can have, and no other", async () => {
  const open = await firstOf("http_failures_total");
  const codes = ["away", "client_left", "database_unavailable", "internal", "invalid_headers"];
  codes.push("invalid_host", "invalid_query", "invalid_target", "method_not_allowed");
  codes.push("misdirected_request", "not_found", "overloaded", "path_not_found");
  expect(open.toSorted()).toEqual(codes.map((code) => `{code="${code}"} 0`));
  const closed = await firstOf("http_failures_total", {
    AUTH: "on",
    AUTH_ISSUER: "https://issuer.example",
    AUTH_AUDIENCE: FAMILY.map(({ name }) => name).join("-"),
    AUTH_JWKS_URL: "https://issuer.example/keys",
    MAKERS_TOKEN_FILE: "/nowhere",
    RATE_LIMIT: "100/60s",
  });
  const added = ["insufficient_scope", "invalid_token", "keys_unavailable", "malformed_token"];
  added.push("token_needed", "too_many_requests");
  expect(closed.toSorted()).toEqual(
    [...codes, ...added].toSorted().map((code) => `{code="${code}"} 0`),
  );
});
