/** The `users` service, but that its app logs a lot and crashes: what its log keeps is what is tested. */
import { run } from "../../shared/command/cli.ts";
import { service } from "../../users/service.ts";

/** Lines before the crash: more than a pipe holds. */
const LINES = 1_000;

void run(
  {
    ...service,
    async createApp({ log, tracer }) {
      function fetch(): Response {
        tracer?.start("before the crash", { kind: "server" }).end({ error: "crash" });
        for (let line = 1; line <= LINES; line += 1) log.info("before the crash", { line });
        setTimeout(() => {
          throw new Error("the cause of the crash");
        });
        return new Response("ok");
      }
      return { fetch, handle: async () => fetch(), routes: [] };
    },
  },
  process,
);
