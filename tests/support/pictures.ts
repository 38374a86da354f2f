/**
 * Makes the pictures of Swagger UI in docs/ anew: `bun tests/support/pictures.ts`, with Chromium
 * installed or in CHROMIUM_PATH.
 */
import { join } from "node:path";

import { chromium, type Page } from "playwright-core";

import { defaultUrlOf } from "../../services.ts";
import { IDENTITY } from "./callers.ts";
import { startFleet } from "./fleet.ts";
import { ROOT } from "./folders.ts";
import { FIRST, NAMES } from "./services.ts";

interface Picture {
  file: string;
  viewport: { width: number; height: number };
  colorScheme: "light" | "dark";
  environment: Record<string, string>;
  /** What is done on the page before. Default: nothing */
  prepare?: (page: Page) => Promise<void>;
}

const DESK = { width: 1280, height: 900 };

/** `AUTH` is set, so the default ports of the links have to be. */
const LINKS = { DOCS_LINKS: `${FIRST}=${defaultUrlOf(FIRST)}/swagger` };

const PICTURES: readonly Picture[] = [
  { file: "swagger-ui.png", viewport: DESK, colorScheme: "light", environment: {} },
  {
    file: "swagger-ui-dark.png",
    viewport: DESK,
    colorScheme: "dark",
    environment: { ...IDENTITY, ...LINKS },
    async prepare(page) {
      await page.locator(".btn.authorize").click();
      await page.locator(".dialog-ux input").waitFor();
    },
  },
];

const executablePath = process.env["CHROMIUM_PATH"] ?? Bun.which("chromium") ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
for (const { file, viewport, colorScheme, environment, prepare } of PICTURES) {
  const fleet = await startFleet({ environment: { ...environment, HOST: "127.0.0.1" } });
  const page = await browser.newPage({ viewport, colorScheme });
  const { port } = new URL(fleet.services[NAMES.at(-1) ?? FIRST].url);
  await page.goto(`http://localhost:${port}/swagger`);
  await page.locator(".opblock").first().waitFor();
  await prepare?.(page);
  await page.screenshot({ path: join(ROOT, "docs", file) });
  await page.close();
  await fleet.stop();
}
await browser.close();
process.exit();
