/** An executable of a service on loopback with the demo data, as the target of an attack. */
import type { ServiceName } from "../../../services.ts";
import { command, executable } from "../../support/executables.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { limitMemory } from "../../support/memory-limit.ts";
import { type Running, startService } from "../../support/processes.ts";

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
  /**
   * The memory that it may use. Where no process can be limited, it runs without a limit, and with
   * the MAX_CONNECTIONS that `compose.yaml` sets for this memory. Default: no limit
   */
  memoryBytes?: number;
  /** Orders or users to load. Default: the demo data */
  seed?: readonly string[];
}

/** The memory of a container in `compose.yaml`. */
export const CONTAINER_BYTES = 96 * 1024 * 1024;

export async function startAttacked(
  name: ServiceName,
  { environment = {}, before = ":", memoryBytes, seed = [] }: AttackedOptions = {},
): Promise<Attacked> {
  const folder = temporaryFolder();
  const database = { DATABASE_URL: `sqlite://${folder.path}/${name}.db` };
  const program = await executable(name);
  await command([program, "seed", ...seed], { environment: database });
  const limit = memoryBytes === undefined ? undefined : limitMemory(memoryBytes);
  const bounds = memoryBytes && !limit ? { MAX_CONNECTIONS: "2000" } : {};
  const words = ["sh", "-c", `${limit?.enter ?? ":"}; ${before}; exec "$0"`, program];
  const running = await startService(name, { ...database, ...bounds, ...environment }, words);
  return {
    ...running,
    port: Number(new URL(running.url).port),
    async stop() {
      const exitCode = await running.stop();
      limit?.[Symbol.dispose]();
      folder[Symbol.dispose]();
      return exitCode;
    },
  };
}
