/** Parses durations. */

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/**
 * Returns the seconds of a text such as `90s`, `15m`, `1h` or `7d`; undefined for any other text.
 */
export function parseDurationSeconds(text: string): number | undefined {
  const [, number, unit] = /^([1-9]\d{0,6})([smhd])$/.exec(text) ?? [];
  return number && unit ? Number(number) * SECONDS[unit as keyof typeof SECONDS] : undefined;
}
