/** Other people's generators and validators, on the documents of the services. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import type { ServiceName } from "../../services.ts";
import { documentOf, type Variant, VARIANTS } from "../generators/documents.ts";
import { compile, generate, GENERATOR_NAMES } from "../generators/generate.ts";
import { installGenerators, PACKAGES } from "../generators/install.ts";
import { caller, IDENTITY } from "../support/callers.ts";
import { startFleet } from "../support/fleet.ts";
import { temporaryFolder } from "../support/folders.ts";
import { NAMES } from "../support/services.ts";

// The first installation, and the slowest generator on a busy machine.
setDefaultTimeout(300_000);

const FOLDER = join(import.meta.dir, "..", "generators");
/** It generates for zod 3, whose interface zod 4 contains. */
const FOR_ZOD_3 = "openapi-zod-client";

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());
beforeAll(async () => {
  await installGenerators();
  symlinkSync(PACKAGES, join(folder.path, "node_modules"));
  cpSync(join(FOLDER, "programs"), join(folder.path, "programs"), { recursive: true });
});

/** The folders of what was generated, each once. */
const generated = new Map<string, Promise<string>>();

/** Returns the folder with what a generator makes of the document of a service. */
function output(variant: Variant, service: ServiceName, name: string): Promise<string> {
  const path = join(folder.path, variant.replace(" ", "-"), service, name);
  const known = generated.get(path);
  if (known) return known;
  const making = (async () => {
    const document = `${path}.json`;
    await Bun.write(document, JSON.stringify(await documentOf(variant, service)));
    await generate(name, document, path);
    return path;
  })();
  generated.set(path, making);
  return making;
}

describe.each(VARIANTS)("The document %s", (variant) => {
  test.each(NAMES.flatMap((service) => GENERATOR_NAMES.map((name) => [service, name] as const)))(
    "of %s is read by %s, which writes text",
    async (service, name) => {
      const path = await output(variant, service, name);
      const files = Array.from(new Bun.Glob("**/*.ts").scanSync(path));
      expect(files).not.toEqual([]);
      for (const file of files) {
        const text = new TextDecoder("utf-8", { fatal: true }).decode(
          readFileSync(join(path, file)),
        );
        // TypeScript and Git take a file with a control character for a binary one.
        expect([file, /(?![\t\n\r])\p{Cc}/u.exec(text)?.index]).toEqual([file, undefined]);
      }
    },
  );
});

test("What the generators write compiles with strict tsc", async () => {
  for (const variant of VARIANTS) {
    for (const service of NAMES) {
      for (const name of GENERATOR_NAMES) await output(variant, service, name);
    }
  }
  const zod3 = [`*-identity/*/${FOR_ZOD_3}`, `programs/${FOR_ZOD_3}.ts`];
  expect(await compile(folder.path, { include: ["**/*.ts"], exclude: zod3 })).toBe("");
  const paths = { zod: ["./node_modules/zod/v3"] };
  expect(await compile(folder.path, { include: zod3, paths })).toBe("");
});

describe("A generated client", () => {
  test.each(["hey-api", "swagger-typescript-api", FOR_ZOD_3])(
    "of %s calls both services",
    async (name) => {
      for (const service of NAMES) await output("with identity", service, name);
      const fleet = await startFleet({ environment: IDENTITY });
      const urls = { users: fleet.services.users.url, orders: fleet.services.orders.url };
      const { authorization } = await caller("7");
      const { tour } = (await import(join(folder.path, "programs", `${name}.ts`))) as Program;
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
});

interface Program {
  tour(
    urls: { users: string; orders: string },
    token: string,
  ): Promise<{ user: object; list: object[]; order: object; read: object; code: string }>;
}
