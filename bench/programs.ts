/** The executables whose start and memory are measured: the services, and an empty one. */
import { join } from "node:path";

import { type ServiceName, SERVICES } from "../services.ts";
import { compile } from "./compile.ts";
import type { SuiteOptions } from "./rounds.ts";
import { type Build, executable, seededFile } from "./services.ts";

export const EMPTY = "empty Bun.serve";

export interface Program {
  name: string;
  file: string;
  environment: Record<string, string>;
  /** Path to request until it returns 200. */
  ready: string;
  /** Path to request many times. */
  path: string;
}

/** The name of a service of another build than that of the sources. */
export function nameIn(build: Build, service: ServiceName): string {
  return `${service} of ${build.name}`;
}

/** The services of every build, then an executable that only responds. */
export async function programs({
  folder,
  builds,
}: Pick<SuiteOptions, "folder" | "builds">): Promise<Program[]> {
  const found: Program[] = [];
  for (const build of builds) {
    for (const { name: service } of SERVICES) {
      found.push({
        name: build === builds[0] ? service : nameIn(build, service),
        file: executable(build, service),
        environment: { DATABASE_URL: `sqlite://${await seededFile(build, service, folder)}` },
        ready: "/health/ready",
        path: `/${service}/1`,
      });
    }
  }
  const file = await compile("empty.ts", join(folder, "empty"));
  return [...found, { name: EMPTY, file, environment: {}, ready: "/", path: "/" }];
}
