/**
 * Fuzzes the services of its own folder in this process, and prints the report as JSON. A mutant is
 * a copy of the sources in a process of its own, because TypeBox keeps the kinds of schemas for the
 * whole process: two copies would overwrite each other's.
 */
import { standardOutput } from "../../platform/process/output.ts";
import { openApps } from "../support/apps.ts";
import { documentOf } from "../support/document.ts";
import { NAMES } from "../support/services.ts";
import { fuzz } from "./fuzz.ts";
import type { Target } from "./shot.ts";

const [seed = "0", requests = "0"] = process.argv.slice(2);

const apps = await openApps();
const targets = await Promise.all(
  NAMES.map(async (name): Promise<Target> => {
    // Unlike `handle`, it does not check responses: the fuzzer does.
    const send = async (request: Request) => apps[name].fetch(request);
    return { name, document: await documentOf({ handle: send }), send };
  }),
);
const report = await fuzz(targets, {
  requests: Number(requests),
  seed: Number(seed),
  shrink: false,
});
await standardOutput.print(JSON.stringify(report));
process.exit();
