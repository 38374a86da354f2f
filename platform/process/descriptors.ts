/**
 * The file descriptors of the process: how many are open, and a line in the log when there is none
 * left. New connections then wait in the operating system's queue, and nothing else reports it:
 * accepting them does not fail visibly.
 */
import { type Ceiling, limitsIn } from "./connections.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/** How often to try to open one, which takes a few microseconds. */
const INTERVAL_MS = 2_000;

/** Watches until the returned function is called. */
export function watchDescriptors(log: Log): () => void {
  let isOut = false;
  const timer = setInterval(() => {
    const wasOut = isOut;
    isOut = !isOneLeft();
    if (isOut && !wasOut) log.warn("out of file descriptors");
    if (wasOut && !isOut) log.info("file descriptors available again");
  }, INTERVAL_MS);
  return () => clearInterval(timer);
}

/** Registers the open descriptors, almost all of which are connections, and their limits. */
export function measureDescriptors(metrics: Metrics, { connections }: Ceiling): void {
  metrics.gauge({
    name: "http_connections_max",
    help: "Maximum number of connections of clients",
    read: () => connections,
  });
  // Other systems have no such files.
  if (process.platform !== "linux") return;
  let max = Number.NaN;
  metrics.gauge({
    name: "process_open_fds",
    help: "Open file descriptors: a few of the service, and one for each connection",
    read() {
      // The size is their number, from Linux 6.2 on; without a descriptor left, only it tells.
      const { size } = fs().statSync("/proc/self/fd");
      return size > 0 ? size : fs().readdirSync("/proc/self/fd").length - 1;
    },
  });
  metrics.gauge({
    name: "process_max_fds",
    help: "Maximum number of open file descriptors",
    read() {
      try {
        max = limitsIn(fs().readFileSync("/proc/self/limits", "utf8"))?.soft ?? max;
      } catch {
        // There is no descriptor left to read it; the limit has hardly changed.
      }
      return max;
    },
  });
}

/** Loaded when it is needed: that takes 2 ms, which would delay the first response. */
function fs() {
  return require("node:fs") as typeof import("node:fs");
}

function isOneLeft(): boolean {
  const { closeSync, openSync } = fs();
  try {
    closeSync(openSync("/dev/null", "r"));
    return true;
  } catch (error) {
    // The limits of this process, and of the system.
    return !["EMFILE", "ENFILE"].includes((error as NodeJS.ErrnoException).code ?? "");
  }
}
