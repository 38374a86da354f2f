/**
 * Tells when the process is out of file descriptors. New connections wait in the queue of the operating
 * system then, and nothing else says so: whoever accepts them is told of no failure.
 */
import type { Log } from "./log.ts";

/** How often one is tried. It takes a few microseconds. */
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
    // Of this process, and of the whole system.
    return !["EMFILE", "ENFILE"].includes((error as NodeJS.ErrnoException).code ?? "");
  }
}
