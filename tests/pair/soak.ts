/**
 * Sends many requests to `orders` while its connections to `users` fail in every way, and checks
 * for leaks of memory, file descriptors, connections and calls. `bun run soak` runs it for longer.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { randomFrom } from "../../platform/database/seed.ts";
import { standardOutput } from "../../platform/process/output.ts";
import { json } from "../support/ask.ts";
import { endOnSignals } from "../support/at-end.ts";
import {
  type Fault,
  type FaultProxy,
  gatewayAnswer,
  NO_FAULT,
  startFaultProxy,
} from "../support/fault-proxy.ts";
import { temporaryFolder } from "../support/folders.ts";
import { type Running, startService } from "../support/processes.ts";
import { drawSeed } from "../support/seed.ts";
import { serveUsers } from "./support/serve-users.ts";

const CLIENTS = 32;
/** After this many requests, the next fault starts, or none. */
const FAULT_REQUESTS = 500;
/** Only two of these users exist. */
const USER_IDS = ["1", "2", "3", "4"];
/** Some clients close their connection this soon. */
const PATIENCE_MAX_MS = 10;

/** Short, so that time-outs, probes and stale responses happen often. */
const CALL_TIMEOUT_MS = 200;
const SETTINGS = {
  USERS_TIMEOUT_MS: String(CALL_TIMEOUT_MS),
  USERS_ATTEMPT_TIMEOUT_MS: "50",
  USERS_CACHE_TTL_MS: "5",
  USERS_STALE_MS: "300",
};

const FAULTS: readonly (Fault | "refuse")[] = [
  "refuse",
  { kind: "reset" },
  { kind: "hang" },
  { kind: "half" },
  { kind: "delay", delayMs: 20 },
  { kind: "delay", delayMs: 100 },
  { kind: "trickle", delayMs: 1 },
  gatewayAnswer(500),
  gatewayAnswer(503),
  gatewayAnswer(503, { "retry-after": "5" }),
  gatewayAnswer(200),
];

/** The allowed outcomes of a request, whatever happens to `users`. */
const EXPECTED = new Set(["200", "201", "404", "422", "502", "503", "504", "left"]);

export interface SoakOptions {
  requests: number;
  /** The same seed gives the same random numbers; the timing still varies. */
  seed: number;
  progress?: (line: string) => void;
  /** Called where nothing is sent for a while, with the reason. */
  tell?: (line: string) => void;
}

/** Resources that `orders` holds when it is idle. */
export interface Holdings {
  memoryBytes: number;
  /** Open files and connections; 0 on systems without /proc. */
  descriptors: number;
  /** Connections of the proxy, on both sides. */
  connections: number;
  /** Calls in flight or waiting. */
  calls: number;
}

export interface SoakReport {
  /** Number of responses by status; `left` counts clients that closed their connection. */
  outcomes: Record<string, number>;
  unexpected: string[];
  longestMs: number;
  /** After a tenth of the requests, and after all. */
  early: Holdings;
  late: Holdings;
}

export async function soak({
  requests,
  seed,
  progress = () => {},
  tell = () => {},
}: SoakOptions): Promise<SoakReport> {
  using folder = temporaryFolder();
  const random = randomFrom(seed);
  const users = await serveUsers();
  const proxy = await startFaultProxy(users.url);
  const orders = await startService("orders", {
    DATABASE_URL: `sqlite://${join(folder.path, "orders.db")}`,
    USERS_URL: proxy.url,
    ...SETTINGS,
  });
  const faults = createFaults(proxy, random);
  const outcomes: Record<string, number> = {};
  let longestMs = 0;
  let sent = 0;

  async function client(until: number): Promise<void> {
    while (sent < until) {
      sent += 1;
      if (sent % FAULT_REQUESTS === 0) await faults.next();
      const startedAt = performance.now();
      const outcome = await ask(orders, random, `${seed}-${sent}`);
      longestMs = Math.max(longestMs, performance.now() - startedAt);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      if (sent % 100 === 0) progress(`${sent} of ${requests} requests`);
    }
  }

  /** Sends requests up to this number. Returns what `orders` holds when all have finished. */
  async function sendUpTo(count: number): Promise<Holdings> {
    await Promise.all(Array.from({ length: CLIENTS }, () => client(count)));
    await faults.end();
    tell(
      `${count} of ${requests} requests: waiting until orders is idle, to measure what it holds`,
    );
    return holdingsOf(orders, proxy);
  }

  const early = await sendUpTo(requests / 10);
  const late = await sendUpTo(requests);
  await orders.stop();
  await proxy.stop();
  await users.stop();
  const unexpected = Object.keys(outcomes).filter((outcome) => !EXPECTED.has(outcome));
  return { outcomes, unexpected, longestMs, early, late };
}

/** Alternates faults with none, one at a time. */
function createFaults(proxy: FaultProxy, random: () => number) {
  let isRefusing = false;
  let isChanging = false;

  async function change(fault: Fault | "refuse"): Promise<void> {
    isChanging = true;
    if (isRefusing) await proxy.accept();
    isRefusing = fault === "refuse";
    if (fault === "refuse") await proxy.refuse();
    else proxy.set(fault);
    isChanging = false;
  }

  return {
    async next(): Promise<void> {
      if (isChanging) return;
      const fault = FAULTS[Math.floor(random() * FAULTS.length)];
      await change(random() < 0.5 || !fault ? NO_FAULT : fault);
    },
    end: () => change(NO_FAULT),
  };
}

/** Sends a random request and returns its status. */
async function ask({ url }: Running, random: () => number, key: string): Promise<string> {
  const id = USER_IDS[Math.floor(random() * USER_IDS.length)];
  const kind = random();
  const signal = kind < 0.05 ? AbortSignal.timeout(random() * PATIENCE_MAX_MS) : null;
  try {
    const response =
      kind < 0.1
        ? await fetch(`${url}/orders`, {
            ...json("POST", { user_id: id, amount: 1 }, { "idempotency-key": key }),
            signal,
          })
        : await fetch(`${url}/orders?user_id=${id}&limit=1`, { signal });
    await response.text();
    return String(response.status);
  } catch (error) {
    return signal?.aborted ? "left" : String(error);
  }
}

async function holdingsOf(orders: Running, proxy: FaultProxy): Promise<Holdings> {
  const metrics = async () => (await fetch(`${orders.url}/metrics`)).text();
  const callsIn = (text: string) =>
    valueOf(text, 'call_in_flight{callee="users"}') + valueOf(text, 'call_waiting{callee="users"}');
  // The service notices a moment later that a client has closed its connection.
  let text = await metrics();
  while (callsIn(text) > 0) text = await metrics();
  const folder = `/proc/${orders.process.pid}/fd`;
  return {
    memoryBytes: valueOf(text, "process_resident_memory_bytes"),
    descriptors: existsSync(folder) ? readdirSync(folder).length : 0,
    connections: proxy.connections(),
    calls: callsIn(text),
  };
}

/** The value of a series. */
function valueOf(text: string, name: string): number {
  return Number(new RegExp(`^${RegExp.escape(name)} (\\S+)$`, "m").exec(text)?.[1]);
}

/** A larger ratio after ten times the requests is a leak. */
const MEMORY_RATIO_MAX = 1.1;
/** The bulkhead's calls may keep their connections open, on both sides of the proxy. */
const CONNECTIONS_MAX = 2 * (64 + 1);
/** A loaded machine may be this late. */
const SLACK_MS = 1_000;

/** Describes every violated limit. */
export function complaintsOf({ unexpected, longestMs, early, late }: SoakReport): string[] {
  const complaints = unexpected.map((outcome) => `unexpected outcome: ${outcome}`);
  const ratio = late.memoryBytes / early.memoryBytes;
  if (ratio > MEMORY_RATIO_MAX) complaints.push(`the memory grew ${ratio.toFixed(2)} times`);
  const more = late.descriptors - early.descriptors;
  if (more > CONNECTIONS_MAX) complaints.push(`${more} more descriptors are open`);
  if (late.connections > CONNECTIONS_MAX)
    complaints.push(`${late.connections} connections are open`);
  if (longestMs > CALL_TIMEOUT_MS + SLACK_MS) {
    complaints.push(`a request took ${Math.round(longestMs)} ms`);
  }
  return complaints;
}

const HELP = `Sends requests to orders while its connections to users fail in every way, and checks for leaks.

Usage: bun run soak [--requests N]

  --requests N                  number of requests [1000000]
  TEST_SEED in the environment  seed of the random numbers [random]

A million requests take about ten minutes. Exit code 1 if memory, file descriptors or connections
grow, or if a request has an unexpected outcome or takes too long.`;

function parseOptions(): { requests: number } {
  try {
    const { values } = parseArgs({
      options: {
        requests: { type: "string", default: "1000000" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) {
      console.log(HELP);
      process.exit();
    }
    const requests = Number(values.requests);
    if (Number.isInteger(requests) && requests >= 1_000) return { requests };
    console.error("soak: --requests: expected a whole number from 1000. See bun run soak --help");
  } catch (error) {
    const [sentence] = (error as Error).message.split(". ");
    console.error(`soak: ${sentence}. See bun run soak --help`);
  }
  return process.exit(2);
}

if (import.meta.main) {
  const { requests } = parseOptions();
  endOnSignals();
  const seed = drawSeed();
  const startedAt = performance.now();
  const report = await soak({
    requests,
    seed,
    progress: standardOutput.progress,
    tell: standardOutput.say,
  });
  standardOutput.progress("");
  const seconds = (performance.now() - startedAt) / 1000;
  console.log({ requests, seconds: Math.round(seconds), ...report });
  const complaints = complaintsOf(report);
  for (const complaint of complaints) console.error(`soak: ${complaint}`);
  process.exit(complaints.length === 0 ? 0 : 1);
}
