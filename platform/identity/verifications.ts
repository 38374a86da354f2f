/**
 * The tokens that are being verified. They have a bound of their own: anyone can send any number of
 * tokens that take long, for example because they name a key that has to be fetched.
 */
import { createTurns } from "../process/turns.ts";

/** The most verifications in progress. */
const VERIFICATIONS_MAX = 32;
/** The most of one address. */
const OF_ADDRESS_MAX = 8;
/**
 * With the keys at hand a verification takes a tenth of a millisecond, so a token beyond the bound
 * gets a place soon. If none has ended for this long they hang, and it is refused.
 */
const HANGING_MS = 1_000;

export interface VerificationsOptions<Result> {
  /** Never rejects because of the token. */
  verify: (token: string) => Promise<Result>;
  /** The most tokens that wait for a place, and requests that wait for one token. */
  requestsMax: number;
  /** A monotonic clock, in milliseconds. Default: `performance.now` */
  now?: () => number;
}

/** The verifications of one address, or of all. */
interface Place {
  running: number;
  /** When one last began or ended. */
  movedAt: number;
}

export function createVerifications<Result>({
  verify,
  requestsMax,
  now = () => performance.now(),
}: VerificationsOptions<Result>) {
  const known = new Map<string, { result: Promise<Result | undefined>; requests: number }>();
  const all: Place = { running: 0, movedAt: now() };
  const addresses = new Map<string, Place>();
  const queue = new Set<{ address: string; look: () => void }>();
  const nextTurn = createTurns();

  /** The full one of the places that a token of this address needs. */
  function fullPlace(address: string): Place | undefined {
    if (all.running >= VERIFICATIONS_MAX) return all;
    const own = addresses.get(address);
    return own && own.running >= OF_ADDRESS_MAX ? own : undefined;
  }

  function move(address: string, change: 1 | -1): void {
    const own = addresses.get(address) ?? { running: 0, movedAt: 0 };
    for (const place of [all, own]) {
      place.running += change;
      place.movedAt = now();
    }
    if (own.running > 0) addresses.set(address, own);
    else addresses.delete(address);
  }

  function start(token: string, address: string): Promise<Result> {
    move(address, 1);
    return verify(token).finally(() => {
      move(address, -1);
      for (const { look } of queue) look();
    });
  }

  /** Resolves to undefined if the verifications before it hang. */
  function startLater(token: string, address: string): Promise<Result | undefined> {
    return new Promise((resolve) => {
      const waiting = { address, look };
      // After a stall of the event loop, what has ended meanwhile is handled before the second look.
      const timer = setInterval(() => setImmediate(look), HANGING_MS / 4);
      queue.add(waiting);

      function look(): void {
        if (!queue.has(waiting)) return;
        const full = fullPlace(address);
        if (full && now() - full.movedAt < HANGING_MS) return;
        clearInterval(timer);
        queue.delete(waiting);
        resolve(full ? undefined : start(token, address));
      }
    });
  }

  function begin(token: string, address: string) {
    const full = fullPlace(address);
    const isHanging = full && now() - full.movedAt >= HANGING_MS;
    if (isHanging || (full && queue.size >= requestsMax)) return undefined;
    const verifying = full ? startLater(token, address) : start(token, address);
    const result = verifying.finally(() => known.delete(token));
    const verification = { result, requests: 0 };
    known.set(token, verification);
    return verification;
  }

  /**
   * Verifies a token. Requests with the same token share a verification. Those with other tokens
   * may have waited for the same keys, so all continue one after the other; see `turns.ts`. Returns
   * undefined, or resolves to it, if there is no room.
   *
   * @param addressOf returns the address of the client, by which verifications are counted
   */
  return (token: string, addressOf: () => string): Promise<Result | undefined> | undefined => {
    const verification = known.get(token) ?? begin(token, addressOf());
    if (verification === undefined || verification.requests >= requestsMax) return undefined;
    verification.requests += 1;
    return verification.result.finally(nextTurn);
  };
}
