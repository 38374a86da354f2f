/** The least that an executable can be: a server that answers. */
import { listening } from "./work.ts";

const { port } = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.env["PORT"]),
  fetch: () => new Response("ok"),
});
listening(port ?? 0);
