/** The keys that verify tokens. */

/** What the header of a token says about its key. */
export interface KeyHint {
  alg: string;
  kid?: string | undefined;
}

export interface Keys {
  /** The accepted algorithms. Tokens with any other are rejected before a key is looked up. */
  readonly algorithms: readonly string[];
  /**
   * Starts a refresh of old keys. Returns what to wait for, if they are too old to be used before;
   * never rejects.
   */
  settle(): Promise<void> | undefined;
  /**
   * Changes when the keys change: cached results of an earlier generation are invalid. Undefined
   * while there are no keys.
   */
  generation(): number | undefined;
  /**
   * Returns the keys that may have signed a token, each for this algorithm; empty if the key is
   * unknown.
   *
   * @throws KeysUnavailable while there are no keys
   */
  find(hint: KeyHint): Promise<readonly CryptoKey[]>;
  /** Rejects while there are no keys. */
  ping(): Promise<void>;
}

/** No token can be verified at the moment. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
  constructor(readonly retryAfterSeconds: number) {
    super("There are no keys to check tokens with");
  }
}

/** Imports secrets as HMAC keys with SHA-256. The first secret also signs. */
export async function createSecretKeys(secrets: readonly string[]): Promise<Keys> {
  const keys = await Promise.all(secrets.map(secretKey));
  return {
    algorithms: ["HS256"],
    settle: () => undefined,
    generation: () => 0,
    find: async () => keys,
    async ping() {},
  };
}

/** Imports a secret, in UTF-8, as an HMAC key with SHA-256. */
export function secretKey(secret: string): Promise<CryptoKey> {
  const hmac = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", Buffer.from(secret), hmac, false, ["sign", "verify"]);
}
