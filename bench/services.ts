/** The services as people run them: executables, production configuration, a database file. */
import { existsSync } from "node:fs";
import { join } from "node:path";

import { type ServiceName, SERVICES } from "../services.ts";
import { output, type Started, startServer } from "./processes.ts";

const ROOT = join(import.meta.dir, "..");

export const bun = process.execPath;

/** The executables of both services. */
export interface Build {
  /** Name in the tables. */
  name: string;
  folder: string;
}

/** Builds the executables of the current sources. */
export async function build(folder: string): Promise<Build> {
  await output([bun, join(ROOT, "build.ts"), "--out", folder], { cwd: ROOT });
  return { name: "services", folder };
}

/** Whether the executables of both services are in a folder. */
export function isBuild(folder: string): boolean {
  return SERVICES.every(({ name }) => existsSync(join(folder, name)));
}

/** Executables that were built earlier, from other sources. */
export function otherBuild(folder: string): Build {
  return { name: "other build", folder };
}

export function executable({ folder }: Build, service: ServiceName): string {
  return join(folder, service);
}

/** Returns the database file of a service in a folder, with the demo data. */
export async function seededFile(
  build: Build,
  service: ServiceName,
  folder: string,
): Promise<string> {
  // Another build may have other migrations.
  const file = join(folder, `${build.name}-${service}.db`);
  if (!existsSync(file)) {
    const environment = ["env", "-i", `DATABASE_URL=sqlite://${file}`];
    await output([...environment, executable(build, service), "seed"]);
  }
  return file;
}

/** Starts a service with these variables, on a free loopback port. */
export function startService(
  build: Build,
  service: ServiceName,
  environment: Record<string, string>,
): Promise<Started> {
  return startServer([executable(build, service)], { environment });
}
