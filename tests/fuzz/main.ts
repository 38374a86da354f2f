/** `bun run fuzz`: runs the fuzzer for longer, on services that it starts or on running ones. */
import { parseArgs } from "node:util";

import { standardOutput } from "../../platform/process/output.ts";
import { endOnSignals } from "../support/at-end.ts";
import { startFleet } from "../support/fleet.ts";
import { printable } from "../support/printable.ts";
import { fuzz } from "./fuzz.ts";
import { memoryOf, targetAt } from "./targets.ts";

const HELP = `Sends requests generated from the OpenAPI documents of services, and checks every response.

Usage: bun run fuzz [options] [URL...]

Without a URL it starts the services itself, on temporary databases. With URLs it leaves
what it creates behind in the databases of those services.

  --requests N     number of requests [100000]
  --seed N         first seed; a finding prints its own [random]
  --header H       header of every request, such as 'Authorization: Bearer ...'; may be repeated
  --help           print this text

Exit code: 0 if nothing was found, 1 for a finding or growing memory, 2 for wrong usage.
`;

/**
 * How much more memory a service may use at the end than after the first fifth of the requests. A
 * heap with garbage collection varies by as much; a leak of one kilobyte per request exceeds it.
 */
const MEMORY_GROWTH_MAX_BYTES = 96 * 2 ** 20;
const WARM_UP = 0.2;

try {
  await main();
} catch (error) {
  console.error(`fuzz: ${printable((error as Error).message)}`);
  process.exit(2);
}
process.exit();

async function main() {
  endOnSignals();
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      requests: { type: "string", default: "100000" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      header: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return console.log(HELP.trimEnd());
  const requests = numberOf(values.requests, "--requests");
  const seed = numberOf(values.seed, "--seed");
  const headers = new Headers(values.header.map(headerOf));

  const fleet = positionals.length === 0 ? await startFleet() : undefined;
  const urls = fleet ? Object.values(fleet.services).map(({ url }) => url) : positionals;
  const targets = await Promise.all(urls.map((url) => targetAt(url, headers)));
  console.log(`fuzz: ${requests} requests, --seed ${seed}, ${urls.join(" ")}`);

  const memory = urls.map((): number[] => []);
  const startedAt = performance.now();
  const report = await fuzz(targets, {
    requests,
    seed,
    async progress({ requests: sent }) {
      standardOutput.progress(`fuzz: ${sent} of ${requests} requests`);
      if (sent < requests * WARM_UP) return;
      const all = await Promise.all(urls.map(memoryOf));
      for (const [index, bytes] of all.entries()) if (bytes) memory[index]?.push(bytes);
    },
  });
  standardOutput.progress("");
  await fleet?.stop();

  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`fuzz: ${report.requests} requests in ${seconds} s`);
  for (const [status, count] of Object.entries(report.statuses)) {
    console.log(`  ${status}  ${count}`);
  }
  for (const [index, samples] of memory.entries())
    tellMemory(printable(targets[index]?.name ?? ""), samples);
  if (!report.finding) return;
  const { message, transcript, seed: found } = report.finding;
  const told = printable(`${message}\n\n${transcript}`);
  console.log(`\nfuzz: ${told}\n\nRepeat with: bun run fuzz --seed ${found}`);
  process.exitCode = 1;
}

function tellMemory(name: string, samples: readonly number[]): void {
  const [first = 0] = samples;
  const last = samples.at(-1) ?? 0;
  console.log(`  ${name}: ${inMiB(first)} after a fifth, ${inMiB(last)} at the end`);
  if (last - first <= MEMORY_GROWTH_MAX_BYTES) return;
  console.log(`fuzz: the memory of ${name} grows`);
  process.exitCode = 1;
}

function inMiB(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

function numberOf(text: string, option: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`${option}: expected a whole number, not "${text}"`);
}

function headerOf(line: string): [string, string] {
  const [, name = "", value = ""] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
  if (name) return [name, value];
  throw new Error(`--header: expected "Name: value", not "${line}"`);
}
