/** Raw bytes on a real connection, for requests and responses that `fetch` does not support. */

export interface ExchangeOptions {
  port: number;
  /** How long to wait until the server closes the connection. Default: 10000 */
  timeoutMs?: number;
}

/**
 * Sends the pieces one after another. Returns everything received until the server closes the
 * connection, one character per byte.
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
    // The server may already have closed the connection.
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

/** The statuses of all received responses, in order. */
export function statuses(received: string): number[] {
  return Array.from(received.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, status]) => Number(status));
}
