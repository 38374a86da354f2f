/** The reference on Postgres: a `fetch` handler that sends the statement of the service. */
import { SQL } from "bun";

import { missing } from "./bare-handlers.ts";
import * as work from "./work.ts";

const { file, headers } = work.roleOf(process.argv.slice(2));
// As many connections as the service has.
const sql = new SQL(file, { max: 10 });
const init = headers && { headers };

const USER_BY_ID = `
  SELECT id, name, email, version, revision, created_at, updated_at FROM users
  WHERE id = $1 AND ($2 = '' OR id = $2)`;

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch({ url }) {
    const [, id = ""] = /^\/users\/([^/]+)$/.exec(new URL(url).pathname) ?? [];
    const [row] = await sql.unsafe<work.UserRow[]>(USER_BY_ID, [decodeURIComponent(id), ""]);
    if (!row) return missing();
    // BIGINT comes as text.
    const times = { created_at: Number(row.created_at), updated_at: Number(row.updated_at) };
    return Response.json(work.userOf({ ...row, ...times }), init);
  },
});
work.listening(server.port ?? 0);
