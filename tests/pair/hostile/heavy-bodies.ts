/** Sends bodies of the largest size that are as expensive as possible to parse and reject. */
import { readdirSync, readFileSync } from "node:fs";

import { BODY_BYTES_DEFAULT as BYTES_MAX } from "../../../platform/process/variables.ts";
import { problemIn } from "../../support/ask.ts";
import { executable } from "../../support/executables.ts";
import { type Running, startService } from "../../support/processes.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";

export const name = "heavy-bodies";
export const description =
  "A body of 64 KB costs at most 3 ms of processor time, whatever it contains";

const COST_MS_MAX = 3;

/** The cost is the minimum of this many rounds per scale, each of a few requests. */
const ROUNDS = 4;
const REQUESTS = 4;
/** The minimum of fewer rounds is meaningless, because the code is not compiled yet. */
const ROUNDS_MIN = 40;

const times = (piece: string, length = BYTES_MAX - 100) =>
  piece.repeat(Math.floor(length / piece.length));
const numbered = Array.from({ length: 5_000 }, (_, number) => `"n${number}":`);

const BODIES = new Map([
  ["a list of numbers", `[${times("0,")}0]`],
  ["a list of lists", `[${times("[],")}0]`],
  ["a field of objects", `{"email":"a","name":[${times("{},")}{}]}`],
  ["ten levels, repeated", `[${times("[[[[[[[[[[]]]]]]]]]],")}0]`],
  ["five thousand names", `{${numbered.map((name) => `${name}0`).join(",")}}`],
  ["five thousand names with lists", `{${numbered.map((name) => `${name}[]`).join(",")}}`],
  ["one name, repeated", `{${times('"a":{},')}"a":{}}`],
  ["a long text", `{"email":"a","name":"${times("x")}"}`],
  ["a long text of emoji", `{"email":"a","name":"${times("😀", 64_000 / 2)}"}`],
  ["a long text of escapes", `{"email":"a","name":"${times("\\u00e9")}"}`],
  ["a long number", `{"email":"a","name":${times("9")}}`],
  ["as many open levels as fit", times("[")],
  ["as many closed levels as fit", `${times("[", 32_000)}${times("]", 32_000)}`],
  ["white space", `${times(" ")}{}`],
]);

export async function run({ scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const { attempted, expect, outcome } = createOutcome();
  const users = await startService("users", { DATABASE_URL: "sqlite://:memory:" }, [
    await executable("users"),
  ]);
  const rounds = ROUNDS * scale;
  for (const [what, body] of BODIES) {
    let costMs = Infinity;
    for (let round = 0; round < rounds; round += 1) {
      const before = processorTimeMs(users);
      for (let request = 0; request < REQUESTS; request += 1) {
        const status = await refusalOf(users, body);
        attempted();
        expect(status === 400 || status === 422, "a body was not rejected", `${what}: ${status}`);
      }
      costMs = Math.min(costMs, (processorTimeMs(users) - before) / REQUESTS);
    }
    const cost = `${what} costs ${costMs.toFixed(2)} ms`;
    progress(cost);
    expect(rounds < ROUNDS_MIN || costMs <= COST_MS_MAX, "a body costs more than 3 ms", cost);
  }
  expect(
    (await users.stop()) === 0,
    "the service did not exit with code 0",
    users.log().slice(-1_000),
  );
  return outcome();
}

async function refusalOf({ url }: Running, body: string): Promise<number> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}/users`, { method: "POST", headers, body });
  return (await problemIn(response)).status;
}

/** Processor time of all threads; 0 on systems without /proc. */
function processorTimeMs({ process: { pid } }: Running): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const times = threads.map((id) => readFileSync(`/proc/${pid}/task/${id}/schedstat`, "utf8"));
    return times.reduce((sum, text) => sum + Number.parseInt(text, 10) / 1e6, 0);
  } catch {
    return 0;
  }
}
