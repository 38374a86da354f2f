/** A line of the log, before it is text. */
export const LEVELS = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof LEVELS)[number];

export type Fields = Record<string, unknown>;

/** What all lines of a level share. */
export interface Kind {
  level: Level;
  service: string;
}

export type Print = (time: string, message: string, fields: Fields) => string;
