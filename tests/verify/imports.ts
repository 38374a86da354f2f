/** The committed documents, imported by Postman and by Bruno: each request that they make is valid. */
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import type { OpenApiDocument } from "../../platform/openapi/document.ts";
import { committedDocument } from "../contract/documents.ts";
import { installGenerators } from "../generators/install.ts";
import { openApps } from "../support/apps.ts";
import { caller, IDENTITY } from "../support/callers.ts";
import { ROOT } from "../support/folders.ts";
import { NAMES } from "../support/services.ts";

setDefaultTimeout(300_000);

beforeAll(installGenerators);

/** A request that an imported collection sends when nothing in it is changed. */
interface Imported {
  name: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | null;
}

describe.each(NAMES)("The document of %s", (service) => {
  test.each([
    ["Postman", postman],
    ["Bruno", bruno],
  ])("is imported by %s, with a valid request for each operation", async (_tool, convert) => {
    const document = await committedDocument(service);
    const token = (await caller("1", "admin")).authorization;
    const requests = await convert(document, token.replace("Bearer ", ""));
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    expect(requests).toHaveLength(operations.length);

    for (const { name, url, ...sent } of requests) {
      expect(url).toStartWith(`${document.servers[0]?.url}/${service}`);
      // A new one for each, because one of them deletes what others read.
      const apps = await openApps({ environment: IDENTITY });
      const response = await apps[service].handle(new Request(url, sent));
      expect([name, url, response.ok]).toEqual([name, url, true]);
      await apps.close();
    }
  });
});

/**
 * Returns the collection of a tool. In a process of its own, because this one has looked for the
 * packages before they were installed.
 */
async function converted<Collection>(tool: string, document: OpenApiDocument): Promise<Collection> {
  const program = join(ROOT, "tests/generators/convert.ts");
  const converter = Bun.spawn([process.execPath, program, tool], {
    stdin: new Blob([JSON.stringify(document)]),
    stderr: "inherit",
  });
  const text = await new Response(converter.stdout).text();
  expect([tool, await converter.exited]).toEqual([tool, 0]);
  return JSON.parse(text) as Collection;
}

/** Imports as docs/clients.md says: with examples, and without optional parameters. */
async function postman(document: OpenApiDocument, token: string): Promise<Imported[]> {
  const collection = await converted<PostmanCollection>("postman", document);
  const variables = { ...valuesIn(collection.variable), bearerToken: token };
  return leaves(collection).map(({ name, request: { url, method, header, body, auth } }) => {
    const segments = valuesIn(url.variable);
    const path = url.path.map((segment) => {
      return segment.startsWith(":") ? (segments[segment.slice(1)] ?? segment) : segment;
    });
    const target = filled(`${url.host.join(".")}/${path.join("/")}`, variables);
    const given = auth?.bearer?.[0]?.value;
    return {
      name,
      method,
      url: withQuery(target, valuesIn(url.query)),
      headers: {
        ...valuesIn(header),
        ...(given && { authorization: `Bearer ${filled(given, variables)}` }),
      },
      body: body?.raw ?? null,
    };
  });
}

async function bruno(document: OpenApiDocument, token: string): Promise<Imported[]> {
  const collection = await converted<BrunoCollection>("bruno", document);
  const [environment] = collection.environments;
  const variables = { ...valuesIn(environment?.variables), token };
  return leaves({ item: collection.items }).map(({ name, request }) => {
    const { url, method, headers, params, body, auth } = request;
    const segments = valuesIn(params.filter(({ type }) => type === "path"));
    const target = url.replaceAll(/(?<=\/):(\w+)/g, (whole, name) => segments[name] ?? whole);
    const query = valuesIn(params.filter(({ type }) => type === "query"));
    const given = auth.mode === "bearer" ? auth.bearer?.token : undefined;
    return {
      name,
      method,
      url: withQuery(filled(target, variables), query),
      headers: {
        ...valuesIn(headers),
        ...(body.mode === "json" && { "content-type": "application/json" }),
        ...(given && { authorization: `Bearer ${filled(given, variables)}` }),
      },
      body: body.json,
    };
  });
}

/** What both tools have lists of: Postman's may be disabled, Bruno's enabled. */
interface Entry {
  key?: string;
  name?: string;
  value: string;
  disabled?: boolean;
  enabled?: boolean;
}

/** The values that are sent, by name. */
function valuesIn(entries: readonly Entry[] = []): Record<string, string> {
  const sent = entries.filter(({ disabled = false, enabled = true }) => enabled && !disabled);
  return Object.fromEntries(sent.map(({ key, name = key, value }) => [name ?? "", value]));
}

function filled(text: string, variables: Record<string, string>): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (whole, name) => variables[name] ?? whole);
}

function withQuery(url: string, query: Record<string, string>): string {
  const search = new URLSearchParams(query);
  return search.size > 0 ? `${url}?${search}` : url;
}

interface Folder<Item> {
  item?: Folder<Item>[];
  items?: Folder<Item>[];
}

/** The requests in a folder and in the folders below it. */
function leaves<Item>(folder: Folder<Item>): Item[] {
  const children = folder.item ?? folder.items;
  return children ? children.flatMap(leaves) : [folder as Item];
}

type PostmanCollection = Folder<PostmanItem> & { variable: Entry[] };
interface PostmanItem {
  name: string;
  request: {
    url: { host: string[]; path: string[]; query: Entry[]; variable: Entry[] };
    method: string;
    header: Entry[];
    body?: { raw?: string };
    auth?: { bearer?: Entry[] };
  };
}

interface BrunoCollection {
  environments: { variables: Entry[] }[];
  items: Folder<BrunoItem>[];
}
interface BrunoItem {
  name: string;
  request: {
    url: string;
    method: string;
    headers: Entry[];
    params: (Entry & { type: "path" | "query" })[];
    body: { mode: string; json: string | null };
    auth: { mode: string; bearer: { token: string } | null };
  };
}
