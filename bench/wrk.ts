/** Load by wrk (https://github.com/wg/wrk): one thread on its own core. */
import { CORE, output, pinned } from "./processes.ts";
import { cpuMicros } from "./usage.ts";

export interface Load {
  url: string;
  connections: number;
  seconds: number;
  /** The Lua script that generates the requests. Default: always `GET url` */
  script?: string;
  /** The current server processes, whose processor time is measured. */
  pids(): Promise<readonly number[]> | readonly number[];
}

export interface Sample {
  requests: number;
  requestsPerSecond: number;
  medianMs: number;
  p99Ms: number;
  /** Processor time per request of all server processes. */
  cpuMicros: number;
}

/**
 * Sends load to a server.
 *
 * @throws Error if any request failed, because the figures would be wrong
 */
export async function load({ url, connections, seconds, script, pids }: Load): Promise<Sample> {
  const measured = await pids();
  const before = cpuMicros(measured);
  const flags = ["--threads", "1", "--connections", String(connections), "--latency"];
  const how = script === undefined ? [] : ["--script", script];
  const command = ["wrk", ...flags, "--duration", `${seconds}s`, ...how, url];
  const text = await output(pinned(CORE.load, command));
  const used = cpuMicros(measured) - before;
  if (/Non-2xx|Socket errors/.test(text)) throw new Error(`Failed requests to ${url}:\n${text}`);
  const requests = Number(/(\d+) requests in/.exec(text)?.[1]);
  return {
    requests,
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]),
    medianMs: latencyMs(text, "50%"),
    p99Ms: latencyMs(text, "99%"),
    cpuMicros: used / requests,
  };
}

const UNIT_MS: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

function latencyMs(text: string, percentile: string): number {
  const [, number, unit = ""] =
    new RegExp(`${percentile}\\s+([\\d.]+)(us|ms|s|m)\\b`).exec(text) ?? [];
  return Number(number) * (UNIT_MS[unit] ?? Number.NaN);
}
