/** A service with an app that logs a lot and crashes, to test which lines survive. */
import { run } from "../../platform/command/cli.ts";
import { definitionOf, FIRST } from "./services.ts";

/** Lines before the crash, more than a pipe buffers. */
const LINES = 1_000;

const service = await definitionOf(FIRST);

void run(
  {
    ...service,
    async createApp(parts) {
      const { log, tracer } = parts;
      function fetch(): Response {
        tracer?.start("before the crash", { kind: "server" }).end({ error: "crash" });
        for (let line = 1; line <= LINES; line += 1) log.info("before the crash", { line });
        setTimeout(() => {
          throw new Error("the cause of the crash");
        });
        return new Response("ok");
      }
      return { ...(await service.createApp(parts)), fetch, handle: async () => fetch() };
    },
  },
  process,
);
