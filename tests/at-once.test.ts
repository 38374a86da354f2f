/** Reads respond without a promise if the database does, which saves a fifth of their time. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import { BUNDLE } from "../bundle.ts";
import { CALLEES, type ServiceName, serviceNamed } from "../services.ts";
import { openApps, openService } from "./support/apps.ts";
import { problemIn } from "./support/ask.ts";
import { caller, IDENTITY } from "./support/callers.ts";
import { ENGINE_TIMEOUT_MS, freshUrl } from "./support/engines.ts";
import { command } from "./support/executables.ts";
import { bodyOf, FIRST, NONE, ONE, TABLE } from "./support/first.ts";
import { ROOT, temporaryFolder } from "./support/folders.ts";
import { queriesOf, resourcesOf, type Shown } from "./support/resources.ts";
import { NAMES } from "./support/services.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

/** A call is answered from the cache. */
const CACHED = Object.fromEntries(
  CALLEES.map((callee) => [`${callee.toUpperCase()}_CACHE_TTL_MS`, "60000"]),
);

const apps = await openApps({ environment: CACHED });
afterAll(() => apps.close());

const requestOf = (path: string) => new Request(`http://localhost${path}`);

/** The reads of every service, with each of their queries. */
const READS: [path: string, name: ServiceName][] = [];
for (const resource of await resourcesOf()) {
  const { service, routes } = resource;
  const shown = (await (
    await apps[service].fetch(requestOf(`/${resource.table.name}/1`))
  ).json()) as Shown;
  for (const route of routes.filter(({ method }) => method === "GET")) {
    for (const query of queriesOf(resource, route, shown)) {
      READS.push([`${route.path.replace("{id}", "1")}${query}`, service]);
    }
  }
}

test.each(READS)(
  "A read of %s from %s on SQLite returns a response, not a promise, if what it calls is cached",
  async (path, name) => {
    await apps[name].fetch(requestOf(path));
    const response = apps[name].fetch(requestOf(path));
    expect(response).toBeInstanceOf(Response);
    expect((await response).status).toBe(200);
  },
);

test.each(READS)(
  "A read of %s from %s with authentication, rate limit and CORS returns no promise either",
  async (path, name) => {
    const checks = { RATE_LIMIT: "100/60s", CORS_ORIGIN: "https://app.example.com" };
    const checked = await openApps({ environment: { ...IDENTITY, ...checks, ...CACHED } });
    const headers = await caller("1");
    const send = () => checked[name].fetch(new Request(`http://localhost${path}`, { headers }));
    // Until the token is in its cache.
    expect(send()).toBeInstanceOf(Promise);
    await send();
    const response = send();
    expect(response).toBeInstanceOf(Response);
    expect((await response).status).toBe(200);
    await checked.close();
  },
);

test.each(["sqlite", "postgres"] as const)(
  "A response on %s that does not match its schema becomes a 500",
  async (engine) => {
    await using fresh = await freshUrl(engine);
    const service = await openService(FIRST, { databaseUrl: fresh.url });
    expect((await service.fetch(requestOf(ONE))).status).toBe(200);
    const [text = ""] = Object.entries(bodyOf(1)).find(([, one]) => typeof one === "string") ?? [];
    const unfit = { text: `UPDATE ${TABLE} SET ${text} = '' WHERE id = '1'`, values: [] };
    await service.database.write([unfit]);
    const response = await service.fetch(requestOf(ONE));
    expect(await problemIn(response)).toMatchObject({ status: 500, code: "internal" });
    expect(await problemIn(await service.fetch(requestOf(NONE)))).toMatchObject({ status: 404 });
    await service.close();
  },
);

test("The bundle responds without a promise too: Elysia inspects the source text of functions", async () => {
  using folder = temporaryFolder();
  const program = join(folder.path, "program.ts");
  const listed = NAMES.map((name) => {
    const paths = READS.filter(([path, of]) => of === name && isLocal(path, of)).map(
      ([path]) => path,
    );
    return `[${name}, ${JSON.stringify(paths)}]`;
  });
  await Bun.write(
    program,
    [
      ...NAMES.map((name) => `import { service as ${name} } from "${ROOT}/${name}/service.ts";`),
      `import { responding } from "${ROOT}/tests/support/responding.ts";`,
      `console.log(JSON.stringify(await responding([${listed.join(", ")}])));`,
    ].join("\n"),
  );
  const outdir = join(folder.path, "out");
  const { success } = await Bun.build({ ...BUNDLE, entrypoints: [program], outdir });
  expect(success).toBe(true);
  const [bundled = ""] = new Bun.Glob("**/program.js").scanSync({ cwd: outdir, absolute: true });
  const { stdout, stderr } = await command([process.execPath, bundled]);
  expect(stderr).toBe("");
  const found = JSON.parse(stdout) as Record<string, boolean>;
  expect(Object.keys(found).length).toBeGreaterThanOrEqual(3 * NAMES.length);
  expect(Object.entries(found).filter(([, isAtOnce]) => !isAtOnce)).toEqual([]);
});

/** Whether a read calls no other service, because none runs beside the bundle. */
function isLocal(path: string, name: ServiceName): boolean {
  return serviceNamed(name).calls.length === 0 || path.endsWith("/1");
}
