/** A minimal executable: a server that only responds. */
const { port } = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.env["PORT"]),
  fetch: () => new Response("ok"),
});

// Not `listening` of work.ts, because creating `process.stderr` takes longer than the rest.
const standardError = Bun.stderr.writer();
standardError.write(`{"message":"listening","url":"http://127.0.0.1:${port}"}\n`);
void standardError.flush();
