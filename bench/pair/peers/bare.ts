/** The reference: `Bun.serve` with a `fetch` handler that does only the work. */
import { Database } from "bun:sqlite";

import { askingOrdersHandler, ordersHandler, usersHandler } from "./bare-handlers.ts";
import * as work from "./work.ts";

const { service, file, usersUrl, headers } = work.roleOf(process.argv.slice(2));
const database = new Database(file);
const init = headers && { headers };

const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: handler() });
work.listening(server.port ?? 0);

function handler() {
  if (service === "users") return usersHandler(database, init);
  if (usersUrl === undefined) return ordersHandler(database, init);
  return askingOrdersHandler(database, (path) => fetch(`${usersUrl}${path}`), init);
}
