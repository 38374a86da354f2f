/**
 * The reference is a bare server that sends the same bytes as the service, so that the cost of
 * sending headers does not count as a cost of the service.
 */

/** Headers that Bun adds itself, also in the reference. */
const OF_THE_SERVER = ["date", "content-length", "connection"];

/** The headers of a service's response that a bare server has to set. */
export function headersOf({ headers }: Response): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => !OF_THE_SERVER.includes(name)));
}

/**
 * Checks that a reference sends as many bytes as the service, in the same headers, and the same
 * body.
 *
 * @throws Error with both responses if it does not
 */
export async function assertSameBytes(service: string, reference: string): Promise<void> {
  const [own, other] = await Promise.all([shapeOf(service), shapeOf(reference)]);
  if (own === other) return;
  throw new Error(`The reference does not send the same as the service:\n${other}\n${own}`);
}

/** The lengths of the headers, because request ids differ but have the same length. */
async function shapeOf(url: string): Promise<string> {
  const response = await fetch(url);
  const headers = [...response.headers].map(
    ([name, { length }]) => `${name}: ${length} characters`,
  );
  return [`${response.status}`, ...headers.toSorted(), await response.text()].join("\n");
}
