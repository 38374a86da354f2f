/** The committed contract: of clients with the services, and between the two services. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import * as fc from "fast-check";

import needsOfOrders from "../../docs/openapi/orders-needs-users.json";
import type {
  DocumentedResponse,
  OpenApiDocument,
  Schema,
} from "../../platform/openapi/document.ts";
import { compareDocuments } from "../contract/compare.ts";
import { committedDocument, documentOf, typesOf, typesPathOf } from "../contract/documents.ts";
import { openService } from "../support/apps.ts";
import { ask } from "../support/ask.ts";
import { createValidator, resolve } from "../support/document.ts";
import { command } from "../support/executables.ts";
import { ROOT } from "../support/folders.ts";
import { createGenerators } from "../support/generators.ts";
import { NAMES } from "../support/services.ts";

setDefaultTimeout(60_000);

describe.each(NAMES)("docs/openapi of %s", (name) => {
  test("has the current document (to update: bun run contract --write)", async () => {
    expect(await committedDocument(name)).toEqual(await documentOf(name));
  });

  test("has the current types for clients (to update: bun run contract --write)", async () => {
    const committed = await Bun.file(join(ROOT, typesPathOf(name))).text();
    expect(words(committed)).toEqual(words(await typesOf(await documentOf(name))));
  });
});

/** The words of a text, without what a formatter may add. */
function words(text: string): string[] {
  return text.split(/[\s;,|]+/).filter(Boolean);
}

describe("docs/openapi/orders-needs-users.json", () => {
  const needs = needsOfOrders as unknown as OpenApiDocument;

  test("is compatible with the document of users", async () => {
    const changes = compareDocuments(needs, await documentOf("users", { checks: false }));
    // A failure that orders recognizes by its code must not be removed either.
    expect(changes.filter(({ breaking, what }) => breaking || what === "gone")).toEqual([]);
  });

  test("matches the responses of users", async () => {
    const users = await openService("users");
    const { responses } = Object.values(needs.paths)[0]?.["get"] ?? expect.unreachable();
    const validate = createValidator(needs);
    for (const [path, status] of [
      ["/users/1", 200],
      ["/users/nobody", 404],
    ] as const) {
      const response = await ask(users, path);
      expect(response.status).toBe(status);
      const { content = {} } = resolve<DocumentedResponse>(
        needs,
        responses[status] as DocumentedResponse,
      );
      const media = content[response.headers.get("content-type")?.split(";")[0] ?? ""];
      const body = (await response.json()) as { code?: string };
      validate(media?.schema ?? expect.unreachable(), body, path);
      if (media?.examples) expect(Object.keys(media.examples)).toContain(body.code ?? "");
    }
    expect((await ask(users, "/health/live")).status).toBe(200);
    await users.close();
  });

  test("is enough for orders, which requests nothing else and accepts every valid user", async () => {
    const validate = createValidator(needs);
    const { valid } = createGenerators({
      fits: (schema, value) => noError(() => validate(schema, value, "")),
    });
    let user = { id: "" };
    const asked: string[] = [];
    const orders = await openService("orders", {
      environment: { USERS_URL: "http://users" },
      fetch(input, init) {
        const { method, url } = new Request(input, init);
        asked.push(`${method} ${url}`);
        // With a field that orders does not know.
        return Response.json({ ...user, more: [1] });
      },
    });
    const users = valid(needs.components.schemas["User"] as Schema);
    await fc.assert(
      fc.asyncProperty(users, async (generated) => {
        user = generated as typeof user;
        const response = await ask(orders, "/orders", { body: { user_id: user.id, amount: 1 } });
        expect(response.status).toBe(201);
        const needed = `GET http://users/users/${encodeURIComponent(user.id)}`;
        expect(asked.splice(0).filter((one) => one !== needed)).toEqual([]);
      }),
      { numRuns: 30 },
    );
    await orders.close();
  });
});

function noError(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

function contract(...args: string[]) {
  return command([process.execPath, join(ROOT, "tests", "contract", "main.ts"), ...args], {
    folder: ROOT,
    environment: { PATH: process.env["PATH"] ?? "" },
  });
}

describe("bun run contract", () => {
  test("finds no change that breaks a client of this major version", async () => {
    const { stdout, exitCode } = await contract();
    expect(stdout).not.toContain("BREAKS");
    expect(exitCode).toBe(0);
  });

  test("exits with 2 for an unknown commit", async () => {
    expect(await contract("no-such-commit")).toMatchObject({ exitCode: 2 });
  });
});
