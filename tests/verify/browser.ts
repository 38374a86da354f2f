/**
 * Both Swagger UIs in a real browser, against real processes. Without Chromium the tests are
 * skipped; with REQUIRE_CHROMIUM=1 they fail.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";

import type { Browser, Locator, Page } from "playwright-core";

import { type ServiceName, serviceNamed } from "../../services.ts";
import { committedDocument } from "../contract/documents.ts";
import { caller, IDENTITY } from "../support/callers.ts";
import { CHROMIUM, CHROMIUM_MISSING, launchChromium } from "../support/chromium.ts";
import { documentOf } from "../support/document.ts";
import { CHANGE, FIRST, ONE } from "../support/first.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { EXECUTABLES } from "../support/processes.ts";
import { NAMES } from "../support/services.ts";

setDefaultTimeout(120_000);

/** Two names of this machine: the page has to work under each. */
const HOSTS = ["localhost", "127.0.0.1"];

const LOOPBACK = { HOST: "127.0.0.1" };

/**
 * Each operation takes a page two seconds. So `bun test` tries the first operation of each service,
 * and one service with identity. `bun run executables` tries every operation, with and without it.
 */
const IS_LONG = EXECUTABLES !== undefined;
const OPERATIONS = IS_LONG ? "every operation" : "the first operation";
const PAGES = NAMES.flatMap((name, index) =>
  ["without", "with"].map((identity, column) => ({
    name,
    identity,
    host: HOSTS[index % HOSTS.length] as string,
    isShort: (index + column) % 2 === 0,
  })),
).filter(({ isShort }) => IS_LONG || isShort);

if (CHROMIUM) {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());
  describe("Swagger UI in Chromium", () => swaggerUi(() => browser));
  describe("The page of Swagger UI in Chromium", () => page(() => browser));
  describe("A page of another origin in Chromium", () => otherOrigins(() => browser));
} else if (process.env["REQUIRE_CHROMIUM"] === "1") {
  test("Swagger UI works in Chromium", () => {
    throw new Error(CHROMIUM_MISSING);
  });
} else {
  test.skip(`Swagger UI works in Chromium: ${CHROMIUM_MISSING}`, () => {});
}

// Each page has services of its own, because some operations delete what others show.
function swaggerUi(browser: () => Browser) {
  test.each(PAGES)(
    `executes ${OPERATIONS} of $name $identity identity, and sends requests only to $host`,
    async ({ name, identity, host }) => {
      const environment = identity === "with" ? IDENTITY : {};
      await using page = await openPage(browser(), { name, host, environment });
      const expected = (await successes(page.origin)).slice(0, IS_LONG ? undefined : 1);
      const operations = (await page.operations.all()).slice(0, expected.length);

      const [first] = operations;
      const [success] = expected;
      if (!first || !success) return expect.unreachable();
      const statuses = [await execute(first)];
      if (identity === "with") {
        expect(statuses).toEqual([success.replace(/\d+$/, "401")]);
        await authorize(page.page, await caller("root", "admin"));
        statuses[0] = await executeAgain(first);
      }
      for (const operation of operations.slice(1)) statuses.push(await execute(operation));
      expect(statuses).toEqual(expected);

      // The browser complains of the 401 as well.
      const complaints = page.seen.complaints.filter((line) => !line.includes("401"));
      expect(complaints).toEqual([]);
      expect([...page.seen.origins]).toEqual([page.origin]);
    },
  );
}

// One service is enough: every page has the same parts.
function page(browser: () => Browser) {
  /** The last one, which may call all others. */
  const LAST = NAMES.at(-1) ?? FIRST;
  const READING = NAMES.map((name): string => `${name}:read`);
  const PHONE = { width: 390, height: 844 };
  const open = (environment: Record<string, string> = {}) =>
    openPage(browser(), { name: LAST, host: "localhost", environment });

  test("shows an operation without scrolling on a phone, and nothing is cut off", async () => {
    await using opened = await open(IDENTITY);
    await opened.page.setViewportSize(PHONE);
    const first = opened.operations.first();
    const { y, height } = (await first.boundingBox()) ?? { y: Infinity, height: 0 };
    expect(y + height).toBeLessThan(PHONE.height);
    await first.locator(".opblock-summary-control").click();
    await first.locator(".responses-table").waitFor();
    const width = await opened.page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(PHONE.width);
  });

  test("covers no part of a response on a phone", async () => {
    await using opened = await open(IDENTITY);
    await opened.page.setViewportSize(PHONE);
    const first = opened.operations.first();
    await first.locator(".opblock-summary-control").click();
    await first.getByText("Try it out").click();
    await first.locator(".execute").click();
    const body = first.locator(".live-responses-table .highlight-code").first();
    const [text, download] = await Promise.all(
      [body.locator("pre"), body.locator(".download-contents")].map((one) => one.boundingBox()),
    );
    expect((download?.y ?? Infinity) + (download?.height ?? 0)).toBeLessThanOrEqual(text?.y ?? 0);
  });

  test("folds the failures of an operation, each until it is opened", async () => {
    await using opened = await open(IDENTITY);
    const operation = opened.operations.nth(1);
    await operation.locator(".opblock-summary-control").click();
    await operation.locator(".responses-table").waitFor();
    const folded = operation.locator("tr.response:has(.folded)");
    const codes = await operation
      .locator("tr.response")
      .evaluateAll((rows) => rows.map((row) => row.getAttribute("data-code")));
    expect(codes.length).toBeGreaterThan(10);
    expect(await folded.count()).toBe(codes.length - 1);
    const { height } = (await operation.boundingBox()) ?? { height: Infinity };
    expect(height).toBeLessThan(2_000);
    await operation.locator('tr[data-code="422"] .folded').click();
    await operation.locator('tr[data-code="422"] .highlight-code').first().waitFor();
    expect(await folded.count()).toBe(codes.length - 2);
    expect(opened.seen.complaints).toEqual([]);
  });

  test("sends a token that was pasted with its scheme, and says what its scopes allow", async () => {
    const { get: list, post: create } = (await committedDocument(LAST)).paths[`/${LAST}`] ?? {};
    await using opened = await open(IDENTITY);
    const { authorization } = await caller("1", READING.join(" "));
    await opened.page.locator(".btn.authorize").click();
    const dialogue = opened.page.locator(".dialog-ux");
    expect(await dialogue.innerText()).toContain(serviceNamed(LAST).allows.write);
    await dialogue.locator("input").fill(authorization);
    await dialogue.locator("button.authorize").click();
    await dialogue.locator("button.btn-done").click();
    expect(await execute(opened.operations.first())).toBe(`${list?.operationId} 200`);
    // The token lacks a scope, and the response says which.
    const second = opened.operations.nth(1);
    expect(await execute(second)).toBe(`${create?.operationId} 403`);
    expect(await second.locator(".live-responses-table").innerText()).toContain(
      `The token lacks the scope ${LAST}:write`,
    );
  });

  test("leads to the pages of the other services", async () => {
    await using opened = await open();
    expect(await opened.page.locator("nav.services a").allInnerTexts()).toEqual(
      NAMES.filter((name) => name !== LAST),
    );
  });
}

interface PageOptions {
  name: ServiceName;
  /** The name of this machine in the URL. */
  host: string;
  environment: Record<string, string>;
}

/** Opens the Swagger UI of a service that was started for it alone. */
async function openPage(browser: Browser, { name, host, environment }: PageOptions) {
  const fleet = await startFleet({ environment: { ...environment, ...LOOPBACK } });
  const origin = `http://${host}:${new URL(fleet.services[name].url).port}`;
  const page = await browser.newPage({ viewport: { width: 1280, height: 1024 } });
  const seen = watch(page);
  const response = await page.goto(`${origin}/swagger`);
  expect(response?.headers()["content-security-policy"]).not.toContain("unsafe");
  const operations = page.locator(".opblock");
  await operations.first().waitFor();
  return {
    page,
    origin,
    operations,
    seen,
    async [Symbol.asyncDispose]() {
      await page.close();
      await fleet.stop();
    },
  };
}

/** Shows the page a token, as people do. */
async function authorize(page: Page, { authorization }: { authorization: string }): Promise<void> {
  await page.locator(".btn.authorize").click();
  const dialogue = page.locator(".dialog-ux");
  await dialogue.locator("input").fill(authorization.replace("Bearer ", ""));
  await dialogue.locator("button.authorize").click();
  await dialogue.locator("button.btn-done").click();
}

function otherOrigins(browser: () => Browser) {
  const pages = ["named", "other"].map(() =>
    Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () =>
        new Response("<title>A page</title>", { headers: { "content-type": "text/html" } }),
    }),
  );
  const [named = "", other = ""] = pages.map(({ url }) => url.origin);
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await startFleet({
      environment: { ...IDENTITY, ...LOOPBACK, CORS_ORIGIN: named, RATE_LIMIT: "100/60s" },
    });
  });
  afterAll(async () => {
    await fleet.stop();
    for (const server of pages) await server.stop(true);
  });

  async function openAt(origin: string): Promise<Page> {
    const page = await browser().newPage();
    await page.goto(origin);
    return page;
  }

  /**
   * Returns what a script of the page can read of a response, or its error if it can read nothing.
   */
  async function read(page: Page, method: string, headers: Record<string, string>) {
    const body = method === "PATCH" ? JSON.stringify(CHANGE) : undefined;
    const asked = { url: `${fleet.services[FIRST].url}${ONE}`, method, headers, body };
    return page.evaluate(async ({ url, ...init }) => {
      try {
        const response = await fetch(url, init as RequestInit);
        const names = ["etag", "ratelimit", "www-authenticate", "x-request-id", "date"];
        return [response.status, ...names.map((name) => response.headers.has(name))];
      } catch (error) {
        return String(error);
      }
    }, asked);
  }

  test("reads responses and their headers, refusals too, if CORS_ORIGIN names it", async () => {
    const headers = await caller("1");
    const page = await openAt(named);
    expect(await read(page, "GET", headers)).toEqual([200, true, true, false, true, false]);
    const change = { ...headers, "content-type": "application/json", "if-match": "*" };
    expect(await read(page, "PATCH", change)).toEqual([200, true, true, false, true, false]);
    expect(await read(page, "GET", {})).toEqual([401, false, true, true, true, false]);
    await page.close();
  });

  test("reads nothing if CORS_ORIGIN does not name it", async () => {
    const headers = await caller("1");
    const page = await openAt(other);
    const nothing = "TypeError: Failed to fetch";
    expect(await read(page, "GET", headers)).toBe(nothing);
    expect(await read(page, "GET", {})).toBe(nothing);
    expect(await read(page, "PATCH", { ...headers, "if-match": "*" })).toBe(nothing);
    await page.close();
  });
}

/**
 * What the document promises of its operations, each with the name and the status of its success.
 */
async function successes(origin: string): Promise<string[]> {
  const { paths } = await documentOf({ handle: () => fetch(`${origin}/swagger/json`) });
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  expect(operations.length).toBeGreaterThan(0);
  return operations.map(({ operationId, responses }) => {
    return `${operationId} ${Object.keys(responses).find((status) => status.startsWith("2"))}`;
  });
}

/**
 * Opens an operation and executes it with its fields as they are filled in; returns name and
 * status.
 */
async function execute(operation: Locator): Promise<string> {
  await operation.locator(".opblock-summary-control").click();
  await operation.locator(".try-out__btn").click();
  return executeAgain(operation);
}

async function executeAgain(operation: Locator): Promise<string> {
  const [id, status] = [operation.getAttribute("id"), statusOf(operation)];
  return `${(await id)?.split("-").at(-1)} ${await status}`;
}

async function statusOf(operation: Locator): Promise<string> {
  const page = operation.page();
  const response = page.waitForResponse((one) => one.request().resourceType() === "fetch");
  await operation.locator(".execute").click();
  const status = String((await response).status());
  const shown = operation.locator(".live-responses-table .response-col_status", {
    hasText: status,
  });
  await shown.first().waitFor();
  return status;
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
