/** Runs the console sessions of the README. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";

import { defaultUrlOf } from "../../services.ts";
import { command } from "../support/executables.ts";
import { firstSession } from "../support/first-session.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { NAMES } from "../support/services.ts";

setDefaultTimeout(60_000);

let fleet: Fleet;
beforeAll(async () => void (fleet = await startFleet()));
afterAll(() => fleet.stop());

// The README may still tell of a service that is gone.
const session = (await firstSession()).filter(({ line }) =>
  NAMES.some((name) => line.includes(`${defaultUrlOf(name)}/${name}`)),
);

describe("The README", () => {
  test.each(session.map(({ line, shown }) => [line, shown] as const))(
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
