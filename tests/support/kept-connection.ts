/** A persistent connection for one request after another. */
import { connect, type Socket } from "node:net";

import { statuses } from "./connection.ts";

export interface KeptConnection {
  socket: Socket;
  /** Returns the status of a GET when the response is complete; 0 if the connection was closed. */
  ask(path: string): Promise<number>;
  close(): void;
}

/**
 * Opens a connection and sends a first request, so that the service has accepted it.
 *
 * @param headers lines to send with each request
 * @param localAddress the address of the client. Default: 127.0.0.1
 */
export async function openConnection(
  port: number,
  headers: readonly string[] = [],
  localAddress = "127.0.0.1",
): Promise<KeptConnection> {
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  let received = "";
  let answered = Promise.withResolvers<void>();
  let before: Promise<unknown> = Promise.resolve();
  socket.setEncoding("latin1").on("data", (text: string) => {
    received += text;
    if (isWhole(received)) answered.resolve();
  });
  socket.on("error", () => {}).on("close", () => answered.resolve());
  const head = ["Host: localhost", ...headers, "", ""].join("\r\n");

  async function send(path: string): Promise<number> {
    received = "";
    answered = Promise.withResolvers<void>();
    socket.write(`GET ${path} HTTP/1.1\r\n${head}`);
    if (!socket.closed) await answered.promise;
    return statuses(received)[0] ?? 0;
  }

  function ask(path: string): Promise<number> {
    const asked = before.then(() => send(path));
    before = asked;
    return asked;
  }
  await ask("/health/live");
  return { socket, ask, close: () => socket.destroy() };
}

function isWhole(received: string): boolean {
  const end = received.indexOf("\r\n\r\n");
  if (end === -1) return false;
  const length = Number(/^content-length: (\d+)/im.exec(received.slice(0, end))?.[1] ?? 0);
  return received.length - end - 4 >= length;
}
