/** The `users` service without metrics: it counts nothing and times no operation. */
import { run } from "../../platform/command/cli.ts";
import { openDatabase } from "../../platform/database/open-database.ts";
import { service } from "../../users/service.ts";
import { uncounted } from "./apps.ts";

void run(
  {
    ...service,
    async createApp(parts) {
      const database = await openDatabase(parts.config.DATABASE_URL);
      return service.createApp({ ...parts, metrics: uncounted, database });
    },
  },
  process,
);
