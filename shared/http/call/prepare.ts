/** What has to be there before the first call. */

let isPrepared = false;

/**
 * Bun makes the thread of its HTTP client at the first request, and ends the process if there is no file
 * descriptor left for that. So whoever is going to call makes one before anyone can connect: to a socket
 * that cannot be, since a proxy in the environment would be told of any other.
 */
export function prepareFetch(): void {
  if (isPrepared) return;
  isPrepared = true;
  void fetch("http://localhost", { unix: "/dev/null/none" }).catch(() => {});
}
