/** docs/requests.http, by the rules of REST Client and in httpYac itself. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import { defaultUrlOf } from "../../services.ts";
import { installGenerators, PACKAGES } from "../generators/install.ts";
import { command } from "../support/executables.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";
import { HttpFile } from "../support/http-file.ts";
import { NAMES } from "../support/services.ts";

// The first installation.
setDefaultTimeout(300_000);

/** The file, with the URLs of the services of this test. */
let source = "";
let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet();
  source = await Bun.file(join(ROOT, "docs", "requests.http")).text();
  for (const name of NAMES) {
    source = source.replace(defaultUrlOf(name), fleet.services[name].url);
  }
});
afterAll(() => fleet.stop());

const endOf = (title: string) => Number(/: (\d{3})$/.exec(title)?.[1]);

describe("Each title of docs/requests.http states the status of its request", () => {
  test("by the rules of REST Client", async () => {
    const file = new HttpFile(source);
    expect(file.requests.length).toBeGreaterThanOrEqual(15);
    for (const request of file.requests) {
      const { status } = await file.send(request);
      expect([request.title, status]).toEqual([request.title, endOf(request.title)]);
    }
  });

  test("in httpYac", async () => {
    await installGenerators();
    using folder = temporaryFolder();
    const path = join(folder.path, "requests.http");
    await Bun.write(path, source);
    const { stdout, stderr } = await command(
      [process.execPath, "--bun", join(PACKAGES, "httpyac", "bin", "httpyac.js")].concat([
        "send",
        path,
        "--all",
        "--json",
      ]),
      { folder: folder.path },
    );
    expect(stderr).toBe("");
    const { requests } = JSON.parse(stdout) as { requests: Sent[] };
    const sent = requests.map(({ title, response }) => [title, response?.statusCode]);
    expect(sent).toEqual(new HttpFile(source).requests.map(({ title }) => [title, endOf(title)]));
  });
});

interface Sent {
  title: string;
  response?: { statusCode: number };
}

test("docs/requests.http has only what every editor reads", () => {
  const lines = source.split("\n");
  // REST Client has no `$uuid`, the others have no `$guid`, and JetBrains' scripts are theirs alone.
  expect(new Set(source.match(/\{\{\$.*?\}\}/g))).toEqual(new Set(["{{$timestamp}}"]));
  expect(lines.filter((line) => /^(?:[<>]|\{\{|\?\?)/.test(line))).toEqual([]);
  // An id of an earlier response goes through a variable, so that it can be typed there.
  const taken = lines.filter((line) => /\{\{\w+\./.test(line));
  expect(taken.every((line) => line.startsWith("@"))).toBe(true);
});
