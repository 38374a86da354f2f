/** Sends a shot with values from earlier responses, and checks the response. */
import type {
  DocumentedResponse,
  OpenApiDocument,
  Schema,
} from "../../platform/openapi/document.ts";
import { type Conformance, createConformance, resolve } from "../support/document.ts";
import { Harvested, nameOf, type Shot, type Target } from "./shot.ts";
import { createJudge, type Verdict } from "./verdict.ts";

/** Statuses of malformed requests: a request that matches its document gets none of these. */
const REFUSALS_OF_FORM = new Set([400, 405, 406, 411, 413, 414, 415, 431]);
const INVALID_BODY = "invalid_body";

/** A complete request. */
export interface Sent {
  target: Target;
  path: string;
  method: string;
  url: URL;
  parameters: { in: "path" | "query" | "header"; name: string; text: string }[];
  headers: Headers;
  body?: Uint8Array<ArrayBuffer>;
}

export interface Received {
  status: number;
  headers: Headers;
  text: string;
  /** The body, if it is JSON. */
  json: unknown;
}

/** Values of earlier responses, by the name of their schema, header or link parameter. */
export type Harvest = Map<string, unknown[]>;

/** A fault of the service: it does not behave as its document says. */
export class Finding extends Error {}

export interface Sender {
  /** @throws Finding */
  send(shot: Shot, harvest: Harvest): Promise<{ sent: Sent; received: Received; verdict: Verdict }>;
  /** Number of sent requests. */
  count(): number;
  /** How many responses had each status. */
  statuses: Map<number, number>;
}

export interface SenderOptions {
  answerTimeoutMs: number;
  /** Called with every request and its response. */
  transcript: (lines: string) => void;
}

export function createSender({ answerTimeoutMs, transcript }: SenderOptions): Sender {
  const statuses = new Map<number, number>();
  let count = 0;
  const rules = new Map<Target, { conformance: Conformance; judge: (sent: Sent) => Verdict }>();

  function rulesOf(target: Target) {
    let found = rules.get(target);
    if (!found) {
      const { document } = target;
      found = { conformance: createConformance(document), judge: createJudge(document) };
      rules.set(target, found);
    }
    return found;
  }

  return {
    statuses,
    count: () => count,
    async send(shot, harvest) {
      const sent = prepare(shot, harvest);
      const { conformance, judge } = rulesOf(shot.target);
      const verdict = judge(sent);
      count += 1;
      const signal = AbortSignal.timeout(answerTimeoutMs);
      const request = new Request(sent.url, {
        method: sent.method,
        headers: sent.headers,
        ...(sent.body && { body: sent.body }),
        redirect: "manual",
        signal,
      });
      let response: Response;
      try {
        response = await Promise.race([shot.target.send(request), aborted(signal)]);
      } catch (cause) {
        transcript(`${asCurl(sent)}\n  -> no response: ${String(cause)}`);
        throw new Finding("No response was received", { cause });
      }
      const copy = response.clone();
      const text = await copy.text();
      const { status, headers } = response;
      const received = { status, headers, text, json: jsonOf(text) };
      transcript(`${asCurl(sent)}\n  -> ${status} ${text.slice(0, 500)}`);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === 500) throw new Finding("The service returned a 500");
      compare(verdict, received);
      try {
        await conformance.check(request, response);
      } catch (error) {
        throw new Finding((error as Error).message, { cause: error });
      }
      gather(sent, received, harvest);
      return { sent, received, verdict };
    },
  };
}

/** Rejects on abort: an app in this process ignores the signal. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error));
  });
}

function compare(verdict: Verdict, { status, json }: Received): void {
  // Any request may get these: the service is unavailable, or limits the caller.
  if (status > 500 || status === 429) return;
  if (verdict === "does not fit" && status < 400) {
    throw new Finding(`A request that does not match the document got ${status}`);
  }
  const { code } = (json ?? {}) as { code?: string };
  if (verdict === "fits" && (REFUSALS_OF_FORM.has(status) || code === INVALID_BODY)) {
    throw new Finding(`A request that matches the document was rejected with ${status}`);
  }
}

function prepare(shot: Shot, harvest: Harvest): Sent {
  const { target, path, method } = shot;
  const headers = new Headers();
  const query = new URLSearchParams();
  let pathname = path;
  const parameters = shot.parameters.map(({ in: place, name, value, encoded }) => {
    const plain = String(taken(value, harvest)).toWellFormed();
    if (place === "path") {
      const text = encoded ? plain : encodeURIComponent(plain);
      pathname = pathname.replace(`{${name}}`, () => text);
      return { in: place, name, text };
    }
    if (place === "query") query.append(name, plain);
    else {
      headers.append(name, plain);
      // Joined with an empty value it ends with a space, which no receiver sees (RFC 9110, 5.5).
      headers.set(name, headers.get(name)?.trim() ?? "");
    }
    return { in: place, name, text: plain };
  });
  const search = query.size > 0 ? `?${query}` : "";
  const body = method === "GET" || method === "HEAD" ? undefined : bytesOf(shot, harvest);
  if (body && shot.body?.type !== undefined) headers.set("content-type", shot.body.type);
  return {
    target,
    path,
    method,
    url: new URL(pathname + search, "http://localhost"),
    parameters,
    headers,
    ...(body && { body }),
  };
}

function bytesOf({ body }: Shot, harvest: Harvest): Uint8Array<ArrayBuffer> | undefined {
  if (!body) return undefined;
  if ("raw" in body) return new Uint8Array(body.raw);
  const text = JSON.stringify(body.json, (_key, value: unknown) => taken(value, harvest));
  return new TextEncoder().encode(text + " ".repeat(body.padding ?? 0));
}

function taken(value: unknown, harvest: Harvest): unknown {
  if (!(value instanceof Harvested)) return value;
  const values = harvest.get(value.name) ?? [];
  return values.length > 0 ? values[value.pick % values.length] : value.otherwise;
}

/** Keeps the values of a response, by the names in the document. */
function gather({ target, path, method }: Sent, received: Received, harvest: Harvest): void {
  const { status, headers, json } = received;
  if (status >= 300) return;
  const { document } = target;
  const documented = document.paths[path]?.[method.toLowerCase()]?.responses[status];
  const { content } = documented ? resolve<DocumentedResponse>(document, documented) : {};
  const schema = content?.["application/json"]?.schema;
  if (schema) gatherValue(document, schema, json, harvest);
  const tag = headers.get("etag");
  if (tag) keep(harvest, "header:etag", tag);
  const [, next] = /^<([^>]*)>/.exec(headers.get("link") ?? "") ?? [];
  if (next === undefined) return;
  for (const [name, value] of new URL(next, "http://localhost").searchParams) {
    keep(harvest, `query:${name}`, value);
  }
}

function gatherValue(document: OpenApiDocument, schema: Schema, value: unknown, harvest: Harvest) {
  if (value === null || value === undefined) return;
  const { properties = {}, items } = resolve<Schema>(document, schema as Schema);
  if (Array.isArray(value)) {
    if (items) for (const one of value) gatherValue(document, items, one, harvest);
  } else if (typeof value === "object") {
    for (const [name, field] of Object.entries(properties)) {
      gatherValue(document, field, (value as Record<string, unknown>)[name], harvest);
    }
  } else if (schema.$ref) {
    keep(harvest, nameOf(schema.$ref), value);
  }
}

function keep(harvest: Harvest, name: string, value: unknown): void {
  harvest.set(name, [value, ...(harvest.get(name) ?? [])]);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The request as a shell command; bytes that are not UTF-8 are replaced. */
function asCurl({ target, method, url, headers, body }: Sent): string {
  const parts = [`${target.name}: curl -X ${method} ${quoted(url.pathname + url.search)}`];
  for (const [name, value] of headers) parts.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (body) {
    const text = new TextDecoder().decode(body);
    parts.push(
      `-d ${quoted(text.length > 1_000 ? `${text.slice(0, 1_000)}… (${body.length} bytes)` : text)}`,
    );
  }
  return parts.join(" ");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
