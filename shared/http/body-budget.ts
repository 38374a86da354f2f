/** Memory for the bodies that are under way: a place is taken before the first byte of one is read. */
import type { Log } from "../process/log.ts";
import { ProblemError } from "./failure.ts";
import { overloaded, tooLarge } from "./failures.ts";

/** A tenth of a small container. Bun receives bodies whether they are read or not. */
const BYTES_MAX = 8 * 1024 * 1024;

/** What one address may hold while another one waits. */
const SHARE = 1 / 4;

/** For so long an address that was refused counts as waiting: no body is under way for longer. */
const WAITING_MS = 10_000;

/** A client that is refused finds room then: what made no progress since has been given up. */
const RETRY_AFTER_SECONDS = 2;

export interface BodyBudgetOptions {
  /** The largest body accepted: what one that declares no length may come to. */
  maxBodyBytes: number;
  /** The address of whoever sends a request; empty if it has none. */
  peerOf: (request: Request) => string;
  log: Log;
  /** Milliseconds that never go back. Default: `performance.now` */
  now?: () => number;
}

export interface BodyBudget {
  /**
   * Takes a place for the body of a request, and returns what gives it back; nothing if there is no body.
   *
   * @throws ProblemError 413 for a declared length above the largest, 503 if there is no room
   */
  enter(request: Request): (() => void) | undefined;
}

interface Place {
  bytes: number;
  address: string;
  shrink(bytes: number): void;
}

const places = new WeakMap<Request, Place>();

/** Says how large a body without a declared length came to be: it holds no more than that from now on. */
export function bodyReceived(request: Request, bytes: number): void {
  places.get(request)?.shrink(bytes);
}

export function createBodyBudget({
  maxBodyBytes,
  peerOf,
  log,
  now = () => performance.now(),
}: BodyBudgetOptions): BodyBudget {
  const bytesMax = Math.max(BYTES_MAX, maxBodyBytes);
  const shareMax = Math.max(bytesMax * SHARE, maxBodyBytes);
  const held = new Map<string, number>();
  let total = 0;
  /** Who was refused last with less than its share. */
  let waiting = { address: "", until: -Infinity };
  let toldAt = -WAITING_MS;

  function add(address: string, bytes: number): void {
    total += bytes;
    const rest = (held.get(address) ?? 0) + bytes;
    if (rest > 0) held.set(address, rest);
    else held.delete(address);
  }

  function isAdmitted(address: string, bytes: number): boolean {
    const own = (held.get(address) ?? 0) + bytes;
    if (total + bytes > bytesMax) {
      if (own <= shareMax) waiting = { address, until: now() + WAITING_MS };
      return false;
    }
    return own <= shareMax || waiting.address === address || waiting.until <= now();
  }

  return {
    enter(request) {
      const bytes = bytesOf(request, maxBodyBytes);
      if (bytes === 0) return undefined;
      if (bytes > maxBodyBytes) throw largerThan(maxBodyBytes);
      const address = peerOf(request);
      if (!isAdmitted(address, bytes)) {
        if (now() - toldAt >= WAITING_MS) {
          toldAt = now();
          log.warn("bodies refused", { bytes_held: total, addresses: held.size });
        }
        throw new ProblemError(overloaded, {
          headers: { "retry-after": String(RETRY_AFTER_SECONDS), connection: "close" },
        });
      }
      const place: Place = {
        bytes,
        address,
        shrink(rest) {
          add(address, rest - place.bytes);
          place.bytes = rest;
        },
      };
      add(address, bytes);
      places.set(request, place);
      return () => place.shrink(0);
    },
  };
}

/** A failure that ends the connection: what is left of the body is not read. */
export function largerThan(maxBytes: number): ProblemError {
  return new ProblemError(tooLarge, {
    detail: `The body is larger than ${maxBytes} bytes`,
    headers: { connection: "close" },
  });
}

/** How much the body of a request may come to. Bun hands over none of GET and HEAD. */
function bytesOf({ method, headers }: Request, maxBodyBytes: number): number {
  if (method === "GET" || method === "HEAD") return 0;
  if (headers.has("transfer-encoding")) return maxBodyBytes;
  return Number(headers.get("content-length") ?? 0);
}
