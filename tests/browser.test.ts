/**
 * Both Swagger UIs in a real browser, against real processes. Where there is no Chromium this says so;
 * with REQUIRE_CHROMIUM=1 that is a failure.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { type Browser, chromium, type Locator, type Page } from "playwright-core";

import { type ServiceName, SERVICES, urlVariableOf } from "../services.ts";
import { caller, IDENTITY } from "./support/callers.ts";
import { documentOf } from "./support/document.ts";
import { ROOT, temporaryFolder } from "./support/folders.ts";
import { type Running, startService } from "./support/processes.ts";
import { NAMES } from "./support/services.ts";

const executablePath = [
  process.env["CHROMIUM_PATH"],
  Bun.which("chromium"),
  "/usr/bin/chromium",
].find((path) => path && existsSync(path));

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** Two names of this machine: the page has to work under each. */
const HOSTS = ["localhost", "127.0.0.1"];

const missing = "there is no Chromium: install it, or set CHROMIUM_PATH";

if (executablePath) {
  describe("Swagger UI in Chromium", () => swaggerUi(executablePath, {}));
  describe("Swagger UI of known callers in Chromium", () => swaggerUi(executablePath, IDENTITY));
  describe("A page of another origin in Chromium", () => otherOrigins(executablePath));
} else if (process.env["REQUIRE_CHROMIUM"] === "1") {
  test("Swagger UI in Chromium", () => {
    throw new Error(missing);
  });
} else {
  test.skip(`Swagger UI in Chromium: ${missing}`, () => {});
}

function swaggerUi(executablePath: string, environment: Record<string, string>) {
  const folder = temporaryFolder();
  let browser: Browser;
  let services: Record<ServiceName, Running>;

  beforeAll(async () => {
    services = {} as typeof services;
    for (const { name, asks } of SERVICES) {
      const urls = asks.map((asked) => [urlVariableOf(asked), services[asked].url]);
      services[name] = await startSeeded(name, folder.path, {
        ...environment,
        HOST: "127.0.0.1",
        ...Object.fromEntries(urls),
      });
    }
    browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    for (const name of NAMES.toReversed()) await services[name].stop();
    folder[Symbol.dispose]();
  });

  // Those that ask others first: the page of a service may end with the deletion of what they ask for.
  test.each(NAMES.toReversed().map((name, index) => [name, HOSTS[index % 2] as string] as const))(
    "%s on %s: every operation answers 2xx as it stands, and nothing leaves the origin",
    async (name, host) => {
      const { port } = new URL(services[name].url);
      const origin = `http://${host}:${port}`;
      const expected = await successes(origin);
      const page = await browser.newPage({ viewport: { width: 1280, height: 1024 } });
      const seen = watch(page);

      const answer = await page.goto(`${origin}/swagger`);
      expect(answer?.headers()["content-security-policy"]).not.toContain("unsafe");
      const operations = page.locator(".opblock");
      await operations.first().waitFor();
      if (environment["AUTH"] === "on") await authorize(page, await caller("root", "admin"));

      const statuses: string[] = [];
      for (const operation of await operations.all()) statuses.push(await execute(operation));
      expect(statuses).toEqual(expected);

      expect(seen.complaints).toEqual([]);
      expect([...seen.origins]).toEqual([origin]);
      await page.close();
    },
    60_000,
  );
}

/** Shows the page a token, as people do. */
async function authorize(page: Page, { authorization }: { authorization: string }): Promise<void> {
  await page.locator(".btn.authorize").click();
  const dialogue = page.locator(".dialog-ux");
  await dialogue.locator("input").fill(authorization.replace("Bearer ", ""));
  await dialogue.locator("button.authorize").click();
  await dialogue.locator("button.btn-done").click();
}

function otherOrigins(executablePath: string) {
  const folder = temporaryFolder();
  const pages = ["named", "other"].map(() =>
    Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () =>
        new Response("<title>A page</title>", { headers: { "content-type": "text/html" } }),
    }),
  );
  const [named = "", other = ""] = pages.map(({ url }) => url.origin);
  let browser: Browser;
  let users: Running;

  beforeAll(async () => {
    users = await startSeeded("users", folder.path, {
      ...IDENTITY,
      HOST: "127.0.0.1",
      CORS_ORIGIN: named,
      RATE_LIMIT: "100/60s",
    });
    browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await users.stop();
    for (const server of pages) await server.stop(true);
    folder[Symbol.dispose]();
  });

  /** What the script of a page of this origin reads of a response; its error if it may read nothing. */
  async function read(origin: string, method: string, headers: Record<string, string>) {
    const page = await browser.newPage();
    await page.goto(origin);
    const body = method === "PATCH" ? JSON.stringify({ name: "Alice" }) : undefined;
    const asked = { url: `${users.url}/users/1`, method, headers, body };
    const seen = await page.evaluate(async ({ url, ...init }) => {
      try {
        const response = await fetch(url, init as RequestInit);
        const names = ["etag", "ratelimit", "www-authenticate", "x-request-id", "date"];
        return [response.status, ...names.map((name) => response.headers.has(name))];
      } catch (error) {
        return String(error);
      }
    }, asked);
    await page.close();
    return seen;
  }

  test("that is named reads responses and their headers, refusals too", async () => {
    const headers = await caller("1");
    expect(await read(named, "GET", headers)).toEqual([200, true, true, false, true, false]);
    const change = { ...headers, "content-type": "application/json", "if-match": "*" };
    expect(await read(named, "PATCH", change)).toEqual([200, true, true, false, true, false]);
    expect(await read(named, "GET", {})).toEqual([401, false, true, true, true, false]);
  }, 30_000);

  test("that is not named reads nothing", async () => {
    const headers = await caller("1");
    const nothing = "TypeError: Failed to fetch";
    expect(await read(other, "GET", headers)).toBe(nothing);
    expect(await read(other, "GET", {})).toBe(nothing);
    expect(await read(other, "PATCH", { ...headers, "if-match": "*" })).toBe(nothing);
  }, 30_000);
}

/** What the document promises of its operations, each with the name and the status of its success. */
async function successes(origin: string): Promise<string[]> {
  const { paths } = await documentOf({ handle: () => fetch(`${origin}/swagger/json`) });
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  expect(operations.length).toBeGreaterThan(0);
  return operations.map(({ operationId, responses }) => {
    return `${operationId} ${Object.keys(responses).find((status) => status.startsWith("2"))}`;
  });
}

/** Executes an operation with all its fields as they are filled in, and tells its name and status. */
async function execute(operation: Locator): Promise<string> {
  await operation.locator(".opblock-summary-control").click();
  await operation.locator(".try-out__btn").click();
  await operation.locator(".execute").click();
  const answer = operation.locator(".live-responses-table tr.response");
  const status = await answer.locator(".response-col_status").innerText();
  const id = await operation.getAttribute("id");
  return `${id?.split("-").at(-1)} ${status.trim()}`;
}

/** What the page asks for and complains of. */
function watch(page: Page) {
  const origins = new Set<string>();
  const complaints: string[] = [];
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== "data:") origins.add(origin);
  });
  page.on("requestfailed", (request) => complaints.push(`${request.url()} failed`));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  return { origins, complaints };
}

async function startSeeded(
  name: ServiceName,
  folder: string,
  environment: Record<string, string> = {},
): Promise<Running> {
  const DATABASE_URL = `sqlite://${folder}/${name}.db`;
  const command = [process.execPath, join(ROOT, name, "main.ts"), "seed"];
  const seed = Bun.spawnSync(command, { env: { DATABASE_URL } });
  if (!seed.success) throw new Error(seed.stderr.toString());
  return startService(name, { DATABASE_URL, ...environment });
}
