/**
 * The tokens that are being verified. They have a bound of their own: anyone can send any number of
 * tokens that take long, for example because they name a key that has to be fetched.
 */
import { createTurns } from "../../process/turns.ts";

/** The most verifications in progress. */
const VERIFICATIONS_MAX = 32;
/** The most of one address. */
const OF_ADDRESS_MAX = 8;
/**
 * How long a token waits for a place while no verification of its address ends. With the keys at hand a verification takes a tenth of a
 * millisecond, so many new callers behind one address all get one in this time.
 */
const WAIT_MS = 250;

export interface VerificationsOptions<Result> {
  /** Never rejects because of the token. */
  verify: (token: string) => Promise<Result>;
  /** The most tokens that wait for a place, and requests that wait for one token. */
  requestsMax: number;
  /** How long a token waits for a place, in milliseconds. Default: 250 */
  waitMs?: number;
}

export function createVerifications<Result>({
  verify,
  requestsMax,
  waitMs = WAIT_MS,
}: VerificationsOptions<Result>) {
  const known = new Map<string, { result: Promise<Result | undefined>; requests: number }>();
  const addresses = new Map<string, number>();
  const queue = new Set<{ address: string; proceed: () => void; stay: () => void }>();
  const nextTurn = createTurns();
  let running = 0;

  function hasRoom(address: string): boolean {
    return running < VERIFICATIONS_MAX && (addresses.get(address) ?? 0) < OF_ADDRESS_MAX;
  }

  function count(address: string, change: 1 | -1): void {
    running += change;
    const held = (addresses.get(address) ?? 0) + change;
    if (held > 0) addresses.set(address, held);
    else addresses.delete(address);
  }

  function start(token: string, address: string): Promise<Result> {
    count(address, 1);
    return verify(token).finally(() => {
      count(address, -1);
      for (const waiting of queue) {
        if (hasRoom(waiting.address)) waiting.proceed();
        else if (waiting.address === address) waiting.stay();
      }
    });
  }

  /** Resolves to undefined if there is no place in time. */
  function startLater(token: string, address: string): Promise<Result | undefined> {
    return new Promise((resolve) => {
      const leave = (result?: Promise<Result>) => {
        clearTimeout(timer);
        queue.delete(waiting);
        resolve(result);
      };
      const waiting = {
        address,
        proceed: () => leave(start(token, address)),
        stay: () => void timer.refresh(),
      };
      const timer = setTimeout(() => leave(), waitMs);
      queue.add(waiting);
    });
  }

  function begin(token: string, address: string) {
    const isRoom = hasRoom(address);
    if (!isRoom && queue.size >= requestsMax) return undefined;
    const verifying = isRoom ? start(token, address) : startLater(token, address);
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
