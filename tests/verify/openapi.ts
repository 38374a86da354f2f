/** The OpenAPI documents of the services: valid, complete and true. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";

import SwaggerParser from "@apidevtools/swagger-parser";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import spectralCore from "@stoplight/spectral-core";
import owasp from "@stoplight/spectral-owasp-ruleset";
import { oas } from "@stoplight/spectral-rulesets";
import openapiTypes, { astToString } from "openapi-typescript";

import type { OpenApiDocument, Operation } from "../../platform/openapi/document.ts";
import { printed } from "../../platform/openapi/printed.ts";
import { CALLEES, serviceNamed } from "../../services.ts";
import { openApps } from "../support/apps.ts";
import { ask, json, problemIn } from "../support/ask.ts";
import { caller, IDENTITY } from "../support/callers.ts";
import {
  createConformance,
  createValidator,
  documentOf,
  exampleRequests,
  resolve,
} from "../support/document.ts";
import { command, executable } from "../support/executables.ts";
import { SPECTRAL_OFF_CHECKED, SPECTRAL_OFF_UNCHECKED } from "../support/openapi-rules.ts";
import { startService } from "../support/processes.ts";
import { queriesOf, type Route, routesOf } from "../support/resources.ts";
import { NAMES } from "../support/services.ts";

// The linters take seconds, and more on a busy machine.
/** Answers of callees are kept, so that some responses say so. */
const STALE = Object.fromEntries(CALLEES.map((one) => [`${one.toUpperCase()}_STALE_MS`, "60000"]));

setDefaultTimeout(60_000);

const ORIGIN = "https://app.example.com";
const CHECKED = { ...IDENTITY, RATE_LIMIT: "100000/60s", CORS_ORIGIN: ORIGIN };

const VARIANTS = NAMES.flatMap((name) => [
  { name, checks: "without checks", environment: {}, off: SPECTRAL_OFF_UNCHECKED },
  { name, checks: "with every check", environment: CHECKED, off: SPECTRAL_OFF_CHECKED },
]);

describe.each(VARIANTS)("The document of $name $checks", ({ name, environment, off }) => {
  /** The headers of a caller with every scope. */
  let allowed: Record<string, string>;
  let apps: Awaited<ReturnType<typeof openApps>>;
  let document: OpenApiDocument;
  let operations: Operation[];
  /** The findings of every rule, also of those that are turned off. */
  let spectralFindings: Awaited<ReturnType<typeof lintWithSpectral>>;
  /** Whether the services that it calls are unreachable. */
  let isOtherAway = false;

  beforeAll(async () => {
    allowed = "AUTH" in environment ? { ...(await caller("1", "admin")), origin: ORIGIN } : {};
    apps = await openApps({
      environment: { ...STALE, ...environment },
      fetch(url, init) {
        if (isOtherAway) return Promise.reject(new Error("Away"));
        const asked = NAMES.find((other) => url.startsWith(`${apps[other].url}/`));
        return asked ? apps[asked].handle(new Request(url, init)) : fetch(url, init);
      },
    });
    document = await documentOf(apps[name]);
    operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    spectralFindings = await lintWithSpectral(document);
  });
  afterAll(() => apps.close());

  test("is OpenAPI 3.1 that swagger-parser accepts", async () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    await SwaggerParser.validate(structuredClone(document) as never);
  });

  test("has no finding in Redocly's recommended-strict", async () => {
    const config = await createConfig({ extends: ["recommended-strict"] });
    const findings = await lintFromString({ source: JSON.stringify(document), config });
    expect(findings.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
  });

  test("has no finding in spectral:oas and the OWASP ruleset", () => {
    const findings = spectralFindings.filter(({ code }) => !(code in off));
    expect(
      findings.map(({ code, path, message }) => `${code} ${path.join("/")}: ${message}`),
    ).toEqual([]);
  });

  test("turns off only rules that would find something", () => {
    const found = new Set(spectralFindings.map(({ code }) => code));
    expect(Object.keys(off).filter((rule) => !found.has(rule))).toEqual([]);
  });

  test("gives each operation a unique operationId that starts with a verb", () => {
    const names = operations.map(({ operationId }) => operationId);
    for (const one of names)
      expect(one).toMatch(/^(?:list|create|get|update|delete)[A-Z][A-Za-z]+$/);
    expect(names).toEqual([...new Set(names)]);
  });

  test("can be turned into types for a client", async () => {
    const types = astToString(await openapiTypes(structuredClone(document) as never));
    for (const { operationId } of operations) expect(types).toContain(`    ${operationId}: {`);
    expect(types).toContain("application/problem+json");
  });

  test("has application/problem+json as the only type of failures", () => {
    for (const { responses } of operations) {
      expect(Object.keys(responses).map(Number)).toContain(500);
      for (const [status, response] of Object.entries(responses)) {
        const { content } = resolve(document, response);
        const types = Object.keys(content ?? {});
        const expected =
          Number(status) >= 400 ? ["application/problem+json"] : ["application/json"];
        expect(types).toEqual(status === "204" || status === "304" ? [] : expected);
      }
    }
  });

  test("contains no $id, no TypeBox symbol and no route for operators", () => {
    const text = JSON.stringify(document);
    expect(text).not.toContain('"$id"');
    expect(text).not.toContain("TypeBox");
    expect(text).not.toMatch(/"anyOf":\[\{"const"/);
    for (const path of Object.keys(document.paths)) expect(path).toStartWith(`/${name}`);
    expect(document).toMatchObject({ servers: [{ url: "/" }] });
  });

  test("is byte-identical before and after requests", async () => {
    const served = await openApps({ environment });
    for (const path of [`/${name}`, `/${name}?user_id=1`, `/${name}/1`, "/metrics"]) {
      await served[name].handle(new Request(`http://localhost${path}`, { headers: allowed }));
    }
    const [post, patch] = [json("POST", {}, allowed), json("PATCH", {}, allowed)];
    await served[name].handle(new Request(`http://localhost/${name}`, post));
    await served[name].handle(new Request(`http://localhost/${name}/1`, patch));
    expect(JSON.stringify(await documentOf(served[name]))).toBe(JSON.stringify(document));
    expect(JSON.stringify(await documentOf(served[name]))).toBe(JSON.stringify(document));
    await served.close();
  });

  test("has an example for each required parameter and for no other", () => {
    for (const { parameters = [] } of operations) {
      for (const { required, example } of parameters) expect(example !== undefined).toBe(required);
    }
  });

  test("has examples that fit their schemas", () => {
    const validate = createValidator(document);
    const seen = new Set<string>();
    for (const [where, schema, example] of examplesIn(document, "#")) {
      validate(schema, example, where);
      seen.add(where.replace(/.*\//, ""));
    }
    expect([...seen].toSorted()).toEqual(["example", "examples"]);
  });

  test("has examples that get a 2xx as they are", async () => {
    const { check } = createConformance(document);
    for (const example of exampleRequests(document).map(({ request }) => request)) {
      const fresh = await openApps({ environment });
      for (const [name, value] of Object.entries(allowed)) example.headers.set(name, value);
      const response = await fresh[name].handle(example.clone());
      expect([example.method, example.url, response.ok]).toEqual([
        example.method,
        example.url,
        true,
      ]);
      await check(example, response);
      await fresh.close();
    }
  });

  test("documents no header that is never sent", async () => {
    const { check } = createConformance(document);
    const sent = new Set<string>();
    async function ask(path: string, { headers, ...init }: RequestInit = {}, who = allowed) {
      const options = { ...init, headers: { ...(headers as Record<string, string>), ...who } };
      const request = new Request(`http://localhost/${name}${path}`, options);
      const response = await apps[name].handle(request.clone());
      await check(request, response);
      for (const header of response.headers.keys()) sent.add(header);
    }
    const examples = exampleRequests(document).map(({ request }) => request);
    const list = new URL(examples.find(({ method }) => method === "GET")?.url ?? "");
    list.searchParams.set("limit", "1");
    // The one that may call another service.
    const isList = ({ method, path }: Route) => method === "GET" && path === `/${name}`;
    const route = routesOf(document).find(isList) ?? expect.unreachable();
    const longest = queriesOf({ document }, route, {}).at(-1) ?? "";
    const body = await examples.find(({ method }) => method === "POST")?.json();
    const create = json("POST", body, { "idempotency-key": "a" });

    await ask(list.search);
    await ask(longest);
    await ask("/1", { headers: { "if-none-match": "*" } });
    await Promise.all([ask("", create), ask("", create)]);
    await ask("", create);
    await ask("", { method: "POST", body: "text" });
    isOtherAway = true;
    await ask(longest);
    isOtherAway = false;
    await ask("/1", {}, {});
    await apps[name].database.read("PRAGMA query_only = ON", []);
    await ask("", json("POST", body));
    await apps[name].database.read("PRAGMA query_only = OFF", []);

    const responses = operations.flatMap((operation) => Object.values(operation.responses));
    const documented = responses.flatMap((one) => Object.keys(resolve(document, one).headers));
    const never = documented.filter((header) => !sent.has(header.toLowerCase()));
    expect(never).toEqual([]);
  });

  test("documents no body that its operation does not check", async () => {
    let checked = 0;
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, { requestBody }] of Object.entries(methods)) {
        if (!requestBody) continue;
        checked += 1;
        const body = { "a name of no schema": 1 };
        const asked = { method: method.toUpperCase(), body, headers: allowed };
        const response = await ask(apps[name], path.replace("{id}", "1"), asked);
        expect(await problemIn(response)).toMatchObject({ status: 422, code: "invalid_body" });
      }
    }
    expect(checked).toBeGreaterThan(0);
  });
});

test.each(NAMES)(
  "The executable of %s contains the document, the page and its files",
  async (name) => {
    const path = await executable(name);
    const apps = await openApps();
    const document = await documentOf(apps[name]);
    const { stdout } = await command([path, "openapi"]);
    const { port } = serviceNamed(name);
    expect(JSON.parse(stdout)).toEqual(printed(document, { port }));

    const environment = { NODE_ENV: "production", DATABASE_URL: "sqlite://:memory:" };
    const service = await startService(name, environment, [path]);
    for (const file of ["", "/json", "/swagger-ui-bundle.js", "/swagger-ui.css", "/LICENSE"]) {
      const request = new Request(`${service.url}/swagger${file}`);
      const [built, source] = await Promise.all([fetch(request), apps[name].handle(request)]);
      expect([file, built.status, await built.text()]).toEqual([file, 200, await source.text()]);
    }
    await service.stop();
    await apps.close();
  },
  60_000,
);

/** Runs every rule of spectral:oas and of the OWASP ruleset. */
function lintWithSpectral(document: OpenApiDocument) {
  const spectral = new spectralCore.Spectral();
  spectral.setRuleset({
    extends: [
      [oas, "all"],
      [owasp, "all"],
    ],
  } as never);
  return spectral.run({ ...document });
}

type Example = [where: string, schema: object, example: unknown];

/** Every example with its schema. */
function* examplesIn(part: unknown, where: string): Generator<Example> {
  if (part === null || typeof part !== "object") return;
  const { examples, example, schema } = part as Record<string, unknown>;
  if (Array.isArray(examples)) {
    for (const one of examples) yield [`${where}/examples`, part, one];
  } else if (examples) {
    for (const { value } of Object.values(examples as Record<string, { value: unknown }>)) {
      yield [`${where}/examples`, schema as object, value];
    }
  }
  if (example !== undefined) yield [`${where}/example`, schema as object, example];
  for (const [name, child] of Object.entries(part)) {
    if (name !== "example" && name !== "examples") yield* examplesIn(child, `${where}/${name}`);
  }
}
