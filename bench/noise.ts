/** Load of other programs on the machine: it shows how reliable the figures are. */
import { readFileSync } from "node:fs";

import { percent } from "./report.ts";

/** Long enough for some ticks of 10 ms, short enough to repeat before every round. */
const LISTEN_MS = 200;

/** Shares of the time of all cores. */
interface Noise {
  /** Time of other programs. */
  others: number;
  /** Time that the host gave to other guests. */
  stolen: number;
}

const heard: Noise[] = [];

/** Samples the load while all processes of the benchmark are idle. */
export async function listenForNoise(): Promise<void> {
  const before = ticks();
  await Bun.sleep(LISTEN_MS);
  const passed = ticks().map((after, index) => after - (before[index] ?? 0));
  const all = passed.reduce((sum, one) => sum + one, 0);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = passed;
  heard.push({ others: (user + nice + system + irq + softirq) / all, stolen: steal / all });
}

/**
 * The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal (proc(5)).
 */
function ticks(): number[] {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n", 1);
  return line.split(/\s+/).slice(1, 9).map(Number);
}

/** One line about all samples so far. */
export function noise(): string {
  const others = heard.map((one) => one.others);
  const stolen = heard.map((one) => one.stolen);
  return (
    `Between rounds, other programs used ${percent(mean(others))} of the cores, ` +
    `at most ${percent(Math.max(0, ...others))}; other guests of the host ${percent(mean(stolen))}.`
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / Math.max(1, values.length);
}
