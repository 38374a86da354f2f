/** Two roles on one Postgres database: one owns the schema, the other one serves. */
import { SQL } from "bun";

import { createDatabase, PASSWORD, type PostgresServer, sharedUrl } from "./postgres.ts";

/**
 * Creates an empty database with a second role, which has no right but `SELECT, INSERT, UPDATE,
 * DELETE` on the tables that its owner will create. The grants are those of docs/postgres.md.
 */
export async function createRoles(server?: PostgresServer) {
  const fresh = await createDatabase(server);
  const owner = new URL(fresh.url).username;
  const name = `${owner}_app`;
  const url = new URL(fresh.url);
  url.username = name;
  await using administrator = new SQL(server?.url ?? (await sharedUrl()), { max: 1 });
  await administrator.unsafe(`CREATE ROLE ${name} LOGIN PASSWORD '${PASSWORD}'`);
  await administrator.unsafe(`ALTER ROLE ${name} SET search_path = ${owner}`);
  await using sql = new SQL(fresh.url, { max: 1 });
  await sql.unsafe(`GRANT USAGE ON SCHEMA ${owner} TO ${name}`);
  await sql.unsafe(
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${owner} ` +
      `GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${name}`,
  );
  return {
    ownerUrl: fresh.url,
    /** The role that serves. */
    url: url.href,
    async [Symbol.asyncDispose]() {
      await using administrator = new SQL(server?.url ?? (await sharedUrl()), { max: 1 });
      await administrator.unsafe(`DROP OWNED BY ${name}; DROP ROLE ${name}`);
      await fresh[Symbol.asyncDispose]();
    },
  };
}
