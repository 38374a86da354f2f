/**
 * The log line with the URL of a service: written here, and parsed by the process that started it.
 */
import type { Fields, Log } from "./log.ts";

/** Logs the URL of the service. */
export function logListening(log: Log, { url, ...fields }: Fields & { url: string }): void {
  log.info("listening", { url, ...fields });
}

// Text inside a field cannot match, because its quotes are escaped.
const JSON_LINE = /^\{.*"message":"listening","url":"([^"]+)"/m;
// A field does not start a line, and clock, level and name contain no spaces. Who shows several
// services may have put the name elsewhere.
const PRETTY_LINE = /^[\d:.]+ +info +(?:\S+ +)?listening url=(\S+)\s/m;

/**
 * Returns the URL from the line of {@link logListening}, in either format; `undefined` until the
 * line is in the log.
 *
 * @param log whole lines or the start of one, in order
 */
export function listeningUrl(log: string): string | undefined {
  return (JSON_LINE.exec(log) ?? PRETTY_LINE.exec(Bun.stripANSI(log)))?.[1];
}
