/** Runs what the documentation shows: the console sessions of the README and docs/requests.http. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import { defaultUrlOf } from "../../services.ts";
import { command } from "../support/executables.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { ROOT } from "../support/folders.ts";
import { HttpFile } from "../support/http-file.ts";
import { NAMES } from "../support/services.ts";

setDefaultTimeout(60_000);

let fleet: Fleet;
beforeAll(async () => void (fleet = await startFleet()));
afterAll(() => fleet.stop());

const readme = await Bun.file(join(ROOT, "README.md")).text();
// The README may still tell of a service that is gone.
const typed = [...readme.matchAll(/^```console\n([^]*?)^```$/gm)]
  .flatMap(([, block = ""]) => block.split(/^\$ /m).slice(1))
  .filter((typed) => NAMES.some((name) => typed.includes(`${defaultUrlOf(name)}/${name}`)));

describe("The README", () => {
  test.each(typed.map((one) => [one.split("\n", 1).join(""), one] as const))(
    "shows the real output of %s",
    async (line, shown) => {
      const { stdout } = await command(["bash", "-c", here(line).replace("curl", "curl -sS")], {
        environment: { PATH: process.env["PATH"] ?? "" },
      });
      expect(blurred(`${line}\n${stdout}`)).toBe(blurred(shown));
    },
  );
});

/** Replaces the default URLs with those of this test's services. */
function here(line: string): string {
  return NAMES.reduce(
    (text, name) => text.replaceAll(defaultUrlOf(name), fleet.services[name].url),
    line,
  );
}

/** Masks what differs in every run: ids, entity tags and times. */
function blurred(text: string): string {
  return text
    .replaceAll("\r", "")
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, "ID")
    .replaceAll(/"1\d{20}"/g, "TAG")
    .replaceAll(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z/g, "TIME")
    .replaceAll(/^Date: .*$/gm, "Date")
    .trim();
}

describe("docs/requests.http", () => {
  test("states in each title the status that the request gets", async () => {
    const source = await Bun.file(join(ROOT, "docs", "requests.http")).text();
    const urls = NAMES.map((name) => [name, fleet.services[name].url]);
    const file = new HttpFile(source, Object.fromEntries(urls) as Record<string, string>);
    for (const request of file.requests) {
      const { status } = await file.send(request);
      expect(request.title).toEndWith(`: ${status}`);
    }
    for (const name of NAMES) expect(source).toContain(` {{${name}}}/`);
  });
});
