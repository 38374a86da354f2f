/**
 * The measure of all others: `Bun.serve` with a `fetch` handler, and the work itself. No validation, no
 * ids, no headers but the content type, no metrics, no deadline on the call.
 */
import { Database } from "bun:sqlite";

import * as work from "./work.ts";

const { file, usersUrl } = work.roleOf(process.argv.slice(2));
const database = new Database(file);
const missing = () => Response.json({ code: "not_found" }, { status: 404 });

const fetchHandler = usersUrl === undefined ? answerUsers() : answerOrders(usersUrl);
const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: fetchHandler });
work.listening(server.port ?? 0);

function answerUsers() {
  const byId = database.query<work.UserRow, [string]>(work.USER_BY_ID);
  return ({ url }: Request) => {
    const [, id = ""] = /^\/users\/([^/]+)$/.exec(new URL(url).pathname) ?? [];
    const row = byId.get(decodeURIComponent(id));
    return row ? Response.json(work.userOf(row)) : missing();
  };
}

function answerOrders(usersUrl: string) {
  const ofUser = database.query<work.OrderRow, [string, number, string, number]>(
    work.ORDERS_OF_USER,
  );
  return async ({ url }: Request) => {
    const { pathname, searchParams } = new URL(url);
    if (pathname !== "/orders") return missing();
    const userId = searchParams.get("user_id") ?? "";
    const answer = await fetch(`${usersUrl}/users/${encodeURIComponent(userId)}`);
    const user = (await answer.json()) as { id?: string };
    if (user.id !== userId) return missing();
    return Response.json(ofUser.all(...work.firstPage(userId)).map(work.orderOf));
  };
}
