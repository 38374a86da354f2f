/** The committed contract: of clients with the services, and of each service with those it calls. */
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import * as fc from "fast-check";

import type {
  DocumentedResponse,
  OpenApiDocument,
  Operation,
  Schema,
} from "../../platform/openapi/document.ts";
import { serviceNamed, SERVICES, urlVariableOf } from "../../services.ts";
import { compareDocuments } from "../contract/compare.ts";
import { committedDocument, documentOf, typesOf, typesPathOf } from "../contract/documents.ts";
import { openApps, openService } from "../support/apps.ts";
import { ask } from "../support/ask.ts";
import {
  createValidator,
  documentOf as documentOfApp,
  exampleRequests,
  resolve,
} from "../support/document.ts";
import { command } from "../support/executables.ts";
import { ROOT } from "../support/folders.ts";
import { createGenerators } from "../support/generators.ts";
import { tablesOf } from "../support/resources.ts";
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

/** Each service with one that it calls, and the file that says what it needs of that one. */
const CALLS = SERVICES.flatMap(({ name, calls }) =>
  calls.map((callee) => [`docs/openapi/${name}-needs-${callee}.json`, name, callee] as const),
);

describe.each(CALLS)("%s", (path, name, callee) => {
  let needs: OpenApiDocument;
  let answers: Operation["responses"];
  beforeAll(async () => {
    needs = (await Bun.file(join(ROOT, path)).json()) as OpenApiDocument;
    answers = Object.values(needs.paths)[0]?.["get"]?.responses ?? expect.unreachable();
  });

  test("is compatible with the document of the called service", async () => {
    const changes = compareDocuments(needs, await documentOf(callee, { checks: false }));
    // A failure that the caller recognizes by its code must not be removed either.
    expect(changes.filter(({ breaking, what }) => breaking || what === "gone")).toEqual([]);
  });

  test("matches the responses of the called service", async () => {
    const apps = await openApps();
    const validate = createValidator(needs);
    for (const [id, status] of [
      ["1", 200],
      ["nobody", 404],
    ] as const) {
      const response = await ask(apps[callee], `/${callee}/${id}`);
      expect(response.status).toBe(status);
      const { content = {} } = resolve(needs, answers[status] as DocumentedResponse);
      const media = content[response.headers.get("content-type")?.split(";")[0] ?? ""];
      const body = (await response.json()) as { code?: string };
      validate(media?.schema ?? expect.unreachable(), body, id);
      if (media?.examples) expect(Object.keys(media.examples)).toContain(body.code ?? "");
    }
    expect((await ask(apps[callee], "/health/live")).status).toBe(200);
    await apps.close();
  });

  test("is enough for the caller, which requests nothing else and accepts every valid response", async () => {
    const validate = createValidator(needs);
    const { valid } = createGenerators({
      fits: (schema, value) => noError(() => validate(schema, value, "")),
    });
    const [[ours = expect.unreachable()], [theirs = expect.unreachable()]] = await Promise.all([
      tablesOf(name),
      tablesOf(callee),
    ]);
    let answer: object = {};
    let owner: unknown;
    const asked: string[] = [];
    const apps = await openApps();
    const caller = await openService(name, {
      environment: Object.fromEntries(
        serviceNamed(name).calls.map((called) => [urlVariableOf(called), apps[called].url]),
      ),
      async fetch(input, init) {
        const request = new Request(input, init);
        const { origin, pathname } = new URL(request.url);
        if (origin !== apps[callee].url) {
          const other = NAMES.find((one) => apps[one].url === origin) ?? expect.unreachable();
          return apps[other].handle(request);
        }
        const id = decodeURIComponent(pathname.replace(/^.*\//, ""));
        asked.push(`${request.method} ${pathname.replace(encodeURIComponent(id), "{id}")}`);
        // What the creation names is the owner's, and has a field that the caller does not know.
        return Response.json({ ...answer, [theirs.owner]: owner, id, more: [1] });
      },
    });
    const requests = exampleRequests(await documentOfApp(caller));
    const creations = requests.filter(({ request }) => request.method === "POST");
    expect(creations).not.toBeEmpty();
    const [media] = Object.values(resolve(needs, answers[200] as DocumentedResponse).content ?? {});
    const needed = Object.keys(needs.paths).map((path) => `GET ${path}`);
    await fc.assert(
      fc.asyncProperty(valid(resolve(needs, media?.schema as Schema)), async (generated) => {
        answer = generated as object;
        for (const { request } of creations) {
          owner = ((await request.clone().json()) as Record<string, unknown>)[ours.owner];
          expect((await caller.handle(request.clone())).status).toBe(201);
        }
        for (const one of asked.splice(0)) expect(needed).toContain(one);
      }),
      { numRuns: 30 },
    );
    await caller.close();
    await apps.close();
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
