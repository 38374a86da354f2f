/** A name that leads to one server, and later to another: a DNS name or a proxy. */
import { connect, createServer, type Socket } from "node:net";

export interface LeadOptions {
  /** Whether connections that exist end. Behind a DNS name they stay. Default: true */
  cut?: boolean;
}

/** Starts a TCP proxy on a free port that leads to this port of the machine. */
export async function startName(firstPort: number) {
  const sockets = new Set<Socket>();
  let target = firstPort;
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: "127.0.0.1", port: target, noDelay: true });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    port,
    /** The same URL, by this name. */
    through(databaseUrl: string): string {
      const url = new URL(databaseUrl);
      url.port = String(port);
      return url.href;
    },
    lead(toPort: number, { cut = true }: LeadOptions = {}): void {
      target = toPort;
      if (cut) for (const socket of sockets) socket.destroy();
    },
    stop(): void {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
