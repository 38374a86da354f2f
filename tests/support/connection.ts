/** Bytes on a real connection, for what `fetch` would neither send nor show. */

export interface ExchangeOptions {
  port: number;
  /** How long to wait for the server to close the connection; then it is closed here. Default: 10000 */
  timeoutMs?: number;
}

/**
 * Sends the pieces one after another and returns everything that was received until the server closed
 * the connection, one character a byte.
 */
export async function exchange(
  { port, timeoutMs = 10_000 }: ExchangeOptions,
  ...pieces: (string | Uint8Array)[]
): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let received = "";
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data: (_socket, bytes) => void (received += bytes.toString("latin1")),
      close: () => resolve(),
      error: () => resolve(),
    },
  });
  const timer = setTimeout(resolve, timeoutMs);
  for (const piece of pieces) {
    // The server may have said its last word already, as it should.
    for (let sent = 0; sent < piece.length && socket.readyState > 0;) {
      const written = socket.write(piece.slice(sent));
      if (written < 0) break;
      sent += written;
      await new Promise(setImmediate);
    }
  }
  await promise;
  clearTimeout(timer);
  socket.terminate();
  return received;
}

/** The statuses of the responses in what was received, in their order. */
export function statuses(received: string): number[] {
  return Array.from(received.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, status]) => Number(status));
}
