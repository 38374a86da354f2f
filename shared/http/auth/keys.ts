/** The keys that tokens are checked with. */

/** What the header of a token says of its key. */
export interface KeyHint {
  alg: string;
  kid?: string | undefined;
}

export interface Keys {
  /** What a token may be signed with: any other algorithm is refused before a key is looked for. */
  readonly algorithms: readonly string[];
  /** Another number when the keys are others: what the former ones said counts no longer. */
  generation(): number;
  /**
   * The keys that a token may be signed with, each good for this algorithm; none if its key is unknown.
   *
   * @throws KeysUnavailable while there are none at all
   */
  find(hint: KeyHint): Promise<readonly CryptoKey[]>;
  /** Rejects while there are no keys. */
  ping(): Promise<void>;
}

/** No token can be checked at the moment, neither good nor bad. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
  constructor(readonly retryAfterSeconds: number) {
    super("There are no keys to check tokens with");
  }
}

/** The keys of HMAC with SHA-256 that are these texts; the first also signs. */
export async function createSecretKeys(secrets: readonly string[]): Promise<Keys> {
  const keys = await Promise.all(secrets.map(secretKey));
  return {
    algorithms: ["HS256"],
    generation: () => 0,
    find: async () => keys,
    async ping() {},
  };
}

/** The key of HMAC with SHA-256 that is this text in UTF-8. */
export function secretKey(secret: string): Promise<CryptoKey> {
  const hmac = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", Buffer.from(secret), hmac, false, ["sign", "verify"]);
}
