/**
 * Reads the body of a response as UTF-8. Returns undefined, and cancels the rest of the body, if it is
 * longer than `bytesMax`.
 */
export async function textAtMost(
  response: Response,
  bytesMax: number,
): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
