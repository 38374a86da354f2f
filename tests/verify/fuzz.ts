/** A short run of `bun run fuzz`, and proof that it finds faults: it runs on mutated services. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";

import { committedDocument } from "../contract/documents.ts";
import { fuzz, type FuzzReport } from "../fuzz/fuzz.ts";
import { targetAt } from "../fuzz/targets.ts";
import { atMost } from "../support/at-most.ts";
import { command } from "../support/executables.ts";
import { startFleet } from "../support/fleet.ts";
import { ROOT, temporaryFolder } from "../support/folders.ts";
import { isPossible, mutate, type Mutation } from "../support/mutants.ts";
import { FIRST, NAMES } from "../support/services.ts";

const given = process.env["FC_SEED"] || "20260102";
const seed = given === "random" ? Date.now() % 2 ** 31 : Number(given);
console.log(`tests/verify/fuzz.ts: FC_SEED=${seed}`);

// While one test waits, for other processes or for a response that never comes, another one works.
const inTurn = atMost(2);

/** Enough to find every mutant with any seed: the hardest one takes about 1,000. */
const REQUESTS_MAX = 20_000;

interface Mutant extends Mutation {
  /** What is wrong with the service. */
  fault: string;
  /** The expected finding. */
  finding: RegExp;
}

const DOCUMENTS = JSON.stringify(await Promise.all(NAMES.map(committedDocument)));

/** Faults that a service can have only if it has what they are about. */
const isAbout = async (mutant: Mutant) =>
  mutant.file.startsWith("SERVICE/")
    ? isPossible(mutant)
    : mutant.file !== "shared/money.ts" || DOCUMENTS.includes('"x-decimal-places"');

const MUTANTS: Mutant[] = [
  {
    fault: "does not check the characters of a string",
    file: "platform/contract/schema-kinds.ts",
    from: "return printable.test(value);",
    to: "return true;",
    finding: /does not match the document got 20|The body does not match its schema/,
  },
  {
    fault: "does not check the decimal places of an amount",
    file: "shared/money.ts",
    from: "&& fromMinor(toMinor(value)) === value;",
    to: ";",
    finding: /does not match the document got 201/,
  },
  {
    fault: "accepts 1e1 as a number in a query",
    file: "platform/http/input.ts",
    from: "&& WHOLE_NUMBER.test(value)",
    to: "",
    finding: /does not match the document got 200/,
  },
  {
    fault: "does not check the content type",
    file: "platform/http/body.ts",
    from: "!types.includes(type.trim()) ||",
    to: "",
    finding: /does not match the document got 20/,
  },
  {
    fault: "rejects long strings of emoji",
    file: "platform/contract/schema-kinds.ts",
    from: "value.length > maxLength && Array.from(value).length > maxLength",
    to: "value.length > maxLength",
    finding: /matches the document was rejected with 422/,
  },
  {
    fault: "adds a field to a response",
    file: "platform/resources/table.ts",
    from: "row && isFor(who, row) ? read(row) : undefined",
    to: 'row && Object.assign(read(row), { value: { ...read(row).value, password: "" } })',
    finding: /500/,
  },
  {
    fault: "adds a field to a response after the check of its schema",
    file: "platform/http/response.ts",
    from: "JSON.stringify(value)",
    to: 'JSON.stringify(Array.isArray(value) ? value : { ...(value as object), password: "" })',
    finding: /NOT have additional properties/,
  },
  {
    fault: "responds to a creation with another status",
    file: "platform/resources/answers.ts",
    from: "super(201);",
    to: "super(202 as 201);",
    finding: /500/,
  },
  {
    fault: "responds with 404 instead of 412 for a stale version",
    file: "SERVICE/routes.ts",
    from: "(await store.byId(id, who)) ? stale : missing",
    to: "missing",
    finding: /Violated: a change with an old entity tag is rejected/,
  },
  {
    fault: "omits Location",
    file: "platform/resources/answers.ts",
    from: /set\.headers\["location"\] = .*;/,
    to: "",
    finding: /header Location is missing/,
  },
  {
    fault: "omits ETag on reads and changes",
    file: "platform/http/etag.ts",
    from: 'set.headers["etag"] = tag;',
    to: "",
    finding: /header ETag is missing|header cache-control is/,
  },
  {
    fault: "sends an undocumented header",
    file: "platform/http/etag.ts",
    from: 'set.headers["etag"] = tag;',
    to: 'set.headers["etag"] = tag; set.headers["x-powered-by"] = "elysia";',
    finding: /x-powered-by is not documented/,
  },
  {
    fault: "ignores the version in If-Match",
    file: "platform/http/etag.ts",
    from: 'ifMatch === undefined || ifMatch === "*"',
    to: 'ifMatch !== ""',
    finding: /Violated: a change with an old entity tag is rejected/,
  },
  {
    fault: "ignores Idempotency-Key",
    file: "platform/resources/answers.ts",
    from: 'const key = headers["idempotency-key"];',
    to: "const key = undefined;",
    finding: /Violated: a repeated creation/,
  },
  {
    fault: "responds that a resource is deleted but keeps it",
    file: "SERVICE/routes.ts",
    from: "await store.remove(id, who)",
    to: "await store.byId(id, who)",
    finding: /Violated: a deleted resource/,
  },
  {
    fault: "never responds to DELETE",
    file: "SERVICE/routes.ts",
    from: "(await store.remove(id, who)) ?",
    to: "(await new Promise(() => {})) ?",
    finding: /No response was received/,
  },
];

const POSSIBLE: Mutant[] = [];
for (const mutant of MUTANTS) if (await isAbout(mutant)) POSSIBLE.push(mutant);

describe.concurrent("The fuzzer", () => {
  test(
    "finds no fault in the services with 1,000 requests",
    () =>
      inTurn(async () => {
        const fleet = await startFleet();
        const urls = Object.values(fleet.services).map(({ url }) => url);
        const targets = await Promise.all(urls.map((url) => targetAt(url)));
        const { finding, requests, statuses } = await fuzz(targets, { requests: 1_000, seed });
        await fleet.stop();
        expect(finding).toBeUndefined();
        expect(requests).toBeGreaterThanOrEqual(1_000);
        // The requests get deep enough to provoke all of these.
        const told = Object.keys(statuses).map(Number);
        const conflict = (await hasConflicts()) ? [409] : [];
        const expected = [200, 201, 204, 304, 400, 404, 405, ...conflict, 412, 413, 415, 422];
        expect(told).toEqual(expected);
      }),
    120_000,
  );

  test.each(POSSIBLE)(
    "finds a service that $fault",
    ({ finding, ...mutation }) =>
      inTurn(async () => {
        using folder = temporaryFolder();
        await mutate(folder.path, mutation);
        const script = join(folder.path, "tests", "fuzz", "mutant.ts");
        const words = [process.execPath, script, String(seed), String(REQUESTS_MAX)];
        const { exitCode, stdout, stderr } = await command(words);
        expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
        const { finding: found } = JSON.parse(stdout) as FuzzReport;
        expect(found?.message).toMatch(finding);
        expect(found?.transcript).toContain("curl");
      }),
    240_000,
  );
});

test("A fuzzed service cannot control the terminal", async () => {
  const ESCAPES = "\x1b]0;owned\x07\x1b[2J";
  const document = await committedDocument(FIRST);
  document.tags = [{ name: ESCAPES, description: "" }];
  const hostile = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch({ url }) {
      if (url.endsWith("/swagger/json")) return Response.json(document);
      if (url.endsWith("/metrics")) return new Response("process_resident_memory_bytes 1\n");
      return new Response(ESCAPES, { headers: { "content-type": "text/html" } });
    },
  });
  const words = [process.execPath, join(ROOT, "tests", "fuzz", "main.ts"), hostile.url.origin];
  const { exitCode, stdout, stderr } = await command([...words, "--requests", "20"]);
  await hostile.stop(true);
  expect(exitCode).toBe(1);
  expect(stdout).toContain("\\x1b]0;owned\\x07");
  // Only the progress, on standard error, controls it, and only where it is one.
  expect(stdout + stderr).not.toMatch(/(?!\n)\p{Cc}/u);
}, 60_000);

/** Whether a service has a failure of its own with 409: that of a key needs two requests at once. */
async function hasConflicts(): Promise<boolean> {
  const files = NAMES.map((name) => Bun.file(join(ROOT, name, "failures.ts")).text());
  return (await Promise.all(files)).some((text) => /\bstatus: 409\b/.test(text));
}
