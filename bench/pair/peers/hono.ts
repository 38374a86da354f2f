/**
 * Hono on Bun: routing and the work; no validation, no ids, no metrics, no deadline on the call.
 */
import { Database } from "bun:sqlite";

import { Hono } from "hono";

import * as work from "./work.ts";

const { file, usersUrl } = work.roleOf(process.argv.slice(2));
const database = new Database(file);
const app = new Hono();

if (usersUrl === undefined) {
  const byId = database.query<work.UserRow, [string]>(work.USER_BY_ID);
  app.get("/users/:id", (context) => {
    const row = byId.get(context.req.param("id"));
    return row ? context.json(work.userOf(row)) : context.json({ code: "not_found" }, 404);
  });
} else {
  const ofUser = database.query<work.OrderRow, [string, number, string, number]>(
    work.ORDERS_OF_USER,
  );
  app.get("/orders", async (context) => {
    const userId = context.req.query("user_id") ?? "";
    const answer = await fetch(`${usersUrl}/users/${userId}`);
    const user = (await answer.json()) as { id?: string };
    if (user.id !== userId) return context.json({ code: "not_found" }, 404);
    return context.json(ofUser.all(...work.firstPage(userId)).map(work.orderOf));
  });
}

work.listening(Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: app.fetch }).port ?? 0);
