/** The phases in order: what breaks, and how it is repaired. */
import { type Fault, NO_FAULT } from "../tests/support/fault-proxy.ts";
import { IN_FLIGHT_MAX, type Stage } from "./stage.ts";

export interface Phase {
  name: string;
  /** What happens, as a label in the picture. */
  what: string;
  needsPostgres?: boolean;
  breaks?(stage: Stage): Promise<void> | void;
  /** Additional requests per second, until it is repaired. Default: none */
  flood?: number;
  /** Repairs it in the middle of the phase. Default: `breaks` repairs it too */
  mends?(stage: Stage): Promise<void> | void;
}

/** Delay of a slow `users`, still within the time limit of an attempt. */
const SLOW_MS = 400;
const SLOW: Fault = { kind: "delay", delayMs: SLOW_MS };

export const PHASES: readonly Phase[] = [
  { name: "all well", what: "no fault" },
  {
    name: "users killed",
    what: "SIGKILL",
    breaks: (stage) => stage.kill("users"),
    mends: (stage) => stage.start("users"),
  },
  {
    name: "users slow",
    what: `${SLOW_MS} ms delay`,
    breaks: ({ network }) => network.set(SLOW),
    mends: ({ network }) => network.set(NO_FAULT),
  },
  {
    name: "users hung",
    what: "SIGSTOP",
    breaks: (stage) => stage.signal("users", "SIGSTOP"),
    mends: (stage) => stage.signal("users", "SIGCONT"),
  },
  { name: "rolling restart", what: "both, in turn", breaks: replaceBoth },
  {
    name: "overload",
    what: "5x the capacity",
    breaks: ({ network }) => network.set(SLOW),
    // The capacity is IN_FLIGHT_MAX requests per SLOW_MS.
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
