/**
 * `bare.ts` that reads and sends the headers that the services do: `If-None-Match`, `ETag`, and
 * `X-Request-Id`, which it passes on. What the services take more than this is theirs and Elysia's.
 */
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
      "/users/:id": ({ params, headers }) => {
        const row = byId.get(params.id);
        if (!row) return missing();
        const answer = { etag: `"${row.version}"`, "x-request-id": requestIdOf(headers) };
        return headers.get("if-none-match") === answer.etag
          ? new Response(null, { status: 304, headers: answer })
          : Response.json(work.userOf(row), { headers: answer });
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
      "/orders": async ({ url, headers }) => {
        const userId = new URL(url).searchParams.get("user_id") ?? "";
        const passedOn = { headers: { "x-request-id": requestIdOf(headers) } };
        const answer = await fetch(`${usersUrl}/users/${userId}`, passedOn);
        const user = (await answer.json()) as { id?: string };
        if (user.id !== userId) return missing();
        return Response.json(ofUser.all(...work.firstPage(userId)).map(work.orderOf), passedOn);
      },
    },
  });
}

function requestIdOf(headers: Headers): string {
  return headers.get("x-request-id") ?? Bun.randomUUIDv7();
}
