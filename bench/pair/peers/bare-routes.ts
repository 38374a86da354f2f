/**
 * `bare.ts` with Bun's native `routes`, which match a path before JavaScript runs; only `users`.
 */
import { Database } from "bun:sqlite";

import { missing } from "./bare-handlers.ts";
import * as work from "./work.ts";

const { file } = work.roleOf(process.argv.slice(2));
const byId = new Database(file).query<work.UserRow, [string]>(work.USER_BY_ID);

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  routes: {
    "/users/:id": ({ params }) => {
      const row = byId.get(params.id);
      return row ? Response.json(work.userOf(row)) : missing();
    },
  },
});
work.listening(server.port ?? 0);
