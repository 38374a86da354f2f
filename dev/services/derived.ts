/** What follows from the list of services: `templates/derived`, and `.env.example`. */
import { join } from "node:path";

import type { TSchema } from "@sinclair/typebox";

import packageJson from "../../package.json";
import type { Service, ServiceSchema } from "../../platform/command/service.ts";
import { wrapped } from "../../platform/process/wrapped.ts";
import { type ServiceEntry, serviceNamed, SERVICES } from "../../services.ts";
import { render, type Scope, singularOf } from "./template.ts";

export const ROOT = join(import.meta.dir, "..", "..");
const TEMPLATES = join(ROOT, "templates", "derived");

/** The port on this machine of the first replica of the first service in compose.postgres.yaml. */
const REPLICAS_FROM = 8_100;
const REPLICAS = 3;

/** Returns the text of each derived file, by its path. */
export async function derivedFiles(): Promise<Map<string, string>> {
  const files = new Map([[".env.example", await environmentExample()]]);
  const scopes = SERVICES.map(scopeOf);
  const all = { plural: "samples", one: "sample", callees: [], texts: textsOfAll() };
  for await (const path of new Bun.Glob("**/*").scan({ cwd: TEMPLATES, dot: true })) {
    const template = await Bun.file(join(TEMPLATES, path)).text();
    const add = async (target: string, text: string) =>
      files.set(target, await formatted(target, text));
    if (!path.includes("samples")) await add(path, render(template, all, scopes));
    else {
      for (const scope of scopes) {
        await add(path.replaceAll("samples", scope.plural), render(template, scope));
      }
    }
  }
  return files;
}

/** Formats a text as `bun fmt` would format the file: a longer name can break a line. */
export async function formatted(path: string, text: string): Promise<string> {
  if (!/\.(?:json|md|ya?ml)$/.test(path)) return text;
  const words = [process.execPath, "fmt", `--stdin-filepath=${path}`];
  const formatter = Bun.spawn(words, { cwd: ROOT, stdin: Buffer.from(text), stdout: "pipe" });
  const output = await new Response(formatter.stdout).text();
  if ((await formatter.exited) !== 0) throw new Error(`${path} cannot be formatted`);
  return output;
}

function textsOfAll() {
  const names = SERVICES.map(({ name }) => name);
  return {
    project: packageJson.name,
    names: names.join(","),
    quoted: names.join('", "'),
  };
}

function scopeOf({ name, port, calls }: ServiceEntry, index: number): Scope {
  const first = REPLICAS_FROM + 10 * index;
  return {
    ...wordsOf(name),
    callees: calls.map((callee) => ({
      ...wordsOf(callee),
      port: serviceNamed(callee).port,
      owner: "",
    })),
    texts: { ...textsOfAll(), port, replicas: `${first}-${first + REPLICAS - 1}` },
  };
}

function wordsOf(name: string) {
  return { plural: name, one: singularOf(name) };
}

/** The variables that each service has for itself: `bun run dev` reads one for each. */
const OWN = ["PORT", "DATABASE_URL"];

const HEAD = `# Copy this file to .env, remove the # before a variable, and change its value. Every value here is the default.
# Bun reads .env for every command that it runs in this folder, \`bun test\` included. Never commit it.
# Derived from the variables of the services by \`bun run derive\`.

# For \`bun run dev\` only: ports and databases. A service that you start by itself reads PORT and DATABASE_URL.

`;

/** Every variable of every service, with its description and its default. */
async function environmentExample(): Promise<string> {
  const own: string[] = [];
  const shared = new Map<string, string>();
  for (const { name } of SERVICES) {
    const { service } = (await import(join(ROOT, name, "service.ts"))) as {
      service: Service<ServiceSchema>;
    };
    const variables: [string, TSchema][] = Object.entries(service.config.properties);
    for (const [variable, { description = "", default: value }] of variables) {
      if (OWN.includes(variable)) own.push(`# ${name.toUpperCase()}_${variable}=${value}\n`);
      else shared.set(variable, `\n${comment(description)}\n# ${variable}=${value}\n`);
    }
  }
  return HEAD + own.join("") + [...shared.values()].join("");
}

function comment(text: string): string {
  return wrapped(text, 2).replaceAll(/^ {2}/gm, "# ");
}
