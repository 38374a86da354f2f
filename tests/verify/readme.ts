/** The pages list what the program has, and no more. */
import { expect, test } from "bun:test";
import { join } from "node:path";

import packageJson from "../../package.json";
import { NOT_FOUND } from "../../platform/http/failures.ts";
import { scopesOf } from "../../platform/identity/scopes.ts";
import { callVariablesOf } from "../../platform/process/call-variables.ts";
import { EXAMPLE_SECRET, secretFaults } from "../../platform/process/identity-rules.ts";
import { CALLEES, SERVICES } from "../../services.ts";
import currencies from "../../shared/currencies.json";
import { ROOT, SERVICE_FOLDERS } from "../support/folders.ts";
import { definitions } from "../support/services.ts";

const textOf = (page: string) => Bun.file(join(ROOT, page)).text();

test("docs/configuration.md lists every variable with its default, and no other", async () => {
  const page = await textOf("docs/configuration.md");
  const rows = new Map(
    Array.from(page.matchAll(/^\| `([A-Z_]+)` +\| ([^|]*) \|/gm), ([, name, value]) => [
      name,
      value,
    ]),
  );
  const variables = (await definitions()).flatMap(({ name, config: { properties } }) =>
    Object.entries(properties).map(([variable, schema]) => {
      const value = String(schema.default).replace(`/${name}.db`, "/NAME.db");
      return [variable, value === "" ? "none" : `\`${value}\``] as const;
    }),
  );
  // The page lists the variables of a call once, for the first service that is called.
  const alike = callVariablesOf({ calls: CALLEES.slice(1) }, SERVICES);
  const told = variables.filter(([name]) => !(name in alike));
  expect([...rows.keys()].toSorted()).toEqual([...new Set(told.map(([name]) => name))].toSorted());
  for (const [name, value] of told) expect(`${name} ${rows.get(name)}`).toContain(value);
});

test(".env.example lists every variable with its default, and no other", async () => {
  const example = await textOf(".env.example");
  const shown = Array.from(example.matchAll(/^# ([A-Z_]+)=(.*)$/gm), ([, name, value]) => [
    name,
    value,
  ]);
  const expected = new Map<string, string>();
  for (const { name: service, config } of await definitions()) {
    for (const [name, { default: value }] of Object.entries(config.properties)) {
      // For `bun run dev` every service has its own.
      const isOwn = name === "PORT" || name === "DATABASE_URL";
      expected.set(isOwn ? `${service.toUpperCase()}_${name}` : name, String(value));
    }
  }
  expect(shown.toSorted()).toEqual([...expected].toSorted());
});

test("docs/interface.md has a table of routes for every service", async () => {
  const page = await textOf("docs/interface.md");
  const tables = Array.from(page.matchAll(/^\| ([a-z]+, \d+) +\|/gm), ([, head]) => head);
  expect(tables).toEqual(SERVICES.map(({ name, port }) => `${name}, ${port}`));
});

test("docs/identity.md names every scope", async () => {
  const page = await textOf("docs/identity.md");
  const named = new Set(Array.from(page.matchAll(/`([a-z]+(?::[a-z]+)*)`/g), ([, name]) => name));
  expect(Object.keys(scopesOf(SERVICES)).filter((scope) => !named.has(scope))).toEqual([]);
});

test("docs/failures.md lists every problem code with its status, and no other", async () => {
  const page = await textOf("docs/failures.md");
  const rows = Array.from(page.matchAll(/^\| (\d{3}) +\|[^|]*\| (.*) \|$/gm), ([, status, codes]) =>
    Array.from(codes?.matchAll(/`([a-z_]+)`/g) ?? [], ([, code]) => `${status} ${code}`),
  );
  expect(rows.flat().toSorted()).toEqual([...(await codesOfTheSources())].toSorted());
});

test("CONTRIBUTING.md lists every script of package.json, and no other", async () => {
  const page = await textOf("CONTRIBUTING.md");
  const shown = Array.from(page.matchAll(/^\| `bun (?:run )?([a-z]+)` +\|/gm), ([, name]) => name);
  // For whoever has npm alone: it is `dev`.
  const scripts = Object.keys(packageJson.scripts).filter((name) => name !== "start");
  expect(shown.toSorted()).toEqual(scripts.toSorted());
});

test("docs/interface.md has the date of the list of currencies", async () => {
  expect(await textOf("docs/interface.md")).toContain(
    `the ISO 4217 list of ${currencies.published}`,
  );
});

test("No document or configuration file contains a secret that a service would accept", async () => {
  const secrets: string[] = [EXAMPLE_SECRET];
  // A glob of Bun with a path in braces finds no file.
  const patterns = ["{*.md,*.yaml,.env*}", "docs/**/*.md", "deploy/**/*.{md,yaml,yml}"];
  const files = patterns.flatMap((pattern) =>
    Array.from(new Bun.Glob(pattern).scanSync({ cwd: ROOT, dot: true })),
  );
  expect(files).toContain("deploy/kubernetes/base/service.yaml");
  for (const path of files) {
    const text = await textOf(path);
    for (const [, value = ""] of text.matchAll(/AUTH_SECRET["']?\s*[=:]\s*["']?([^\s"'`]+)/g)) {
      // A shell variable is not a secret.
      if (!value.startsWith("$")) secrets.push(value);
    }
  }
  for (const AUTH_SECRET of secrets) {
    const faults = secretFaults({ config: { AUTH: "on", AUTH_SECRET }, isSet: () => true });
    expect(faults).toEqual([expect.stringMatching(/^AUTH_SECRET: /)]);
  }
});

const PROGRAM = ["shared", "platform", ...SERVICE_FOLDERS].join(",");

/** `status code` of every failure that the program declares. */
async function codesOfTheSources(): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const path of new Bun.Glob(`{${PROGRAM}}/**/*.ts`).scan(ROOT)) {
    if (path.endsWith(".test.ts") || path.startsWith("platform/testing/")) continue;
    const source = await Bun.file(join(ROOT, path)).text();
    const declared = /\bstatus: (\d{3}),\s[^}]*?code: ["`]?([\w${}]+)["`]?,/g;
    for (const [, status, code = ""] of source.matchAll(declared)) {
      // The failures of a call count once, for the first service that is called.
      const named = code.replace("${service}", CALLEES[0] ?? "");
      found.add(`${status} ${named === "NOT_FOUND" ? NOT_FOUND : named}`);
    }
  }
  return found;
}
