/** The pages list what the program has, and no more. */
import { expect, test } from "bun:test";
import { join } from "node:path";

import type { TObject } from "@sinclair/typebox";

import { derivedFiles } from "../../dev/services/derived.ts";
import { declaredFailures, FAILURE_ROW, PAGES } from "../../dev/services/pages.ts";
import packageJson from "../../package.json";
import { scopesOf } from "../../platform/identity/scopes.ts";
import { callVariablesOf } from "../../platform/process/call-variables.ts";
import { configOf } from "../../platform/process/config.ts";
import { EXAMPLE_SECRET, secretFaults } from "../../platform/process/identity-rules.ts";
import { SERVICES } from "../../services.ts";
import currencies from "../../shared/currencies.json";
import { ROOT } from "../support/folders.ts";
import { definitions } from "../support/services.ts";

const FAMILY_ENTRY = { port: 1, calls: [] as string[], allows: { read: "", write: "" } };

const textOf = (page: string) => Bun.file(join(ROOT, page)).text();

/** The page lists the variables of a call once, for a service NAME. */
const NAMED = { ...FAMILY_ENTRY, name: "name" };
const ASKING = { ...FAMILY_ENTRY, name: "asking", calls: [NAMED.name] };
const CALLING = { name: ASKING.name, config: configOf(ASKING, [NAMED, ASKING]) };

/** The variables of a service as the page shows them, without those of the calls in the list. */
function variablesOf({ name, config }: { name: string; config: TObject }): [string, string][] {
  const { calls = [] } = SERVICES.find((one) => one.name === name) ?? {};
  const ofCalls = callVariablesOf({ calls }, SERVICES);
  return Object.entries(config.properties)
    .filter(([variable]) => !(variable in ofCalls))
    .map(([variable, schema]) => {
      const value = String(schema["default"])
        .replace(`/${name}.db`, "/NAME.db")
        .replace(/^http:.*:\d+$/, "http://localhost:PORT");
      if (variable === "PORT") return [variable, "`services.ts`"];
      return [variable, value === "" ? "none" : `\`${value}\``];
    });
}

test("docs/configuration.md lists every variable with its default, and no other", async () => {
  const page = await textOf("docs/configuration.md");
  const rows = new Map(
    Array.from(page.matchAll(/^\| `([A-Z_]+)` +\| ([^|]*) \|/gm), ([, name, value]) => [
      name,
      value,
    ]),
  );
  const told = [...variablesOf(CALLING), ...(await definitions()).flatMap(variablesOf)];
  expect([...rows.keys()].toSorted()).toEqual([...new Set(told.map(([name]) => name))].toSorted());
  for (const [name, value] of told) expect(`${name} ${rows.get(name)}`).toContain(value);
});

test("Every file that follows from services.ts is as bun run derive writes it", async () => {
  for (const [path, text] of await derivedFiles()) {
    expect([path, await textOf(path)]).toEqual([path, text]);
  }
  for (const [path, complete] of Object.entries(PAGES)) {
    const text = await textOf(path);
    expect([path, await complete(text)]).toEqual([path, text]);
  }
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
  const rows = page.split("\n").flatMap((line) => {
    const [, status, codes = ""] = FAILURE_ROW.exec(line) ?? [];
    return Array.from(codes.matchAll(/`([A-Za-z_]+)`/g), ([, code]) => `${status} ${code}`);
  });
  expect(rows.toSorted()).toEqual([...(await declaredFailures()).keys()].toSorted());
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
