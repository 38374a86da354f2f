/** `bun run new`: what it writes is green as it stands. Each service in a copy of the repository. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import type { Problem } from "../../platform/contract/schemas.ts";
import type { OpenApiDocument, Operation } from "../../platform/openapi/document.ts";
import { startDev } from "../support/dev.ts";
import { resolve } from "../support/document.ts";
import { command } from "../support/executables.ts";
import { repositoryCopy } from "../support/repository-copy.ts";
import { NAMES } from "../support/services.ts";

setDefaultTimeout(180_000);

type Copy = Awaited<ReturnType<typeof repositoryCopy>>;

const BUN = process.execPath;
const CALLEE = NAMES.at(-1) ?? "";
/** None may be in the list already. */
const [WITH_CALLEE = "", ALONE = ""] = ["payments", "accounts", "invoices", "tickets"].filter(
  (name) => !NAMES.some((taken) => taken === name),
);

/** Tests of all services, of which those of the new one and its callees run. */
const COMMON = [
  "at-once",
  "connections",
  "documented-failures",
  "lists",
  "migrations",
  "ownership",
  "plans",
  "who-may",
].map((one) => `./tests/${one}.test.ts`);
/** The lists of services, and the manifests that kustomize makes of the overlays. */
const LISTS = ["services", "kubernetes", "readme"];

describe.each([
  { name: WITH_CALLEE, calls: [CALLEE] },
  { name: ALONE, calls: [] },
])("A new service $name that calls $calls", ({ name, calls }) => {
  let copy: Copy;
  let said = "";
  beforeAll(async () => {
    copy = await repositoryCopy();
    said = await copy.succeeds(
      BUN,
      "run",
      "new",
      name,
      ...calls.flatMap((one) => ["--calls", one]),
    );
  });
  afterAll(() => copy[Symbol.dispose]());

  test("is written with ten lines that say what was written and what to do next", () => {
    expect(said.trimEnd().split("\n").length).toBeLessThanOrEqual(10);
    expect(said).toMatch(new RegExp(`^Wrote ${name}, which listens on port [0-9]+:`));
    expect(said).toContain("Next: bun run dev");
  });

  test("passes bun run check", async () => {
    await copy.succeeds(BUN, "run", "check");
  });

  test("passes its own tests, and the rules of the architecture", async () => {
    const said = await copy.run(BUN, "test", `./${name}`, "./tests/architecture.test.ts");
    expect([failed(said.stderr), said.exitCode]).toEqual([[], 0]);
    for (const file of ["store", "routes"])
      expect(said.stderr).toContain(`${name}/${file}.test.ts:`);
  });

  test("passes the tests of all services, and so does what it calls", async () => {
    const named = ["-t", [name, ...calls].join("|")];
    const said = await copy.run(BUN, "test", ...named, ...COMMON, "./tests/verify/contract.ts");
    expect([failed(said.stderr), said.exitCode]).toEqual([[], 0]);
    for (const title of [
      `GET /${name}/:id of ${name} > rejects a caller with every other scope`,
      `docs/openapi of ${name} > has the current document`,
      ...calls.map((callee) => `docs/openapi/${name}-needs-${callee}.json > is enough`),
    ]) {
      expect(said.stderr).toContain(`(pass) ${title}`);
    }
  });

  test("is in every list, in the compose files and in the overlays", async () => {
    const lists = LISTS.map((one) => `./tests/verify/${one}.ts`);
    const said = await copy.run(BUN, "test", ...lists);
    expect([failed(said.stderr), said.exitCode]).toEqual([[], 0]);
    expect(said.stderr).toContain(`The Kubernetes manifests of ${name} > match their schemas`);
  });

  test("runs with bun run dev, and does in its Swagger UI what its document says", async () => {
    const anyPort = { [`${name.toUpperCase()}_PORT`]: "0" };
    await using dev = await startDev(copy.path, {}, anyPort);
    await dev.said("Press Ctrl-C to stop");
    const shown = new RegExp(`^ +${name} .*Swagger UI: (\\S+)$`, "m").exec(dev.log())?.[1] ?? "";
    expect(await (await fetch(shown)).text()).toContain("swagger-ui");
    const document = (await (await fetch(`${shown}/json`)).json()) as OpenApiDocument;
    const example = exampleOf(document, document.paths[`/${name}`]?.["post"]);
    const change = exampleOf(document, document.paths[`/${name}/{id}`]?.["patch"]);

    const send = (path: string, method = "GET", body?: unknown) =>
      fetch(new URL(path, shown), {
        method,
        ...(body !== undefined && {
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        }),
      });
    const listed = (await (await send(`/${name}`)).json()) as { id: string }[];
    expect(listed.map(({ id }) => id)).toEqual(["1", "2"]);
    const made = await send(`/${name}`, "POST", example);
    expect([made.status, await made.json()]).toMatchObject([201, example]);
    const path = made.headers.get("location") ?? "";
    expect((await send(path)).status).toBe(200);
    const changed = await send(path, "PATCH", change);
    expect([changed.status, await changed.json()]).toMatchObject([200, change]);
    expect((await send(path, "DELETE")).status).toBe(204);
    expect((await send(path)).status).toBe(404);
    for (const callee of calls) {
      const reference = `${callee.replace(/s$/, "")}_id`;
      const body = { ...example, [reference]: "nobody" };
      const refused = await send(`/${name}`, "POST", body);
      expect([refused.status, (await refused.json()) as Problem]).toMatchObject([
        422,
        { errors: [{ pointer: `/${reference}` }] },
      ]);
    }
  });

  test("is built by bun run build into an executable that runs", async () => {
    await copy.succeeds(BUN, "run", "build", "--service", name);
    const { stdout, exitCode } = await command([join(copy.path, "dist", name), "--help"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(name);
    for (const callee of calls) expect(stdout).toContain(`${callee.toUpperCase()}_URL`);
  });

  test("is never overwritten", async () => {
    await copy.succeeds("git", "add", "--all");
    const { exitCode, stderr } = await copy.run(BUN, "dev/services/new.ts", name);
    expect([exitCode, stderr]).toEqual([2, `new: "${name}" is in services.ts\n`]);
    expect(await copy.succeeds("git", "diff", "--stat")).toBe("");
  });
});

describe("bun run new", () => {
  let copy: Copy;
  beforeAll(async () => {
    copy = await repositoryCopy();
    await Bun.write(join(copy.path, "leftovers", "kept.txt"), "kept");
    await Bun.write(join(copy.path, "shared", "remainders.ts"), "// kept");
    await copy.succeeds("git", "add", "--all");
  });
  afterAll(() => copy[Symbol.dispose]());

  test.each([
    ["without a name", [], "give one name"],
    ["with two names", [WITH_CALLEE, ALONE], "give one name"],
    ["with a service that exists", [CALLEE], `"${CALLEE}" is in services.ts`],
    ["with the name of a folder", ["leftovers"], "there is a folder leftovers already"],
    [
      "with the name of a file of the contract",
      ["remainders"],
      "shared/remainders.ts exists already",
    ],
    ["with a folder of the project", ["tests"], "there is a folder tests already"],
    ["with a path", ["../payments"], "3 to 30 small letters"],
    ["with capital letters", ["Payments"], "3 to 30 small letters"],
    ["with a word that is no plural", ["staff"], "is not a plural"],
    ["with a word of the language", ["classes"], '"class" is a word of the language'],
    ["with a word of SQL", ["values"], '"values" is a word of SQL'],
    ["with a word of the platform", ["keys"], "uses the word already"],
    [
      "with an unknown callee",
      [ALONE, "--calls", "nobody"],
      'there is no service "nobody" to call',
    ],
    ["with itself as its callee", [ALONE, "--calls", ALONE], `no service "${ALONE}" to call`],
    ["with an unknown option", [ALONE, "--port", "1"], "--port"],
    ["with a callee that is missing", [ALONE, "--calls"], "--calls"],
  ])("%s refuses in one line, and writes nothing", async (_title, words, reason) => {
    const { exitCode, stdout, stderr } = await copy.run(BUN, "dev/services/new.ts", ...words);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toStartWith("new: ");
    expect(stderr).toContain(reason);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(await copy.succeeds("git", "status", "--porcelain")).toBe(
      "A  leftovers/kept.txt\nA  shared/remainders.ts\n",
    );
  });

  test("--help says what it does and what it takes", async () => {
    const { exitCode, stdout } = await copy.run(BUN, "dev/services/new.ts", "--help");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Usage: bun run new NAME [--calls OTHER]...");
  });
});

/** What "Try it out" sends for this operation. */
function exampleOf(document: OpenApiDocument, operation?: Operation): object {
  const [media] = Object.values(operation?.requestBody?.content ?? {});
  const { examples } = resolve(document, media?.schema ?? expect.unreachable());
  return (examples as object[])[0] ?? expect.unreachable();
}

/** The tests that failed, in the output of `bun test`. */
function failed(output: string): string[] {
  return output.split("\n").filter((line) => /^\(fail\)|^error:|\d+ errors?$/.test(line));
}
