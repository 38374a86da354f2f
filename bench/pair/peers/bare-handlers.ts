/**
 * Only the work, in handlers for `Bun.serve`: no validation, no ids, no metrics, no deadline on the
 * call. With the headers of the service they are the reference, without them the bare server.
 */
import type { Database } from "bun:sqlite";

import * as work from "./work.ts";

/** How `orders` calls `users`: `fetch` with its URL, or a handler in the same process. */
export type Ask = (path: string) => Response | Promise<Response>;

export function missing(): Response {
  return Response.json({ code: "not_found" }, { status: 404 });
}

/** `GET /users/{id}`. */
export function usersHandler(database: Database, init?: ResponseInit) {
  const byId = database.query<work.UserRow, [string]>(work.USER_BY_ID);
  return ({ url }: Request): Response => {
    const [, id = ""] = /^\/users\/([^/]+)$/.exec(new URL(url).pathname) ?? [];
    const row = byId.get(decodeURIComponent(id));
    return row ? Response.json(work.userOf(row), init) : missing();
  };
}

/** `GET /orders?user_id=`, without the call to `users`. */
export function ordersHandler(database: Database, init?: ResponseInit) {
  const ofUser = ordersOfUser(database);
  return ({ url }: Request): Response => {
    const { pathname, searchParams } = new URL(url);
    if (pathname !== "/orders") return missing();
    const userId = searchParams.get("user_id") ?? "";
    return Response.json(ofUser.all(...work.firstPage(userId)).map(work.orderOf), init);
  };
}

/** `GET /orders?user_id=`, with the call to `users`. */
export function askingOrdersHandler(database: Database, ask: Ask, init?: ResponseInit) {
  const ofUser = ordersOfUser(database);
  return async ({ url }: Request): Promise<Response> => {
    const { pathname, searchParams } = new URL(url);
    if (pathname !== "/orders") return missing();
    const userId = searchParams.get("user_id") ?? "";
    const answer = await ask(`/users/${encodeURIComponent(userId)}`);
    const user = (await answer.json()) as { id?: string };
    if (user.id !== userId) return missing();
    return Response.json(ofUser.all(...work.firstPage(userId)).map(work.orderOf), init);
  };
}

function ordersOfUser(database: Database) {
  return database.query<work.OrderRow, [string, number, string, number]>(work.ORDERS_OF_USER);
}
