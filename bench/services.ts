/** The services as users run them: their own main.ts, production configuration, a file as database. */
import { join } from "node:path";

import type { ServiceName } from "../services.ts";
import { output, type Started, startServer } from "./processes.ts";

const ROOT = join(import.meta.dir, "..");

export const bun = process.execPath;

export function mainOf(service: ServiceName): string[] {
  return [bun, join(ROOT, service, "main.ts")];
}

/** The file of a service in a folder, with the demo data in it. */
export async function seededFile(service: ServiceName, folder: string): Promise<string> {
  const file = join(folder, `${service}.db`);
  await output(["env", "-i", `DATABASE_URL=sqlite://${file}`, ...mainOf(service), "seed"]);
  return file;
}

/** Starts a service on what `environment` says; `HOST` and `PORT` are a free loopback port. */
export function startService(
  service: ServiceName,
  environment: Record<string, string>,
): Promise<Started> {
  return startServer(mainOf(service), { environment });
}
