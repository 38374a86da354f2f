/**
 * The memory budget of request bodies in progress: a body reserves memory before its first byte is
 * read.
 */
import type { Log } from "../../process/log.ts";
import { ProblemError } from "../failure.ts";
import { overloaded, tooLarge } from "../failures.ts";

/** A tenth of a small container. Bun buffers bodies whether or not they are read. */
const BYTES_MAX = 8 * 1024 * 1024;

/** The share that one address may hold while another one waits. */
const SHARE = 1 / 4;

/** How long a rejected address counts as waiting: longer than any body can be in progress. */
const WAITING_MS = 10_000;

/** By then there is room: bodies that made no progress since have been aborted. */
const RETRY_AFTER_SECONDS = 2;

export interface BodyBudgetOptions {
  /** The largest accepted body, which is also reserved for a body of unknown length. */
  maxBodyBytes: number;
  /** `MAX_IN_FLIGHT`: bodies that have not arrived yet occupy at most half of it. */
  inFlightMax: number;
  /** Returns the address of a client; empty if it has none. */
  peerOf: (request: Request) => string;
  log: Log;
  /** A monotonic clock, in milliseconds. Default: `performance.now` */
  now?: () => number;
}

export interface BodyBudget {
  /**
   * Reserves memory for the body of a request. Returns the function that releases it; undefined for
   * a request without a body.
   *
   * @throws ProblemError 413 for a declared length above the limit, 503 if there is no room
   */
  enter(request: Request): (() => void) | undefined;
}

interface Place {
  bytes: number;
  address: string;
  shrink(bytes: number): void;
}

const places = new WeakMap<Request, Place>();

/** Reduces the reservation of a body that has arrived to its actual size. */
export function bodyReceived(request: Request, bytes: number): void {
  places.get(request)?.shrink(bytes);
}

export function createBodyBudget({
  maxBodyBytes,
  inFlightMax,
  peerOf,
  log,
  now = () => performance.now(),
}: BodyBudgetOptions): BodyBudget {
  const bytesMax = Math.max(BYTES_MAX, maxBodyBytes);
  // Small slow bodies would otherwise occupy every request in flight and little memory.
  const bytesMin = Math.floor(bytesMax / Math.max(1, inFlightMax / 2));
  const shareMax = Math.max(bytesMax * SHARE, maxBodyBytes);
  const held = new Map<string, number>();
  let total = 0;
  /** The address that was rejected last while it held less than its share. */
  let waiting = { address: "", until: -Infinity };
  let loggedAt = -WAITING_MS;

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
      const length = bytesOf(request, maxBodyBytes);
      if (length === 0) return undefined;
      if (length > maxBodyBytes) throw largerThan(maxBodyBytes);
      const bytes = Math.max(length, bytesMin);
      const address = peerOf(request);
      if (!isAdmitted(address, bytes)) {
        if (now() - loggedAt >= WAITING_MS) {
          loggedAt = now();
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

/** Closes the connection, because the rest of the body is not read. */
export function largerThan(maxBytes: number): ProblemError {
  return new ProblemError(tooLarge, {
    detail: `The body is larger than ${maxBytes} bytes`,
    headers: { connection: "close" },
  });
}

/** Returns the maximum size of the body. Bun ignores bodies of GET and HEAD. */
function bytesOf({ method, headers }: Request, maxBodyBytes: number): number {
  if (method === "GET" || method === "HEAD") return 0;
  if (headers.has("transfer-encoding")) return maxBodyBytes;
  return Number(headers.get("content-length") ?? 0);
}
