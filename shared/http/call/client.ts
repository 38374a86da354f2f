/** One attempt at another service: sent, read within bounds, and checked before it is believed. */
import { Problem } from "../../types.ts";
import { NOT_FOUND } from "../failures.ts";
import { CallError, type CallFailures } from "./error.ts";
import { prepareFetch } from "./prepare.ts";
import { createReader, type Reader } from "./reader.ts";
import { retryAfterMs } from "./retry-after.ts";

/** As the global one; a test may lead it into an app. */
export type Fetch = (url: string, init: BunFetchRequestInit) => Response | Promise<Response>;

export interface ClientOptions {
  /** The other service, as the log names it. */
  service: string;
  baseUrl: string;
  failures: CallFailures;
  /** The largest answer that is read. Default: 65536 */
  answerBytesMax?: number;
  /** Default: `fetch` */
  fetch?: Fetch;
  /** Milliseconds since 1970, for a `Retry-After` that is a date. Default: `Date.now` */
  now?: () => number;
}

export interface GetOptions<Thing> {
  /** Reads the thing in the answer. */
  read: Reader<Thing>;
  /** Default: none */
  headers?: Record<string, string>;
}

/** The media types of what is believed, with any parameters. */
const IS_JSON = /^application\/json[ \t]*(?:;|$)/i;
const IS_PROBLEM = /^application\/problem\+json[ \t]*(?:;|$)/i;

/** "Not now": from the service, or from a gateway before it, whose answer is no problem document. */
const NOT_NOW = [429, 502, 503, 504];

/**
 * A client that asks once and has no deadline of its own: it gives up when the signal is aborted.
 * It fails with a {@link CallError}, or with the reason of the signal.
 */
export function createClient({
  service,
  baseUrl,
  failures: { unavailable, badAnswer },
  answerBytesMax = 65_536,
  fetch: send = fetch,
  now = Date.now,
}: ClientOptions) {
  const base = baseUrl.replace(/\/$/, "");
  if (send === fetch) prepareFetch();

  async function ask<Result>(
    path: string,
    signal: AbortSignal,
    headers: Record<string, string>,
    judge: (response: Response) => Promise<Result>,
  ): Promise<Result> {
    try {
      // On a kept connection that turns out to be closed Bun sends a GET once more, by itself.
      const response = await send(`${base}${path}`, {
        // The answer is measured as it comes: unpacked, a small one may be of any size.
        headers: { accept: "application/json", "accept-encoding": "identity", ...headers },
        decompress: false,
        redirect: "manual",
        signal,
      });
      return await judge(response);
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      if (cause instanceof CallError) throw cause;
      throw new CallError(unavailable, { way: "unreachable", cause });
    }
  }

  async function textOf(response: Response): Promise<string> {
    const { headers } = response;
    const encoding = headers.get("content-encoding");
    const length = headers.get("content-length");
    const isTooLarge = Number(length) > answerBytesMax;
    if (encoding !== null || isTooLarge) {
      await response.body?.cancel();
      throw outsideContract(response, isTooLarge ? "too large" : `encoded as ${encoding}`);
    }
    // With a length alone, which fetch holds the server to, there is nothing to count.
    if (length !== null && !headers.has("transfer-encoding")) return response.text();
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > answerBytesMax) throw outsideContract(response, "too large");
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString();
  }

  /** `undefined` if it is not JSON. */
  async function bodyOf(response: Response): Promise<unknown> {
    const text = await textOf(response);
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  }

  function outsideContract({ status }: Response, what: string): CallError {
    const cause = new Error(`${service} sent an invalid response: ${status}, ${what}`);
    return new CallError(badAnswer, { way: "answered", status, cause });
  }

  return {
    /** The thing under this path; `undefined` if the service says that there is none. */
    get<Thing>(path: string, signal: AbortSignal, { read, headers = {} }: GetOptions<Thing>) {
      return ask(path, signal, headers, async (response): Promise<Thing | undefined> => {
        const { status } = response;
        if (NOT_NOW.includes(status)) {
          await response.body?.cancel();
          throw new CallError(unavailable, {
            way: "answered",
            status,
            retryAfterMs: retryAfterMs(response, now()),
            cause: new Error(`${service} answered ${status}`),
          });
        }
        const body = await bodyOf(response);
        const type = response.headers.get("content-type") ?? "no content type";
        const thing = status === 200 && IS_JSON.test(type) ? read(body) : undefined;
        if (thing !== undefined) return thing;
        const code = IS_PROBLEM.test(type) ? readProblem(body)?.code : undefined;
        if (status === 404 && code === NOT_FOUND) return undefined;
        throw outsideContract(response, code ?? type);
      });
    },

    /** Resolves if the answer under this path is a 200. */
    ping(path: string, signal: AbortSignal): Promise<void> {
      return ask(path, signal, {}, async (response) => {
        await response.body?.cancel();
        if (response.status !== 200) throw outsideContract(response, "to a ping");
      });
    },
  };
}

const readProblem = createReader(Problem);
