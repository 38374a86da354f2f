/** The line of the log that says where a service listens: written here, and read by what started it. */
import type { Fields, Log } from "./log.ts";

/** Says where the service can be asked. */
export function logListening(log: Log, { url, ...fields }: Fields & { url: string }): void {
  log.info("listening", { url, ...fields });
}

// A text in a field does not look like this: its quotes are escaped.
const JSON_LINE = /^\{.*"message":"listening","url":"([^"]+)"/m;
// A field does not begin a line, and the clock, the level and the name before the message have no spaces.
const PRETTY_LINE = /^[\d:.]+ +info +\S+ +listening url=(\S+)\s/m;

/**
 * Returns the URL out of the line that {@link logListening} wrote, in either format; `undefined` as long
 * as the line is not in the log.
 *
 * @param log whole lines or the beginning of one, in order
 */
export function listeningUrl(log: string): string | undefined {
  return (JSON_LINE.exec(log) ?? PRETTY_LINE.exec(Bun.stripANSI(log)))?.[1];
}
