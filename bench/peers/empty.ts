/** The least that an executable can be: a server that answers. */
const { port } = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.env["PORT"]),
  fetch: () => new Response("ok"),
});

// Not `listening` of work.ts: making `process.stderr` takes longer than all the rest of this.
const standardError = Bun.stderr.writer();
standardError.write(`{"message":"listening","url":"http://127.0.0.1:${port}"}\n`);
void standardError.flush();
