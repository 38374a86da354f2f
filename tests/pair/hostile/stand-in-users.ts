/** A stand-in for `users`, which responds when the attack says so. */
const AT = "2026-01-02T03:04:05.000Z";

export function startStandInUsers() {
  let calls = 0;
  let open: Promise<void> = Promise.resolve();
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch({ url }) {
      calls += 1;
      await open;
      const id = url.slice(url.lastIndexOf("/") + 1);
      return Response.json({
        id,
        name: "Alice",
        email: "alice@example.com",
        created_at: AT,
        updated_at: AT,
      });
    },
  });
  return {
    url: server.url.origin,
    /** The number of requests so far. */
    calls: () => calls,
    /** Lets all later requests wait. Returns the function that responds to them. */
    hold(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>();
      open = promise;
      return resolve;
    },
    stop: () => server.stop(true),
  };
}
