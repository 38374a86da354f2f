/**
 * The reference is a bare server that sends the same bytes as the service: what its headers cost is no
 * cost of the service.
 */

/** Bun makes these itself, in the reference as well. */
const OF_THE_SERVER = ["date", "content-length", "connection"];

/** The headers of a service's response that a bare server has to be told. */
export function headersOf({ headers }: Response): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => !OF_THE_SERVER.includes(name)));
}

/**
 * Makes sure that a reference sends as many bytes as the service, in the same headers, and the same body.
 *
 * @throws Error with both responses if it does not
 */
export async function assertSameBytes(service: string, reference: string): Promise<void> {
  const [own, other] = await Promise.all([shapeOf(service), shapeOf(reference)]);
  if (own === other) return;
  throw new Error(`The reference sends something else than the service:\n${other}\n${own}`);
}

/** The ids of requests differ, and are as long as each other. */
async function shapeOf(url: string): Promise<string> {
  const response = await fetch(url);
  const headers = [...response.headers].map(
    ([name, { length }]) => `${name}: ${length} characters`,
  );
  return [`${response.status}`, ...headers.toSorted(), await response.text()].join("\n");
}
