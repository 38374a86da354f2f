/** SIGHUP: the signal of a closed terminal. */

/**
 * Whether this process was started with SIGHUP ignored, as by `nohup`: a handler would undo that.
 * False if the system does not tell.
 */
export function isHangupIgnored(): boolean {
  try {
    const { readFileSync } = require("node:fs") as typeof import("node:fs");
    const status = readFileSync("/proc/self/status", "utf8");
    // One bit per signal, lowest first; SIGHUP is the first.
    const digit = /^SigIgn:\s*[0-9a-f]*([0-9a-f])$/m.exec(status)?.[1] ?? "0";
    return (Number.parseInt(digit, 16) & 1) === 1;
  } catch {
    return false;
  }
}
