/** Runs the phases in order under load, and records the results. */
import { countOrders, startLoad } from "./load.ts";
import { type Phase, PHASES } from "./phases.ts";
import type { Stage } from "./stage.ts";
import { type PhaseSummary, summarize } from "./summary.ts";

const PROGRESS_MS = 250;

export interface PlayOptions {
  /** Length of each phase; the repair is in the middle. */
  seconds: number;
  /** The same seed gives the same requests; the timing still varies. */
  seed: number;
  /** Called with the state of a phase and the share that is over, up to 1. Default: does nothing */
  progress?: (summary: PhaseSummary, share: number) => void;
}

/** Start, repair and end of a phase, in milliseconds since the load started. */
export interface Played {
  phase: Phase;
  from: number;
  mended: number;
  to: number;
}

export type Report = Awaited<ReturnType<typeof play>>;

export async function play(stage: Stage, { seconds, seed, progress = () => {} }: PlayOptions) {
  const load = startLoad(stage.urls, seed);
  const played: Played[] = [];
  for (const phase of PHASES) {
    if (phase.needsPostgres && !stage.postgres) continue;
    const from = load.now();
    const to = from + seconds * 1000;
    const middle = (from + to) / 2;
    const now: Played = { phase, from, mended: phase.breaks ? to : from, to };
    const tell = (share: number) => progress(summarize(now, load.samples), share);
    const tellMore = () => tell(Math.min((load.now() - from) / (to - from), 0.99));
    const telling = setInterval(tellMore, PROGRESS_MS);
    await phase.breaks?.(stage);
    if (phase.flood) await load.flood(phase.flood, middle);
    if (phase.mends) await Bun.sleep(middle - load.now());
    if (phase.breaks) now.mended = load.now();
    await phase.mends?.(stage);
    await Bun.sleep(to - load.now());
    now.to = load.now();
    clearInterval(telling);
    tell(1);
    played.push(now);
  }
  await load.end();
  await stage.endLife("orders");
  const orders = await countOrders(stage.urls, load);
  return { played, samples: load.samples, orders, lives: stage.lives };
}
