/** The lines of the log for people: `LOG_FORMAT=pretty`. */
import type { Fields, Kind, Print } from "./line.ts";

const COLOURS = { debug: "\x1b[90m", info: "\x1b[32m", warn: "\x1b[33m", error: "\x1b[31m" };

/** The end of an id differs between requests; the start of a UUIDv7 is its time. */
const ID_LENGTH = 8;

export interface PrettyOptions {
  /** Whether to color the levels. */
  colours: boolean;
  /** The width of the names, where several services share a terminal. */
  nameWidth: number;
}

/** Returns the printer of a level. */
export function pretty({ colours, nameWidth }: PrettyOptions) {
  return ({ level, service }: Kind): Print => {
    const padded = level.padEnd(5);
    const shown = colours ? `${COLOURS[level]}${padded}\x1b[0m` : padded;
    const kind = `${shown} ${service.padEnd(nameWidth)}`;
    return (time, message, fields) => {
      const event =
        message === "request" ? requestLine(fields) : `${readable(message)}${listed(fields)}`;
      return `${time.slice(11, 23)} ${kind} ${event}`;
    };
  };
}

/** `GET /makers/1 200 18 ms`, what else there is, and the end of the id of the request. */
function requestLine({ method, path, route, status, duration_ms, request_id, ...rest }: Fields) {
  const took = Number(duration_ms);
  const ms = took < 10 ? took.toFixed(1) : Math.round(took);
  const { bytes: _bytes, ...more } = rest;
  const head = `${method} ${readable(path ?? route)} ${status} ${ms} ms`;
  return `${head}${listed(more)} ${String(request_id).slice(-ID_LENGTH)}`;
}

function listed(fields: Fields): string {
  return Object.entries(fields)
    .map(([name, value]) => {
      if (value === undefined) return "";
      return value instanceof Error ? `\n${Bun.inspect(value)}` : ` ${name}=${readable(value)}`;
    })
    .join("");
}

/**
 * Returns the text, escaped if it contains control characters, which could forge a line or color
 * the terminal.
 */
function readable(value: unknown): string {
  if (typeof value !== "string") return Bun.inspect(value, { compact: true });
  return /\p{Cc}/u.test(value) ? JSON.stringify(value) : value;
}
