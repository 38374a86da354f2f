/** All services as processes that call each other. */
import { join } from "node:path";

import { type ServiceName, SERVICES, urlVariableOf } from "../../services.ts";
import { command as run } from "./executables.ts";
import { ROOT, temporaryFolder } from "./folders.ts";
import { EXECUTABLES, type Running, startService } from "./processes.ts";

export interface FleetOptions {
  /** Folder of the sources. Default: this repository, or the executables if they are tested */
  root?: string;
  /** Further variables for each service. Default: none */
  environment?: Record<string, string>;
}

export interface Fleet {
  services: Record<ServiceName, Running>;
  stop(): Promise<void>;
}

/** Starts every service on a free port, with the demo data in a file that is removed on stop. */
export async function startFleet({ root, environment = {} }: FleetOptions = {}): Promise<Fleet> {
  const folder = temporaryFolder();
  const services = {} as Record<ServiceName, Running>;
  for (const { name, calls } of SERVICES) {
    const command =
      EXECUTABLES && !root
        ? [join(EXECUTABLES, name)]
        : [process.execPath, join(root ?? ROOT, name, "main.ts")];
    const all: Record<string, string> = {
      ...environment,
      DATABASE_URL: `sqlite://${join(folder.path, `${name}.db`)}`,
    };
    for (const other of calls) all[urlVariableOf(other)] = services[other].url;
    const seeded = await run([...command, "seed"], { environment: all });
    if (seeded.exitCode !== 0) throw new Error(seeded.stderr);
    services[name] = await startService(name, all, command);
  }
  return {
    services,
    async stop() {
      await Promise.all(Object.values(services).map((service) => service.stop()));
      folder[Symbol.dispose]();
    },
  };
}
