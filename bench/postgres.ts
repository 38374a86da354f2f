/** Postgres as in the tests, but with durable writes as in production. */
import { createDatabase, startPostgres } from "../tests/support/postgres.ts";

export async function startDurablePostgres() {
  const server = await startPostgres({ fsync: "on" });
  return {
    /** The URL of a new, empty database. */
    freshUrl: async () => (await createDatabase(server)).url,
    stop: server.stop,
  };
}

/** The processes of Postgres that serve the user of this URL, one per connection. */
export async function backends(url: string): Promise<number[]> {
  await using sql = new Bun.SQL(url, { max: 1 });
  const rows = await sql<{ pid: number }[]>`
    SELECT pid FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()`;
  return rows.map(({ pid }) => pid);
}
