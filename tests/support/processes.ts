/** Services as separate processes. */
import { join } from "node:path";

import { listeningUrl } from "../../platform/process/listening.ts";
import type { ServiceName } from "../../services.ts";
import { atEnd } from "./at-end.ts";
import { ROOT } from "./folders.ts";

/**
 * A folder with executables of the services. If set, they replace the apps in memory, on the same
 * databases, so that the same tests also check the executables.
 */
export const EXECUTABLES = process.env["TEST_EXECUTABLES"];

/** Only the end of a longer log is kept. */
const LOG_LENGTH_MAX = 10_000_000;

/** `await using` kills it at the end of a test, whatever happened. */
export interface Running extends AsyncDisposable {
  url: string;
  process: Bun.Subprocess<"ignore", "pipe", "pipe">;
  /** Everything written to standard error so far. */
  log(): string;
  /** Sends SIGTERM and resolves to the exit code. */
  stop(): Promise<number>;
}

/**
 * Starts a service as a process on a free port and waits until it listens.
 *
 * @param command Default: the executable if executables are tested, otherwise main.ts with Bun
 */
export async function startService(
  name: ServiceName,
  environment: Record<string, string> = {},
  command: readonly string[] = EXECUTABLES
    ? [join(EXECUTABLES, name)]
    : [process.execPath, join(ROOT, name, "main.ts")],
): Promise<Running> {
  const child = Bun.spawn([...command], {
    // An executable must not find files of the project.
    cwd: EXECUTABLES ?? process.cwd(),
    env: { PATH: process.env["PATH"], PORT: "0", ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  void child.exited.then(atEnd(() => child.kill("SIGKILL")));
  let text = "";
  const listening = Promise.withResolvers<string>();
  void (async () => {
    const decoder = new TextDecoder();
    let url: string | undefined;
    for await (const chunk of child.stderr) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > 2 * LOG_LENGTH_MAX) text = text.slice(-LOG_LENGTH_MAX);
      // Each request adds a line, and searching the whole log each time would be slow.
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
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}
