/** One request to another service: sends it, reads the response within limits, and validates it. */
import type { Static, TSchema } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { Value } from "@sinclair/typebox/value";

import { Problem } from "../contract/schemas.ts";
import { NOT_FOUND } from "../http/failures.ts";
import { DIRECT, prepareFetch, retryAfterMs, textAtMost } from "../http/fetch.ts";
import type { Clock } from "../process/clock.ts";
import { CallError, type CallFailures } from "./error.ts";
import { createRenewal } from "./renewal.ts";

/** Like the global `fetch`; a test may pass requests to an app. */
export type Fetch = (url: string, init: BunFetchRequestInit) => Response | Promise<Response>;

export interface ClientOptions {
  /** The name of the service, for errors. */
  service: string;
  /** Without a slash at the end. */
  baseUrl: string;
  failures: CallFailures;
  /** The size limit of a response, in bytes. Default: 65536 */
  responseBytesMax?: number;
  /** Default: `fetch` */
  fetch?: Fetch;
  /** Milliseconds since 1970, for a `Retry-After` that is a date. Default: `Date.now` */
  now?: () => number;
  /** For the age of connections. Default: the system clock */
  clock?: Clock;
}

export interface GetOptions<Resource> {
  /** Validates the resource in the response. */
  read: Reader<Resource>;
  /** Default: none */
  headers?: Record<string, string>;
}

/** The accepted media types, with any parameters. */
const IS_JSON = /^application\/json[ \t]*(?:;|$)/i;
const IS_PROBLEM = /^application\/problem\+json[ \t]*(?:;|$)/i;

/** How much of what the other service sent may be logged. */
const WHAT_LENGTH_MAX = 100;

/**
 * "Not now": from the service, or from a gateway before it, which does not send a problem document.
 */
const NOT_NOW = [429, 502, 503, 504];

/**
 * Sends each request once and has no deadline of its own: the signal aborts it. Fails with a {@link
 * CallError}, or with the reason of the signal.
 */
export function createClient({
  service,
  baseUrl,
  failures: { unavailable, badResponse },
  responseBytesMax = 65_536,
  fetch: send = fetch,
  now = Date.now,
  clock,
}: ClientOptions) {
  const isLast = createRenewal(clock);
  if (send === fetch) prepareFetch();

  async function request<Result>(
    path: string,
    signal: AbortSignal,
    headers: Record<string, string>,
    handle: (response: Response) => Promise<Result>,
  ): Promise<Result> {
    try {
      // If a reused connection turns out to be closed, Bun itself sends a GET a second time.
      const response = await send(`${baseUrl}${path}`, {
        // The size is measured as received. Decompressed, a small response may have any size.
        headers: {
          accept: "application/json",
          "accept-encoding": "identity",
          ...(isLast() && { connection: "close" }),
          ...headers,
        },
        decompress: false,
        redirect: "manual",
        signal,
        ...DIRECT,
      });
      return await handle(response);
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      if (cause instanceof CallError) throw cause;
      // Bun's message names the URL, with the id that a client asked for, which is not for the log.
      const { code, name } = cause as NodeJS.ErrnoException;
      const nameless = new Error(`${service} cannot be reached: ${code ?? name}`);
      throw new CallError(unavailable, { kind: "unreachable", cause: nameless });
    }
  }

  async function textOf(response: Response): Promise<string> {
    const { headers } = response;
    const encoding = headers.get("content-encoding");
    const length = headers.get("content-length");
    const isTooLarge = Number(length) > responseBytesMax;
    if (encoding !== null || isTooLarge) {
      await response.body?.cancel();
      throw outsideContract(response, isTooLarge ? "too large" : `encoded as ${encoding}`);
    }
    // If there is only a length, which fetch enforces, there is nothing to count.
    if (length !== null && !headers.has("transfer-encoding")) return response.text();
    const text = await textAtMost(response, responseBytesMax);
    if (text === undefined) throw outsideContract(response, "too large");
    return text;
  }

  /** Undefined if it is not JSON. */
  async function bodyOf(response: Response): Promise<unknown> {
    const text = await textOf(response);
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  }

  function outsideContract({ status }: Response, what: string): CallError {
    const short = what.slice(0, WHAT_LENGTH_MAX);
    const cause = new Error(`${service} sent an invalid response: ${status}, ${short}`);
    return new CallError(badResponse, { kind: "response", status, cause });
  }

  return {
    /**
     * Returns the resource at this path; undefined if the service reports that it does not exist.
     */
    get<Resource>(path: string, signal: AbortSignal, { read, headers = {} }: GetOptions<Resource>) {
      return request(path, signal, headers, async (response): Promise<Resource | undefined> => {
        const { status } = response;
        if (NOT_NOW.includes(status)) {
          await response.body?.cancel();
          throw new CallError(unavailable, {
            kind: "response",
            status,
            retryAfterMs: retryAfterMs(response, now()),
            cause: new Error(`${service} responded with ${status}`),
          });
        }
        const body = await bodyOf(response);
        const type = response.headers.get("content-type") ?? "no content type";
        const resource = status === 200 && IS_JSON.test(type) ? read(body) : undefined;
        if (resource !== undefined) return resource;
        const code = IS_PROBLEM.test(type) ? readProblem(body)?.code : undefined;
        if (status === 404 && code === NOT_FOUND) return undefined;
        throw outsideContract(response, code ?? type);
      });
    },

    /** Resolves if the response of this path is a 200. */
    ping(path: string, signal: AbortSignal): Promise<void> {
      return request(path, signal, {}, async (response) => {
        await response.body?.cancel();
        if (response.status !== 200) throw outsideContract(response, "to a ping");
      });
    },
  };
}

/**
 * Returns a function that returns a valid value, and undefined for any other. Unknown properties
 * are dropped: a service may send new fields, and they are not passed on. The schema is compiled on
 * first use.
 */
export function createReader<Schema extends TSchema>(schema: Schema) {
  let compiled: TypeCheck<Schema> | undefined;
  return (value: unknown): Static<Schema> | undefined => {
    compiled ??= TypeCompiler.Compile(schema);
    if (compiled.Check(value)) return value;
    const known = Value.Clean(schema, value);
    return compiled.Check(known) ? known : undefined;
  };
}
export type Reader<Read> = (value: unknown) => Read | undefined;

const readProblem = createReader(Problem);
