/** Logs one line per event, to standard error or to `write`. */
import { type Fields, type Kind, type Level, LEVELS, type Print } from "./line.ts";
import type { Page } from "./lines.ts";
import { pretty } from "./pretty.ts";

export { type Fields, type Level, LEVELS };

/** Which requests are logged: all, failed and slow ones, or none. */
export const LOG_REQUESTS = ["all", "failed", "off"] as const;
export type LogRequests = (typeof LOG_REQUESTS)[number];

export type Log = Record<Level, (message: string, fields?: Fields) => void> & {
  /** Whether lines of this level are written, so that callers can avoid creating unused fields. */
  enabled(level: Level): boolean;
  /** Whether the lines are for people. Default: false */
  readonly isPretty?: boolean;
  /** What a line that is written as bytes needs. Undefined: lines are only written as text */
  readonly bytes?: ByteLog | undefined;
};

export interface ByteLog {
  service: string;
  page: Page;
  /** Returns the time of a line, RFC 3339 with milliseconds: the same text within a millisecond. */
  time: () => string;
}

export interface LogOptions {
  /** The name in every line. */
  service: string;
  /** The lowest level that is written. Default: `info` */
  level?: Level;
  /** `json`: a JSON object per line; `pretty`: for people. Default: `json` */
  format?: "json" | "pretty";
  /** Colors the levels of `pretty`. Default: false */
  colours?: boolean;
  /** The width of the names in `pretty`, where several services share a terminal. Default: its own */
  nameWidth?: number;
  /** Receives whole lines. Default: standard error */
  write?: (line: string) => void;
  /** Where lines of JSON may also be written as bytes, in order with `write`. Default: nowhere */
  page?: Page;
  /** Milliseconds since 1970. Default: `Date.now` */
  now?: () => number;
}

/**
 * Creates a log. Errors in fields are written with stack and causes, so log lines must not be shown
 * to clients. No field can make it throw or replace the time, level, service or message.
 */
export function createLog({
  service,
  level = "info",
  format = "json",
  colours = false,
  nameWidth = service.length,
  write = (line) => void process.stderr.write(line),
  page,
  now = Date.now,
}: LogOptions): Log {
  const time = clock(now);
  const printer = format === "json" ? json : pretty({ colours, nameWidth });
  const at = (level: Level) => {
    const print = printer({ level, service });
    return (message: string, fields: Fields = {}) => write(`${print(time(), message, fields)}\n`);
  };
  const from = LEVELS.indexOf(level);
  const enabled = (level: Level) => LEVELS.indexOf(level) >= from;
  const writer = (level: Level) => (enabled(level) ? at(level) : () => {});
  return {
    debug: writer("debug"),
    info: writer("info"),
    warn: writer("warn"),
    error: writer("error"),
    enabled,
    isPretty: format === "pretty",
    bytes: page && format === "json" ? { service, page, time } : undefined,
  };
}

/**
 * RFC 3339 with milliseconds. Consecutive lines often share the millisecond, and formatting it
 * takes a third of the time of a line.
 */
function clock(now: () => number): () => string {
  let last = Number.NaN;
  let text = "";
  return () => {
    const at = now();
    if (at !== last) {
      last = at;
      text = new Date(at).toISOString();
    }
    return text;
  };
}

function json({ level, service }: Kind): Print {
  const kind = `"level":"${level}","service":${JSON.stringify(service)}`;
  return (time, message, fields) => {
    if (isFlat(fields)) {
      const head = `{"time":"${time}",${kind},"message":${JSON.stringify(message)}`;
      const rest = JSON.stringify(fields);
      return rest === "{}" ? `${head}}` : `${head},${rest.slice(1)}`;
    }
    const head = { time, level, service, message };
    try {
      return JSON.stringify({ ...head, ...fields, ...head }, (_name, value) => {
        if (typeof value === "bigint") return String(value);
        return value instanceof Error ? errorFields(value) : value;
      });
    } catch {
      // For values that JSON cannot represent, such as circular ones.
      return JSON.stringify({ ...head, fields: Bun.inspect(fields) });
    }
  };
}

/**
 * Whether the fields need no replacer. Almost all lines qualify, and take a seventh of the time.
 */
function isFlat(fields: Fields): boolean {
  for (const name in fields) {
    const value = fields[name];
    const isScalar = typeof value !== "bigint" && (typeof value !== "object" || value === null);
    if (!isScalar || HEAD.includes(name)) return false;
  }
  return true;
}

const HEAD = ["time", "level", "service", "message"];

/** A chain of causes is cut here: it may be circular. */
const CAUSES_MAX = 8;

function errorFields({ name, message, stack, cause }: Error, depth = 1): Fields {
  if (cause === undefined || depth > CAUSES_MAX) return { name, message, stack };
  const told = cause instanceof Error ? errorFields(cause, depth + 1) : cause;
  return { name, message, stack, cause: told };
}

/** A log that writes nothing, for tests. */
export const silent = createLog({ service: "silent", level: "error", write: () => {} });
