import { openSqlite, type SqliteOptions } from "../../platform/database/sqlite.ts";
/**
 * `orders` with other options of the database than in the service, to measure their cost:
 * `orders-variant FILE USERS_URL '{"synchronous":"OFF"}'`.
 */
import { listen } from "../../platform/http/server.ts";
import { logListening } from "../../platform/process/listening.ts";
import { createLog } from "../../platform/process/log.ts";
import { ordersApp } from "./apps.ts";

void main();

// A function, because an executable with bytecode cannot have a top-level await.
async function main(): Promise<void> {
  const [file = "", usersUrl = "", options = "{}"] = process.argv.slice(2);
  const app = await ordersApp(await openSqlite(file, JSON.parse(options) as SqliteOptions), {
    usersUrl,
  });
  const { port } = listen({ app, host: "127.0.0.1", port: 0 });
  logListening(createLog({ service: "orders" }), { url: `http://127.0.0.1:${port}` });
}
