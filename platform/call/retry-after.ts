/** `Retry-After` (RFC 9110, 10.2.3). */

/** The three forms of a date in HTTP (RFC 9110, 5.6.7); the last does not name its zone. */
const HTTP_DATE = /^[A-Z][a-z]{2,8},? [\w -]+ \d{2}:\d{2}:\d{2} (?:GMT|\d{4})$/;

/** Returns the delay in milliseconds; 0 for anything but a number of seconds or a future date. */
export function retryAfterMs({ headers }: Response, now: number): number {
  const text = headers.get("retry-after") ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  if (!HTTP_DATE.test(text)) return 0;
  const date = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
  return Number.isNaN(date) ? 0 : Math.max(date - now, 0);
}
