/** Postgres as the tests start it, with its writes on disk as in production. */
import { createDatabase, startPostgres } from "../tests/support/postgres.ts";

export async function startDurablePostgres() {
  const server = await startPostgres({ fsync: "on" });
  return {
    /** The URL of a new, empty database. */
    freshUrl: async () => (await createDatabase(server)).url,
    stop: server.stop,
  };
}
