/** The services as users run them: executables, production configuration, a file as database. */
import { existsSync } from "node:fs";
import { join } from "node:path";

import { type ServiceName, SERVICES } from "../services.ts";
import { output, type Started, startServer } from "./processes.ts";

const ROOT = join(import.meta.dir, "..");

export const bun = process.execPath;

/** The executables of both services. */
export interface Build {
  /** How tables call it. */
  name: string;
  folder: string;
}

/** Builds the executables of the sources as they are. */
export async function build(folder: string): Promise<Build> {
  await output([bun, join(ROOT, "build.ts"), "--out", folder], { cwd: ROOT });
  return { name: "services", folder };
}

/** Whether the executables of both services are in a folder. */
export function isBuild(folder: string): boolean {
  return SERVICES.every(({ name }) => existsSync(join(folder, name)));
}

/** Executables that were built before, of other sources. */
export function otherBuild(folder: string): Build {
  return { name: "other build", folder };
}

export function executable({ folder }: Build, service: ServiceName): string {
  return join(folder, service);
}

/** The file of a service in a folder, with the demo data in it. */
export async function seededFile(
  build: Build,
  service: ServiceName,
  folder: string,
): Promise<string> {
  // Another build may know other migrations.
  const file = join(folder, `${build.name}-${service}.db`);
  if (!existsSync(file)) {
    const environment = ["env", "-i", `DATABASE_URL=sqlite://${file}`];
    await output([...environment, executable(build, service), "seed"]);
  }
  return file;
}

/** Starts a service on what `environment` says; `HOST` and `PORT` are a free loopback port. */
export function startService(
  build: Build,
  service: ServiceName,
  environment: Record<string, string>,
): Promise<Started> {
  return startServer([executable(build, service)], { environment });
}
