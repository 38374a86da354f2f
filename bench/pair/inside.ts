/** Measures all variants in one process, alternating and without sockets. */
import { existsSync } from "node:fs";
import { join } from "node:path";

import { compile } from "../compile.ts";
import { listenForNoise } from "../noise.ts";
import { CORE, output, pinned } from "../processes.ts";
import { count, type Report } from "../report.ts";
import type { SuiteOptions } from "../rounds.ts";
import { seededFile } from "../services.ts";
import type { Outcome } from "./inside/batches.ts";
import type { Files } from "./inside/comparisons.ts";
import type { Measurement } from "./inside/main.ts";
import { fill, LARGE, SMALL } from "./pages-of-orders.ts";

/** All variants of a comparison are compared with its first one. */
export async function measureInside({ folder, builds, say }: SuiteOptions): Promise<Report> {
  const [build] = builds;
  const written = (name: string) => join(folder, `inside-${name}.db`);
  const pages: Files["pages"] = {};
  for (const size of [SMALL, LARGE]) {
    const file = join(folder, `inside-${size}.db`);
    say(`writing ${count(size)} orders into SQLite`);
    if (!existsSync(file)) await fill(`sqlite://${file}`, size);
    pages[count(size)] = file;
  }
  const files: Files = {
    users: await seededFile(build, "users", folder),
    orders: await seededFile(build, "orders", folder),
    write: { durable: written("durable"), off: written("off"), single: written("single") },
    pages,
  };
  for (const file of Object.values(files.write)) await fill(`sqlite://${file}`, 0);

  const program = await compile("pair/inside/main.ts", join(folder, "inside"));
  say("measuring inside one process");
  await listenForNoise();
  const text = await output(pinned(CORE.server, [program, JSON.stringify(files)]));
  const measured = JSON.parse(text) as Measurement[];
  return {
    title: "Inside of one process",
    notes: [
      "The compiled apps without sockets, in alternating batches of requests: microseconds per request in",
      "the fastest batch, and the ratio to the first variant.",
    ],
    columns: ["", "µs", "of the first"],
    rows: measured.flatMap(({ title, outcomes }) =>
      [[title]].concat(outcomes.map((one) => row(one, outcomes))),
    ),
    targets: [],
  };
}

/** The row of a variant: the minimum time per request, and its ratio to the first variant. */
function row({ name, micros }: Outcome, [first]: readonly Outcome[]): string[] {
  return [`  ${name}`, micros.toFixed(2), (micros / (first?.micros ?? Number.NaN)).toFixed(2)];
}
