/** What happens between the server and the row, without sockets: all variants in one process, in turn. */
import { existsSync } from "node:fs";
import { join } from "node:path";

import { compile } from "./compile.ts";
import type { Outcome } from "./inside/batches.ts";
import type { Files } from "./inside/comparisons.ts";
import type { Measurement } from "./inside/main.ts";
import { listenForNoise } from "./noise.ts";
import { fill, LARGE, SMALL } from "./pages-of-orders.ts";
import { CORE, output, pinned } from "./processes.ts";
import { count, type Report } from "./report.ts";
import type { SuiteOptions } from "./rounds.ts";
import { seededFile } from "./services.ts";

/** The first variant of every comparison is the one that the others are compared with. */
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

  const program = await compile("inside/main.ts", join(folder, "inside"));
  say("measuring inside of one process");
  await listenForNoise();
  const text = await output(pinned(CORE.server, [program, JSON.stringify(files)]));
  const measured = JSON.parse(text) as Measurement[];
  return {
    title: "Inside of one process",
    notes: [
      "The apps, compiled, without sockets; batches of requests in turn, the microseconds of a request in",
      "the quickest batch, and of the first of each.",
    ],
    columns: ["", "µs", "of the first"],
    rows: measured.flatMap(({ title, outcomes }) =>
      [[title]].concat(outcomes.map((one) => row(one, outcomes))),
    ),
    targets: [],
  };
}

/** A variant's row: the least time of a request, and how often it holds that of the first variant. */
function row({ name, micros }: Outcome, [first]: readonly Outcome[]): string[] {
  return [`  ${name}`, micros.toFixed(2), (micros / (first?.micros ?? Number.NaN)).toFixed(2)];
}
