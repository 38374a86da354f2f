/** The services as processes of their own. */
import { join } from "node:path";

import type { ServiceName } from "../../services.ts";
import { listeningUrl } from "../../shared/process/listening.ts";
import { ROOT } from "./folders.ts";

/**
 * A folder with executables of the services. Where it is given, they answer in place of the apps in
 * memory, on the same databases: so the same tests hold for what is shipped.
 */
export const EXECUTABLES = process.env["TEST_EXECUTABLES"];

/** Of a log that grows and grows, the last part is kept. */
const LOG_LENGTH_MAX = 10_000_000;

export interface Running {
  url: string;
  process: Bun.Subprocess<"ignore", "pipe", "pipe">;
  /** What it has written to standard error so far. */
  log(): string;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number>;
}

/**
 * Starts a service as a process on a free port and waits until it listens. `command` is what to run:
 * by default the executable if there are any to test, the service's main.ts with Bun otherwise.
 */
export async function startService(
  name: ServiceName,
  environment: Record<string, string> = {},
  command: readonly string[] = EXECUTABLES
    ? [join(EXECUTABLES, name)]
    : [process.execPath, join(ROOT, name, "main.ts")],
): Promise<Running> {
  const child = Bun.spawn([...command], {
    // Where an executable finds nothing of the project.
    cwd: EXECUTABLES ?? process.cwd(),
    env: { PATH: process.env["PATH"], PORT: "0", ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let text = "";
  const listening = Promise.withResolvers<string>();
  void (async () => {
    const decoder = new TextDecoder();
    let url: string | undefined;
    for await (const chunk of child.stderr) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > 2 * LOG_LENGTH_MAX) text = text.slice(-LOG_LENGTH_MAX);
      // A line a request follows: looking at all of it again each time would take all the time.
      url ??= listeningUrl(text);
      if (url) listening.resolve(url);
    }
    listening.reject(new Error(`${name} ended before it listened:\n${text}`));
  })();
  const origin = await listening.promise;
  return {
    url: origin,
    process: child,
    log: () => text,
    async stop() {
      child.kill("SIGTERM");
      return child.exited;
    },
  };
}
