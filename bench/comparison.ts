/**
 * Compares servers under load in alternating rounds, by the minimum processor time per request: it
 * is stable, while throughput depends on other load on the machine.
 */
import { count, percent } from "./report.ts";
import { alternate, mean, median, minimum, spread, type SuiteOptions } from "./rounds.ts";
import { type Load, load, type Sample } from "./wrk.ts";

/**
 * How many processes of each server a comparison with a target has. Memory layout and compiled code
 * differ between processes of one program, and with them the time of a request, by up to 5 %.
 */
export const COPIES = 3;

/**
 * Requests before the first measured one. On a busy machine a second has a few thousand: then the
 * time of the compiler would count, which is longer for a program that does more.
 */
const WARM_UP_REQUESTS = 30_000;
const WARM_UP_LOADS_MAX = 15;

export interface Server extends Omit<Load, "seconds"> {
  /** Servers with the same name are copies: the rounds measure them in turn. */
  name: string;
}

export interface Measured {
  name: string;
  /** Processor time per request: the minimum of the rounds, averaged over the copies. */
  cpuMicros: number;
  samples: readonly Sample[];
}

export async function compare(
  servers: readonly Server[],
  { seconds, rounds, say }: Pick<SuiteOptions, "seconds" | "rounds" | "say">,
): Promise<Measured[]> {
  const copiesOf = [...Map.groupBy(servers, ({ name }) => name)];
  for (const server of servers) {
    say(`warming up: ${server.name}`);
    await warmUp(server, seconds);
  }
  const contenders = copiesOf.map(([name, copies]) => ({
    name,
    measure: inTurn(copies, seconds),
  }));
  const samples = await alternate(contenders, { rounds, say });
  return contenders.map(({ name }, index) => {
    const own = samples[index] ?? [];
    const minima = Array.from(Map.groupBy(own, ({ copy }) => copy).values(), (ofCopy) =>
      minimum(ofCopy.map(({ cpuMicros }) => cpuMicros)),
    );
    return { name, cpuMicros: mean(minima), samples: own };
  });
}

/** Sends load until the process has compiled what it executes, or it takes too long. */
async function warmUp(target: Server, seconds: number): Promise<void> {
  let requests = 0;
  for (let loads = 0; requests < WARM_UP_REQUESTS && loads < WARM_UP_LOADS_MAX; loads += 1) {
    requests += (await load({ ...target, seconds })).requests;
  }
}

interface SampleOfCopy extends Sample {
  copy: number;
}

/** Returns a function that measures the copies one after another. */
function inTurn(copies: readonly Server[], seconds: number): () => Promise<SampleOfCopy> {
  let next = 0;
  return async () => {
    const copy = next;
    next = (next + 1) % copies.length;
    const sample = await load({ ...(copies[copy] as Server), seconds });
    return { ...sample, copy };
  };
}

export const COLUMNS = ["CPU µs", "median", "requests/s", "spread", "p50 ms", "p99 ms"];

/** The row of a server: its name, ratios, and the {@link COLUMNS}. */
export function row({ name, cpuMicros, samples }: Measured, ...ratios: number[]): string[] {
  const all = (pick: (sample: Sample) => number) => samples.map(pick);
  const speeds = all(({ requestsPerSecond }) => requestsPerSecond);
  return [
    name,
    ...ratios.map((ratio) => ratio.toFixed(2)),
    cpuMicros.toFixed(1),
    median(all((sample) => sample.cpuMicros)).toFixed(1),
    count(median(speeds)),
    percent(spread(speeds)),
    median(all(({ medianMs }) => medianMs)).toFixed(2),
    median(all(({ p99Ms }) => p99Ms)).toFixed(2),
  ];
}

export const HOW = [
  "CPU: user and system time per request of all server processes: the minimum of the rounds (the mean of",
  "several processes of each server, where there are several) and the median.",
  "Pairs: the ratio of the two in the same round, the median of the rounds.",
  "Throughput and latency are medians, for information.",
];

/** Returns the item with this name. */
export function named<One extends { name: string }>(all: readonly One[], name: string): One {
  const found = all.find((one) => one.name === name);
  if (!found) throw new Error(`"${name}" is missing`);
  return found;
}

/** The speed of one relative to another: 0.8 means a quarter more processor time. */
export function speedOf(one: Measured, other: Measured): number {
  return other.cpuMicros / one.cpuMicros;
}

/**
 * The same by the median of the rounds, each compared with itself. The minimum hides the garbage
 * collector, which does not run in every round.
 */
export function pairedSpeedOf(one: Measured, other: Measured): number {
  return median(
    one.samples.map(({ cpuMicros }, round) => {
      return (other.samples[round]?.cpuMicros ?? Number.NaN) / cpuMicros;
    }),
  );
}
