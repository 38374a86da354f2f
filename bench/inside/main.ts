/** The program of `../inside.ts`: takes the files as JSON, prints what it measured as JSON. */
import { measure, type Outcome } from "./batches.ts";
import { comparisons, type Files } from "./comparisons.ts";

export interface Measurement {
  title: string;
  outcomes: Outcome[];
}

void main();

// A function, since an executable of bytecode has no await at its top.
async function main(): Promise<void> {
  const measured: Measurement[] = [];
  for (const comparison of await comparisons(JSON.parse(process.argv[2] ?? "") as Files)) {
    measured.push({ title: comparison.title, outcomes: await measure(comparison) });
  }
  console.log(JSON.stringify(measured));
}
