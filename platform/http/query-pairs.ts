/** The names and values of a query. */

/** A query without escapes: most are. */
const PLAIN = /^[\w.~*=&-]*$/;

/**
 * Calls `found` for each pair, as `URLSearchParams` reads them. Creating one of those takes longer
 * than everything else that reads the input of a route, and leaves more to the collector.
 *
 * @param query without the question mark
 */
export function eachPair(query: string, found: (value: string, name: string) => void): void {
  if (!PLAIN.test(query)) return new URLSearchParams(`?${query}`).forEach(found);
  for (const pair of query.split("&")) {
    const equals = pair.indexOf("=");
    if (equals !== -1) found(pair.slice(equals + 1), pair.slice(0, equals));
    else if (pair !== "") found("", pair);
  }
}
