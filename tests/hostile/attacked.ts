/** An executable of a service on loopback with the demo data, as the target of an attack. */
import type { ServiceName } from "../../services.ts";
import { command, executable } from "../support/executables.ts";
import { temporaryFolder } from "../support/folders.ts";
import { type Running, startService } from "../support/processes.ts";

/** Makes a token valid for longer than any attack takes. */
export const LASTING = { claims: { exp: Math.floor(Date.now() / 1000) + 3_600 } };

export interface Attacked extends Running {
  port: number;
  /** Sends SIGTERM, removes the database and resolves to the exit code. */
  stop(): Promise<number>;
}

export interface AttackedOptions {
  environment?: Record<string, string>;
  /** A shell command to run first, such as `ulimit -n 256`. Default: none */
  before?: string;
}

export async function startAttacked(
  name: ServiceName,
  { environment = {}, before = ":" }: AttackedOptions = {},
): Promise<Attacked> {
  const folder = temporaryFolder();
  const database = { DATABASE_URL: `sqlite://${folder.path}/${name}.db` };
  const program = await executable(name);
  await command([program, "seed"], { environment: database });
  const words = ["sh", "-c", `${before}; exec "$0"`, program];
  const running = await startService(name, { ...database, ...environment }, words);
  return {
    ...running,
    port: Number(new URL(running.url).port),
    async stop() {
      const exitCode = await running.stop();
      folder[Symbol.dispose]();
      return exitCode;
    },
  };
}
