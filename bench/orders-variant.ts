/**
 * `orders` with a database that is opened otherwise than the service does, to see what that costs:
 * `bun orders-variant.ts FILE USERS_URL '{"synchronous":"OFF"}'`.
 */
import { service } from "../orders/service.ts";
import { listen } from "../shared/command/server.ts";
import { openSqlite, type SqliteOptions } from "../shared/database/sqlite.ts";
import { readConfig } from "../shared/process/config.ts";
import { logListening } from "../shared/process/listening.ts";
import { createLog } from "../shared/process/log.ts";

const [file = "", usersUrl = "", options = "{}"] = process.argv.slice(2);
const log = createLog({ service: "orders" });
const database = openSqlite(file, JSON.parse(options) as SqliteOptions);
await database.migrate(service.migrations);
const app = await service.createApp({
  config: readConfig(service.config, { USERS_URL: usersUrl }),
  database,
  log,
  draining: () => false,
  now: Date.now,
  fetch,
  peerOf: () => "",
});
const { port } = listen({ app, host: "127.0.0.1", port: 0 });
logListening(log, { url: `http://127.0.0.1:${port}` });
