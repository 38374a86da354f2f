/** The day: what is broken, and how it is mended, in this order. */
import { type Fault, NO_FAULT } from "../tests/support/fault-proxy.ts";
import { IN_FLIGHT_MAX, type Stage } from "./stage.ts";

export interface Phase {
  name: string;
  /** What happens, in a few words for the picture. */
  what: string;
  needsPostgres?: boolean;
  breaks?(stage: Stage): Promise<void> | void;
  /** More requests a second, until it is mended. Default: none */
  flood?: number;
  /** In the middle of the phase. Default: what breaks it mends it too */
  mends?(stage: Stage): Promise<void> | void;
}

/** How late a slow `users` is: still within what an attempt may take. */
const SLOW_MS = 400;
const SLOW: Fault = { kind: "delay", delayMs: SLOW_MS };

export const PHASES: readonly Phase[] = [
  { name: "all well", what: "nothing happens" },
  {
    name: "users killed",
    what: "SIGKILL",
    breaks: (stage) => stage.kill("users"),
    mends: (stage) => stage.start("users"),
  },
  {
    name: "users slow",
    what: `${SLOW_MS} ms late`,
    breaks: ({ network }) => network.set(SLOW),
    mends: ({ network }) => network.set(NO_FAULT),
  },
  {
    name: "users hung",
    what: "SIGSTOP",
    breaks: (stage) => stage.signal("users", "SIGSTOP"),
    mends: (stage) => stage.signal("users", "SIGCONT"),
  },
  { name: "rolling restart", what: "of both, in turn", breaks: replaceBoth },
  {
    name: "overload",
    what: "five times what fits",
    breaks: ({ network }) => network.set(SLOW),
    // What fits is done when each place is taken for so long.
    flood: (5 * IN_FLIGHT_MAX * 1000) / SLOW_MS,
    mends: ({ network }) => network.set(NO_FAULT),
  },
  { name: "orders killed", what: "SIGKILL, twice", breaks: killOrders, mends: killOrders },
  {
    name: "Postgres restarted",
    what: "both databases",
    needsPostgres: true,
    breaks: ({ postgres }) => postgres?.stop(),
    mends: ({ postgres }) => postgres?.start(),
  },
];

async function replaceBoth(stage: Stage): Promise<void> {
  await stage.replace("users");
  await stage.replace("orders");
}

async function killOrders(stage: Stage): Promise<void> {
  await stage.kill("orders");
  await stage.start("orders");
}
