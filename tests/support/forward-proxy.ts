/** A forward proxy: passes requests with a whole URL on (RFC 9112, 3.2.2), and opens tunnels. */
import { connect, createServer, type Socket } from "node:net";

export interface ForwardProxy {
  url: string;
  /** What it was asked for: `POST http://host:4318/v1/traces`, or `CONNECT host:443`. */
  asked: string[];
  /** Everything that clients sent outside tunnels. */
  received(): string;
  stop(): Promise<void>;
}

/** @param ports the ports on this machine where each host is found; others get a 502 */
export async function startForwardProxy(ports: Record<string, number>): Promise<ForwardProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  let received = "";

  const server = createServer((client) => {
    sockets.add(client);
    client.on("error", () => client.destroy());
    client.once("data", (bytes) => {
      const head = Buffer.from(bytes);
      const text = head.toString("latin1");
      received += text;
      const [line = ""] = text.split("\r\n", 1);
      const [method = "", target = "", version = ""] = line.split(" ");
      asked.push(`${method} ${target}`);
      const isTunnel = method === "CONNECT";
      const { hostname, pathname } = new URL(isTunnel ? `https://${target}` : target);
      const port = ports[hostname];
      if (port === undefined) return void client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
      const upstream = connect(port, "127.0.0.1");
      sockets.add(upstream);
      upstream.on("error", () => client.destroy());
      if (isTunnel) {
        client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      } else {
        client.on("data", (bytes) => (received += bytes.toString("latin1")));
        const rest = head.subarray(line.length);
        upstream.write(Buffer.concat([Buffer.from(`${method} ${pathname} ${version}`), rest]));
      }
      client.pipe(upstream).pipe(client);
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    received: () => received,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
