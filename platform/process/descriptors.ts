/**
 * Logs when the process runs out of file descriptors. New connections then wait in the operating
 * system's queue, and nothing else reports it: accepting them does not fail visibly.
 */
import type { Log } from "./log.ts";

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

function isOneLeft(): boolean {
  const { closeSync, openSync } = require("node:fs") as typeof import("node:fs");
  try {
    closeSync(openSync("/dev/null", "r"));
    return true;
  } catch (error) {
    // The limits of this process, and of the system.
    return !["EMFILE", "ENFILE"].includes((error as NodeJS.ErrnoException).code ?? "");
  }
}
