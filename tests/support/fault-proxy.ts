/** A TCP proxy in front of a service that simulates faults of networks and gateways. */
import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * What happens to the next requests:
 * - `none`: the request and its response are passed on;
 * - `reset`: the connection is reset;
 * - `hang`: no response is sent;
 * - `delay`: the response is sent `delayMs` later;
 * - `trickle`: the response is sent one byte every `delayMs`;
 * - `half`: the response is cut off in the middle;
 * - `answer`: `bytes` are the response, and the service gets no request.
 */
export type Fault =
  | { kind: "none" | "reset" | "hang" | "half" }
  | { kind: "delay" | "trickle"; delayMs: number }
  | { kind: "answer"; bytes: string };

export const NO_FAULT: Fault = { kind: "none" };

/** A response of a gateway. */
export function gatewayAnswer(status: number, headers: Record<string, string> = {}): Fault {
  const body = "upstream connect error";
  const lines = Object.entries({
    "content-type": "text/plain",
    "content-length": String(body.length),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return { kind: "answer", bytes: `HTTP/1.1 ${status} x\r\n${lines.join("")}\r\n${body}` };
}

/** Starts a proxy on a free port that forwards to the service at `targetUrl`. */
export async function startFaultProxy(targetUrl: string) {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let fault = NO_FAULT;
  let requests = 0;
  const awaited = new Set<{ count: number; resolve: () => void }>();
  let server = await listen(0);
  const port = portOf(server);

  function listen(onPort: number): Promise<Server> {
    const { promise, resolve, reject } = Promise.withResolvers<Server>();
    const created = createServer({ noDelay: true }, accept);
    created.once("error", reject);
    created.listen(onPort, "127.0.0.1", () => resolve(created));
    return promise;
  }

  function accept(client: Socket): void {
    keep(client);
    let upstream: Socket | undefined;
    // Requests of tests are short and arrive in one piece.
    client.on("data", (request) => {
      requests += 1;
      for (const { count, resolve } of awaited) if (requests >= count) resolve();
      const now = fault;
      if (now.kind === "hang") return;
      if (now.kind === "reset") client.resetAndDestroy();
      else if (now.kind === "answer") client.write(now.bytes);
      else {
        upstream ??= openUpstream(client);
        upstream
          .removeAllListeners("data")
          .on("data", (response: Buffer) => pass(response, client, now));
        upstream.write(request);
      }
    });
  }

  function openUpstream(client: Socket): Socket {
    const upstream = connect(Number(target.port), target.hostname);
    keep(upstream);
    upstream.on("close", () => client.destroy());
    client.on("close", () => upstream.destroy());
    return upstream;
  }

  function keep(socket: Socket): void {
    sockets.add(socket);
    // The tested service has to handle connection errors.
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  }

  async function closeServer(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
    await promise;
  }

  return {
    url: `http://127.0.0.1:${port}`,
    /** Number of received requests. */
    requests: () => requests,
    /** Number of open connections, on both sides. */
    connections: () => sockets.size,
    /** Sets the fault of the next requests. */
    set(next: Fault): void {
      fault = next;
    },
    /** Resolves when `count` requests have arrived since the start. */
    async arrived(count: number): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (requests >= count) resolve();
      awaited.add({ count, resolve });
      await promise;
    },
    /** Refuses new connections and closes the open ones. */
    refuse: closeServer,
    /** Listens again, on the same port. */
    async accept(): Promise<void> {
      server = await listen(port);
    },
    stop: closeServer,
  };
}
export type FaultProxy = Awaited<ReturnType<typeof startFaultProxy>>;

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no port");
  return address.port;
}

function pass(response: Buffer, client: Socket, fault: Fault): void {
  switch (fault.kind) {
    case "delay":
      setTimeout(() => client.write(response), fault.delayMs);
      return;
    case "trickle": {
      let sent = 0;
      const timer = setInterval(() => {
        if (sent === response.length || client.destroyed) clearInterval(timer);
        else client.write(response.subarray(sent, ++sent));
      }, fault.delayMs);
      return;
    }
    case "half":
      client.end(response.subarray(0, response.length / 2));
      return;
    default:
      client.write(response);
  }
}
