/** The rows of the pages that list what the services have: added and taken away, never rewritten. */
import { join } from "node:path";

import { NOT_FOUND } from "../../platform/http/failures.ts";
import { scopesOf } from "../../platform/identity/scopes.ts";
import { type ServiceName, serviceNamed, SERVICES } from "../../services.ts";
import * as contract from "../../shared/types.ts";
import { ROOT } from "./derived.ts";
import { capital, render, singularOf } from "./template.ts";

const NAMES = SERVICES.map(({ name }) => name);

/** Each page with the function that returns its text as it should be. */
export const PAGES: Record<string, (page: string) => Promise<string>> = {
  "docs/interface.md": withTables,
  "docs/identity.md": async (page) => withScopes(page),
  "docs/failures.md": withFailures,
  "docs/requests.http": withRequests,
};

async function fromTemplate(page: string, name: ServiceName): Promise<string> {
  const template = await Bun.file(join(ROOT, "templates", "pages", page)).text();
  const one = singularOf(name);
  const schema = (contract as Record<string, { examples?: unknown[] }>)[`New${capital(one)}`];
  const example = JSON.stringify(schema?.examples?.[0] ?? {}, null, 2);
  const texts = { port: serviceNamed(name).port, example };
  return render(template, { plural: name, one, callees: [], texts });
}

/** A table of routes for each service, before the table of what all have. */
async function withTables(page: string): Promise<string> {
  const parts = page.split("\n\n");
  const kept = parts.filter((part) => isKnown(headOf(part)));
  const missing = NAMES.filter((name) => !kept.some((part) => headOf(part) === name));
  const tables = await Promise.all(missing.map((name) => fromTemplate("interface.md", name)));
  const end = kept.findIndex((part) => /^\| every service +\|/.test(part));
  return kept.toSpliced(end, 0, ...tables.map((table) => table.trimEnd())).join("\n\n");
}

function headOf(part: string): string | undefined {
  return /^\| ([a-z]+), \d+ +\|/.exec(part)?.[1];
}

function isKnown(name: string | undefined): boolean {
  return name === undefined || NAMES.some((known) => known === name);
}

/** A row for the scopes of each service. */
function withScopes(page: string): string {
  const scopes = scopesOf(SERVICES);
  const lines = page.split("\n").filter((line) => {
    const [, first] = /^\| `([a-z]+(?::[a-z]+)+)`/.exec(line) ?? [];
    return first === undefined || first in scopes;
  });
  const lacks = (scope: string) => scope in scopes && !lines.join("\n").includes(`\`${scope}\``);
  const rows = NAMES.flatMap((name) => {
    const [read, write, any] = [`${name}:read`, `${name}:write`, `${name}:read:any`];
    const own = `| \`${read}\`, \`${write}\` | ${plain(scopes[read])}; ${plain(scopes[write])} |`;
    return [
      ...(lacks(read) ? [own] : []),
      ...(lacks(any) ? [`| \`${any}\` | ${plain(scopes[any])} |`] : []),
    ];
  });
  const end = lines.findIndex((line) => line.startsWith("| `admin` "));
  return lines.toSpliced(end, 0, ...rows).join("\n");
}

/** A row for each code that the program declares. */
async function withFailures(page: string): Promise<string> {
  const declared = await declaredFailures();
  const listed = new Set<string>();
  const lines = page.split("\n").filter((line) => {
    const [, status, codes = ""] = FAILURE_ROW.exec(line) ?? [];
    if (!status) return true;
    const all = Array.from(codes.matchAll(CODE), ([, code]) => `${status} ${code}`);
    for (const one of all) listed.add(one);
    return all.some((one) => declared.has(one));
  });
  for (const [failure, detail] of declared) {
    if (listed.has(failure)) continue;
    const [status = "", code = ""] = failure.split(" ");
    const row = `| ${status} | ${plain(detail)} | \`${code}\` |`;
    const next = lines.findIndex((line) => (FAILURE_ROW.exec(line)?.[1] ?? "") > status);
    lines.splice(next, 0, row);
  }
  return lines.join("\n");
}

/** A row of docs/failures.md: its status, and its codes. */
export const FAILURE_ROW = /^\| (\d{3}) +\|[^|]*\| (.*) \|$/;
const CODE = /`([A-Za-z_]+)`/g;

/** Returns `status code` of every failure that the program declares, with what it says. */
export async function declaredFailures(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const pattern = /\bstatus: (\d{3}),\s[^}]*?code: ["`]?([\w${}]+)["`]?,(?:\s*detail: "([^"]*)")?/g;
  for (const folder of ["platform", "shared", ...NAMES]) {
    for await (const path of new Bun.Glob("**/*.ts").scan(join(ROOT, folder))) {
      if (path.endsWith(".test.ts") || path.startsWith("testing/")) continue;
      const source = await Bun.file(join(ROOT, folder, path)).text();
      for (const [, status, code = "", detail = ""] of source.matchAll(pattern)) {
        // The failures of a call are alike for every service that is called.
        const named = code.replace("${service}", "NAME");
        found.set(`${status} ${named === "NOT_FOUND" ? NOT_FOUND : named}`, detail);
      }
    }
  }
  return found;
}

/** The requests to each service. */
async function withRequests(page: string): Promise<string> {
  const [head = "", ...requests] = page.split("\n### ");
  const kept = requests.filter((request) => isKnown(hostOf(request)));
  const variables = NAMES.map((name) => `@${name} = http://localhost:${serviceNamed(name).port}`);
  const intro = head.split("\n").filter((line) => !line.startsWith("@"));
  const first = [intro.join("\n").trimEnd(), variables.join("\n")].join("\n\n");
  const missing = NAMES.filter((name) => !kept.some((request) => hostOf(request) === name));
  const added = await Promise.all(missing.map((name) => fromTemplate("requests.http", name)));
  const all = [...kept.map((request) => `### ${request.trim()}\n`), ...added];
  return `${first}\n\n${all.join("\n")}`;
}

function hostOf(request: string): string | undefined {
  return /^[A-Z]+ \{\{(\w+)\}\}/m.exec(request)?.[1];
}

/** A sentence as part of a row. */
function plain(sentence = ""): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
