/** `bare.ts` on Bun's own `routes`, which match a path before JavaScript is asked. */
import { Database } from "bun:sqlite";

import * as work from "./work.ts";

const { file, usersUrl } = work.roleOf(process.argv.slice(2));
const database = new Database(file);
const missing = () => Response.json({ code: "not_found" }, { status: 404 });

const server = usersUrl === undefined ? serveUsers() : serveOrders(usersUrl);
work.listening(server.port ?? 0);

function serveUsers() {
  const byId = database.query<work.UserRow, [string]>(work.USER_BY_ID);
  return Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    routes: {
      "/users/:id": ({ params }) => {
        const row = byId.get(params.id);
        return row ? Response.json(work.userOf(row)) : missing();
      },
    },
  });
}

function serveOrders(usersUrl: string) {
  const ofUser = database.query<work.OrderRow, [string, number, string, number]>(
    work.ORDERS_OF_USER,
  );
  return Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    routes: {
      "/orders": async ({ url }) => {
        const userId = new URL(url).searchParams.get("user_id") ?? "";
        const answer = await fetch(`${usersUrl}/users/${userId}`);
        const user = (await answer.json()) as { id?: string };
        if (user.id !== userId) return missing();
        return Response.json(ofUser.all(...work.firstPage(userId)).map(work.orderOf));
      },
    },
  });
}
