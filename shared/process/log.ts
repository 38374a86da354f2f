/** One line an event, on standard error or wherever `write` leads. */
import { NAME_WIDTH } from "../../services.ts";

export const LEVELS = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof LEVELS)[number];

/** Which requests leave a line: each, those that failed or were slow, or none. */
export const LOG_REQUESTS = ["all", "failed", "off"] as const;
export type LogRequests = (typeof LOG_REQUESTS)[number];

export type Fields = Record<string, unknown>;
export type Log = Record<Level, (message: string, fields?: Fields) => void> & {
  /** Whether a line of this level is written, for whoever would make its fields in vain. */
  enabled(level: Level): boolean;
};

export interface LogOptions {
  /** Stands in every line. */
  service: string;
  /** What is less than this is not written. Default: `info` */
  level?: Level;
  /** `json`, a JSON object a line; `pretty`, for people. Default: `json` */
  format?: "json" | "pretty";
  /** Colours the levels of `pretty`. Default: false */
  colours?: boolean;
  /** Takes whole lines. Default: standard error */
  write?: (line: string) => void;
  /** Milliseconds since 1970. Default: `Date.now` */
  now?: () => number;
}

/**
 * A log. Errors among the fields are written with their stack and their causes, which is why a line
 * of a log is not for clients. No field makes it throw, and none takes the place of the head.
 */
export function createLog({
  service,
  level = "info",
  format = "json",
  colours = false,
  write = (line) => void process.stderr.write(line),
  now = Date.now,
}: LogOptions): Log {
  const print = format === "json" ? json : pretty(colours);
  const timeAt = clock();
  const at =
    (level: Level) =>
    (message: string, fields: Fields = {}) =>
      write(`${print({ time: timeAt(now()), level, service, message }, fields)}\n`);
  const from = LEVELS.indexOf(level);
  const enabled = (level: Level) => LEVELS.indexOf(level) >= from;
  const writer = (level: Level) => (enabled(level) ? at(level) : () => {});
  return {
    debug: writer("debug"),
    info: writer("info"),
    warn: writer("warn"),
    error: writer("error"),
    enabled,
  };
}

interface Head {
  time: string;
  level: Level;
  service: string;
  message: string;
}

/** RFC 3339 in milliseconds. Lines often come in the same one, and making its text is a third of a line. */
function clock(): (at: number) => string {
  let last = Number.NaN;
  let text = "";
  return (at) => {
    if (at !== last) {
      last = at;
      text = new Date(at).toISOString();
    }
    return text;
  };
}

function json(head: Head, fields: Fields): string {
  if (isFlat(fields)) return flat(head, fields);
  const { time, level, service, message, ...others } = { ...fields, ...head };
  try {
    return JSON.stringify({ time, level, service, message, ...others }, (_name, value) => {
      if (typeof value === "bigint") return String(value);
      return value instanceof Error ? errorFields(value) : value;
    });
  } catch {
    // What JSON cannot hold: circles, for one.
    return JSON.stringify({ ...head, fields: Bun.inspect(fields) });
  }
}

/** Whether JSON needs no help with them. Almost all lines are of this kind, and cost a seventh so. */
function isFlat(fields: Fields): boolean {
  for (const name in fields) {
    const value = fields[name];
    const isScalar = typeof value !== "bigint" && (typeof value !== "object" || value === null);
    if (!isScalar || HEAD.includes(name)) return false;
  }
  return true;
}

const HEAD = ["time", "level", "service", "message"];

function flat({ time, level, service, message }: Head, fields: Fields): string {
  const words = `"service":${JSON.stringify(service)},"message":${JSON.stringify(message)}`;
  const head = `{"time":"${time}","level":"${level}",${words}`;
  const rest = JSON.stringify(fields);
  return rest === "{}" ? `${head}}` : `${head},${rest.slice(1)}`;
}

function errorFields({ name, message, stack, cause }: Error): Fields {
  return { name, message, stack, ...(cause !== undefined && { cause }) };
}

const COLOURS = { debug: "\x1b[90m", info: "\x1b[32m", warn: "\x1b[33m", error: "\x1b[31m" };

function pretty(colours: boolean) {
  return ({ time, level, service, message }: Head, fields: Fields): string => {
    const clock = time.slice(11, 23);
    const padded = level.padEnd(5);
    const shown = colours ? `${COLOURS[level]}${padded}\x1b[0m` : padded;
    const head = `${clock} ${shown} ${service.padEnd(NAME_WIDTH)} ${readable(message)}`;
    const rest = Object.entries(fields).map(([name, value]) =>
      value instanceof Error ? `\n${Bun.inspect(value)}` : ` ${name}=${readable(value)}`,
    );
    return [head, ...rest].join("");
  };
}

/** Text as it is, unless it would forge a line or colour the terminal. */
function readable(value: unknown): string {
  if (typeof value !== "string") return Bun.inspect(value, { compact: true });
  return /\p{Cc}/u.test(value) ? JSON.stringify(value) : value;
}

/** A log that writes nothing, for tests. */
export const silent = createLog({ service: "silent", level: "error", write: () => {} });
