/** Preparation before the first call. */

let isPrepared = false;

/**
 * Bun creates the thread of its HTTP client at the first request, and ends the process if no file
 * descriptor is left for it. So a process that will make calls sends one request before it accepts
 * connections: to a socket that cannot exist, because any other request could go to a proxy from
 * the environment.
 */
export function prepareFetch(): void {
  if (isPrepared) return;
  isPrepared = true;
  void fetch("http://localhost", { unix: "/dev/null/none" }).catch(() => {});
}
