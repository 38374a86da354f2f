/** `bun run new`: writes a service, which works as it stands. */
import { join } from "node:path";
import { parseArgs } from "node:util";

import { type ServiceName, serviceNamed, SERVICES } from "../../services.ts";
import { ROOT } from "./derived.ts";
import {
  asScript,
  bringUpToDate,
  CONTRACT,
  edit,
  exists,
  exportOf,
  LIST,
  LIST_END,
  pathsOf,
  Refusal,
  run,
  textOf,
} from "./edits.ts";
import { requireUsable } from "./names.ts";
import { needsOf } from "./needs.ts";
import { type CalleeWords, render, replaced, singularOf } from "./template.ts";

const HELP = `Writes a service with one resource that belongs to a user: its line in services.ts, its schemas,
its folder with tests, its documents, and all that follows from the list of services.

Usage: bun run new NAME [--calls OTHER]...

  NAME     the plural of its resource, in small letters: payments
  --calls  a service that it asks when it creates a resource
  --help   print this text`;

const TEMPLATES = join(ROOT, "templates", "service");

await asScript("new", main);

async function main(): Promise<void> {
  const { name, calls } = readArguments();
  const one = singularOf(name);
  await requireUsable({ plural: name, one });
  const callees = await Promise.all(calls.map(wordsOfCallee));
  const entry = { name: name as ServiceName, calls };
  const taken = pathsOf(entry).filter(exists);
  if (taken.length > 0)
    throw new Refusal(`${taken.join(", ")} exists already: nothing was written`);
  const port = Math.max(8079, ...SERVICES.map((service) => service.port)) + 1;

  const needs = await Promise.all(callees.map((callee) => needsOf(name, callee)));
  const admissions = await Promise.all(calls.map(admissionTo));
  const written: string[] = [];
  const write = async (path: string, text: string) => {
    written.push(path);
    await Bun.write(join(ROOT, path), text);
  };
  const words = { plural: name, one };
  for await (const template of new Bun.Glob("**/*").scan(TEMPLATES)) {
    const text = await Bun.file(join(TEMPLATES, template)).text();
    const scope = { ...words, callees, texts: { port } };
    await write(replaced(template, "sample", words), render(text, scope));
  }
  for (const { path, text } of admissions) await Bun.write(join(ROOT, path), text);
  for (const [index, callee] of calls.entries()) {
    await write(`docs/openapi/${name}-needs-${callee}.json`, needs[index] ?? "");
  }
  const allows = {
    read: `Read your own ${name}`,
    write: `Create, change and delete your own ${name}`,
  };
  const line = `  ${JSON.stringify({ name, port, calls, allows })},\n`;
  await edit(LIST, (text) => text.replace(LIST_END, () => line + LIST_END));
  await edit(CONTRACT, (text) => text + exportOf(name));
  const sources = written.filter((path) => !path.endsWith(".sql"));
  run("fmt", process.execPath, "fmt", LIST, CONTRACT, ...sources);
  bringUpToDate();
  tell(name, { port, files: written.length });
}

function readArguments(): { name: string; calls: ServiceName[] } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      calls: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(HELP);
    process.exit();
  }
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) {
    throw new Refusal("give one name. See bun run new --help");
  }
  const names = SERVICES.map((service) => service.name);
  const asked = values.calls.flatMap((words) => words.split(","));
  const unknown = asked.find((call) => !names.some((known) => known === call));
  if (unknown !== undefined) {
    throw new Refusal(`there is no service "${unknown}" to call: there are ${names.join(", ")}`);
  }
  return { name, calls: names.filter((known) => asked.includes(known)) };
}

async function wordsOfCallee(name: ServiceName): Promise<CalleeWords> {
  const tables = (await import(join(ROOT, name, "table.ts"))) as Record<string, OwnedTable>;
  const owned = Object.values(tables).find((table) => table.name === name);
  if (!owned) throw new Refusal(`${name}/table.ts declares no table ${name}`);
  const { port } = serviceNamed(name);
  return { plural: name, one: singularOf(name), port, owner: owned.owner };
}

interface OwnedTable {
  name: string;
  owner: string;
}

/** The routes of a callee as they let other services read a resource by its id. */
async function admissionTo(callee: ServiceName): Promise<{ path: string; text: string }> {
  const path = `${callee}/routes.ts`;
  const text = await textOf(path);
  const needs = new RegExp(
    `(\\.get\\(\\s*"/${callee}/:id"[^]*?needs: )("${callee}:read"|\\[[^\\]]*\\])`,
  );
  const [, , scopes] = needs.exec(text) ?? [];
  if (scopes?.includes(`"${callee}:read:any"`)) return { path, text };
  if (!scopes?.startsWith('"')) {
    throw new Refusal(`GET /${callee}/:id in ${path} needs other scopes than "${callee}:read"`);
  }
  return { path, text: text.replace(needs, `$1["${callee}:read", "${callee}:read:any"]`) };
}

function tell(name: string, { port, files }: { port: number; files: number }): void {
  console.log(`Wrote ${name}, which listens on port ${port}:

  ${name}/, shared/${name}.ts   ${files} files: its program, schemas, tests and documents
  ${LIST}, ${CONTRACT}   its line
  all that follows from the list: compose, Kubernetes, observability, pages, docs/openapi

Next: bun run dev --reset shows it at http://localhost:${port}/swagger
      its fields are in shared/${name}.ts, and docs/extending.md adds one
      bun test ${name} who-may documented-failures, and before a commit bun run check`);
}
