/** Clients that other people's generators write, which call both services. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync } from "node:fs";
import { join } from "node:path";

import { compile, FOR_ZOD_3 } from "../../generators/generate.ts";
import { openOutputs, type Outputs } from "../../generators/outputs.ts";
import { caller, IDENTITY } from "../../support/callers.ts";
import { startFleet } from "../../support/fleet.ts";
import { NAMES } from "../../support/services.ts";

// The first installation, and the slowest generator on a busy machine.
setDefaultTimeout(300_000);

let outputs: Outputs;
beforeAll(async () => {
  outputs = await openOutputs();
  const programs = join(import.meta.dir, "..", "programs");
  cpSync(programs, join(outputs.path, "programs"), { recursive: true });
});
afterAll(() => outputs[Symbol.dispose]());

test.each(["hey-api", "swagger-typescript-api", FOR_ZOD_3])(
  "A client of %s compiles, and calls both services",
  async (name) => {
    for (const service of NAMES) await outputs.of("with identity", service, name);
    const include = [`with-identity/*/${name}`, `programs/${name}.ts`];
    const paths = name === FOR_ZOD_3 ? { zod: ["./node_modules/zod/v3"] } : {};
    expect(await compile(outputs.path, { include, paths })).toBe("");
    const fleet = await startFleet({ environment: IDENTITY });
    const urls = { users: fleet.services.users.url, orders: fleet.services.orders.url };
    const { authorization } = await caller("7");
    const { tour } = (await import(join(outputs.path, "programs", `${name}.ts`))) as Program;
    const toured = await tour(urls, authorization.replace("Bearer ", ""));
    expect(toured).toMatchObject({
      user: { id: "7" },
      list: [toured.user],
      order: { user_id: "7", amount: 19.99, currency: "EUR", status: "pending" },
      read: { ...toured.order, user: toured.user },
      problem: { status: 422, code: "user_not_found" },
      code: "user_not_found",
    });
    await fleet.stop();
  },
);

interface Program {
  tour(
    urls: { users: string; orders: string },
    token: string,
  ): Promise<{ user: object; list: object[]; order: object; read: object; code: string }>;
}
