/** The program of `../inside.ts`: gets the files as JSON and prints the results as JSON. */
import { measure, type Outcome } from "./batches.ts";
import { comparisons, type Files } from "./comparisons.ts";

export interface Measurement {
  title: string;
  outcomes: Outcome[];
}

void main();

// A function, because an executable with bytecode cannot have a top-level await.
async function main(): Promise<void> {
  const measured: Measurement[] = [];
  for (const comparison of await comparisons(JSON.parse(process.argv[2] ?? "") as Files)) {
    measured.push({ title: comparison.title, outcomes: await measure(comparison) });
  }
  console.log(JSON.stringify(measured));
}
