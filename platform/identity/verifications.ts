/**
 * The tokens that are being verified. They have a bound of their own: anyone can send any number of
 * tokens that take long, for example because they name a key that has to be fetched.
 */
import { createTurns } from "../process/turns.ts";

/** The most verifications in progress. */
const VERIFICATIONS_MAX = 32;
/** The most of one address. A verification takes a tenth of a millisecond, or a fetch of keys. */
const OF_ADDRESS_MAX = 8;

export interface VerificationsOptions<Result> {
  /** Never rejects because of the token. */
  verify: (token: string) => Promise<Result>;
  /** The most requests that wait for the verification of one token. */
  requestsMax: number;
}

export function createVerifications<Result>({ verify, requestsMax }: VerificationsOptions<Result>) {
  const running = new Map<string, { result: Promise<Result>; requests: number }>();
  const addresses = new Map<string, number>();
  const nextTurn = createTurns();

  function begin(token: string, address: string) {
    const held = addresses.get(address) ?? 0;
    if (running.size >= VERIFICATIONS_MAX || held >= OF_ADDRESS_MAX) return undefined;
    addresses.set(address, held + 1);
    const result = verify(token).finally(() => end(token, address));
    const verification = { result, requests: 0 };
    running.set(token, verification);
    return verification;
  }

  function end(token: string, address: string): void {
    running.delete(token);
    const rest = (addresses.get(address) ?? 1) - 1;
    if (rest > 0) addresses.set(address, rest);
    else addresses.delete(address);
  }

  /**
   * Verifies a token. Requests with the same token share a verification. Those with other tokens
   * may have waited for the same keys, so all continue one after the other; see `turns.ts`.
   * Undefined if there is no room.
   *
   * @param addressOf returns the address of the client, by which verifications are counted
   */
  return (token: string, addressOf: () => string): Promise<Result> | undefined => {
    const verification = running.get(token) ?? begin(token, addressOf());
    if (verification === undefined || verification.requests >= requestsMax) return undefined;
    verification.requests += 1;
    return verification.result.finally(nextTurn);
  };
}
