/** The browser of the tests. */
import { existsSync } from "node:fs";

import { type Browser, chromium } from "playwright-core";

/** Undefined if there is none. */
export const CHROMIUM = [
  process.env["CHROMIUM_PATH"],
  Bun.which("chromium"),
  "/usr/bin/chromium",
].find((path) => path && existsSync(path));

export const CHROMIUM_MISSING = "there is no Chromium: install it, or set CHROMIUM_PATH";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

export function launchChromium(): Promise<Browser> {
  if (!CHROMIUM) throw new Error(CHROMIUM_MISSING);
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
}
