/** Summarizes the samples, in figures and as a text table. */
import type { Sample } from "./load.ts";
import type { Played, Report } from "./play.ts";
import type { Life } from "./stage.ts";

/** A failure this shortly before the end of a phase means that it did not recover. */
const SETTLED_MS = 500;

export type PhaseSummary = ReturnType<typeof summarize>;

/** The outcomes of the requests that were scheduled during the phase. */
export function summarize({ phase, from, mended, to }: Played, all: readonly Sample[]) {
  const samples = all.filter(({ at }) => at >= from && at < to);
  const failed = samples.filter(({ failure }) => failure);
  // A failure after the end may come from the next phase.
  const ends = failed.map(({ at, ms }) => at + ms).filter((end) => end < to);
  const recoveredAt = phase.breaks ? Math.max(mended, ...ends) : mended;
  return {
    name: phase.name,
    requests: samples.length,
    good: samples.length - failed.length,
    /** Successful requests that show a stale user. */
    stale: samples.filter(({ isStale }) => isStale).length,
    failures: Map.groupBy(failed, ({ failure = "" }) => failure),
    /** Of all requests, including failed ones. */
    p50Ms: quantile(samples, 0.5),
    p99Ms: quantile(samples, 0.99),
    /** From the start of the repair to the end of the last failure; undefined if not recovered. */
    recoveryMs: mended < to && recoveredAt > to - SETTLED_MS ? undefined : recoveredAt - mended,
  };
}

/** The latency that this share of the samples did not exceed. */
export function quantile(samples: readonly Sample[], share: number): number {
  const sorted = samples.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
}

/** Whether the retries stayed within their budget: for N calls in T seconds, N/10 + 10 + 3T. */
export function isInBudget({ calls, retries, seconds }: Life): boolean {
  return retries <= calls / 10 + 10 + 3 * seconds;
}

export const HEADER = row(["", "requests", "good", "stale", "failed", "p50", "p99", "recovered"]);

/** The line of a phase in the table. */
export function lineOf(summary: PhaseSummary): string {
  const { name, requests, good, stale, p50Ms, p99Ms, recoveryMs } = summary;
  const counts = [requests, good, stale, requests - good].map(String);
  return row([name, ...counts, inMs(p50Ms), inMs(p99Ms), inMs(recoveryMs)]);
}

function inMs(ms: number | undefined): string {
  return ms === undefined ? "not yet" : `${Math.round(ms)} ms`;
}

function row([name = "", ...figures]: readonly string[]): string {
  return name.padEnd(20) + figures.map((figure) => figure.padStart(10)).join("");
}

/** The table, the failures by kind, and the orders. */
export function printed({ played, samples, orders, lives }: Report): string {
  const summaries = played.map((one) => summarize(one, samples));
  const kinds = summaries.flatMap(({ name, failures }) =>
    Array.from(failures, ([kind, { length }]) => row([name, String(length)]) + `  ${kind}`),
  );
  const total = (name: "calls" | "attempts") => lives.reduce((sum, life) => sum + life[name], 0);
  const { acknowledged, found, lost, doubled } = orders;
  return `${HEADER}
${summaries.map(lineOf).join("\n")}

Failures by kind
${kinds.join("\n")}

Orders: ${acknowledged} confirmed, ${found} found, ${lost} lost, ${doubled} duplicated
Calls to users: ${total("calls")}, in ${total("attempts")} attempts, ${lives.every(isInBudget) ? "within" : "OVER"} the retry budget
`;
}
