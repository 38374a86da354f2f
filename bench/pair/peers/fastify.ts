/**
 * Fastify on Node with better-sqlite3: routing, its schemas for parameters and responses (from
 * which it also compiles fast serializers), and the work; no ids, no metrics, no deadline on the
 * call.
 */
import Database from "better-sqlite3";
import Fastify from "fastify";

import * as work from "./work.ts";

const { file, usersUrl } = work.roleOf(process.argv.slice(2));
const database = new Database(file);
const app = Fastify({ logger: false });

const string = { type: "string" };
const user = {
  type: "object",
  properties: { id: string, name: string, email: string, created_at: string, updated_at: string },
};
const order = {
  type: "object",
  properties: {
    id: string,
    user_id: string,
    amount: { type: "number" },
    currency: string,
    status: string,
    note: string,
    created_at: string,
    updated_at: string,
  },
};

if (usersUrl === undefined) {
  const byId = database.prepare<[string], work.UserRow>(work.USER_BY_ID);
  const schema = {
    params: { type: "object", properties: { id: string }, required: ["id"] },
    response: { 200: user },
  };
  app.get<{ Params: { id: string } }>("/users/:id", { schema }, async ({ params }, reply) => {
    const row = byId.get(params.id);
    if (row) return work.userOf(row);
    return reply.code(404).send({ code: "not_found" });
  });
} else {
  const ofUser = database.prepare<[string, number, string, number], work.OrderRow>(
    work.ORDERS_OF_USER,
  );
  const schema = {
    querystring: { type: "object", properties: { user_id: string }, required: ["user_id"] },
    response: { 200: { type: "array", items: order } },
  };
  app.get<{ Querystring: { user_id: string } }>("/orders", { schema }, async ({ query }, reply) => {
    const userId = query.user_id;
    const answer = await fetch(`${usersUrl}/users/${userId}`);
    const user = (await answer.json()) as { id?: string };
    if (user.id !== userId) return reply.code(404).send({ code: "not_found" });
    return ofUser.all(...work.firstPage(userId)).map(work.orderOf);
  });
}

const url = await app.listen({ port: 0, host: "127.0.0.1" });
work.listening(Number(new URL(url).port));
