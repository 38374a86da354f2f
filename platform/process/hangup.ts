/** SIGHUP: the signal of a closed terminal. */

/**
 * Returns whether this process was started with SIGHUP ignored, as by `nohup`: a handler would undo
 * that. False if the system does not tell.
 */
export async function isHangupIgnored(): Promise<boolean> {
  // `node:fs` could read it at once, and takes 2 ms of the start to load.
  const status = await Bun.file("/proc/self/status")
    .text()
    .catch(() => "");
  // One bit per signal, lowest first; SIGHUP is the first.
  const digit = /^SigIgn:\s*[0-9a-f]*([0-9a-f])$/m.exec(status)?.[1] ?? "0";
  return (Number.parseInt(digit, 16) & 1) === 1;
}
