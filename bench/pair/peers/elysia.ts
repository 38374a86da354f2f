/**
 * Elysia with the plugins that people choose for the same duties: a log line on pino, metrics, a
 * request id, a document, checks of path and response, and Drizzle for the row. Its entity tag and
 * its headers are those of the service.
 */
import { Database } from "bun:sqlite";

import { logger } from "@bogeychan/elysia-logger";
import { swagger } from "@elysiajs/swagger";
import { eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { Elysia, t } from "elysia";
import prometheus from "elysia-prometheus";
import { requestID } from "elysia-requestid";
import { pino } from "pino";

import * as work from "./work.ts";

const { file } = work.roleOf(process.argv.slice(2));

const users = sqliteTable("users", {
  id: text().primaryKey(),
  name: text().notNull(),
  email: text().notNull(),
  version: integer().notNull(),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
});
const database = drizzle(new Database(file), { schema: { users } });
const userById = database
  .select()
  .from(users)
  .where(eq(users.id, sql.placeholder("id")))
  .prepare();

// Its fastest setting: lines are collected, and written without waiting.
const lines = pino.destination({ dest: 2, sync: false, minLength: 4096 });

const app = new Elysia()
  .use(requestID())
  .use(logger({ level: "info", autoLogging: true, stream: lines }))
  .use(prometheus())
  .use(swagger())
  .get(
    "/users/:id",
    ({ params, headers, set, status }) => {
      const row = userById.get({ id: params.id });
      if (!row) return status(404, { code: "not_found" });
      const tag = `"${row.version}${row.updated_at}"`;
      set.headers["etag"] = tag;
      set.headers["cache-control"] = "private, no-cache";
      set.headers["x-content-type-options"] = "nosniff";
      return headers["if-none-match"] === tag ? status(304, undefined) : work.userOf(row);
    },
    {
      params: t.Object({ id: t.String({ pattern: "^[0-9A-Za-z_-]{1,64}$" }) }),
      headers: t.Object({ "if-none-match": t.Optional(t.String({ maxLength: 1_000 })) }),
      response: {
        200: t.Object({
          id: t.String(),
          name: t.String({ minLength: 1, maxLength: 100 }),
          email: t.String({ maxLength: 254 }),
          created_at: t.String({ maxLength: 24 }),
          updated_at: t.String({ maxLength: 24 }),
        }),
        304: t.Undefined(),
        404: t.Object({ code: t.String() }),
      },
    },
  )
  .listen({ port: 0, hostname: "127.0.0.1" });

work.listening(app.server?.port ?? 0);
