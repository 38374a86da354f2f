/** The signal of a terminal that goes away. */

/**
 * Whether whoever started this process has it ignore hangups, as `nohup` does: a handler would undo that.
 * False where the system does not tell.
 */
export function isHangupIgnored(): boolean {
  try {
    const { readFileSync } = require("node:fs") as typeof import("node:fs");
    const status = readFileSync("/proc/self/status", "utf8");
    // A bit a signal, from the lowest, and SIGHUP is the first.
    const digit = /^SigIgn:\s*[0-9a-f]*([0-9a-f])$/m.exec(status)?.[1] ?? "0";
    return (Number.parseInt(digit, 16) & 1) === 1;
  } catch {
    return false;
  }
}
