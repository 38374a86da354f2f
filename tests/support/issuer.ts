/** An issuer of tokens, with its own keys and a key set on a port. */
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";

export const ISSUER = "https://issuer.example.com/";
export const AUDIENCE = "https://shop.example.com";

export type Algorithm = "RS256" | "ES256" | "EdDSA";

/** A key pair: the private key, and the public key as in the key set. */
export interface Signer {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  publicJwk: JWK;
}

export async function createSigner(kid: string, alg: Algorithm = "ES256"): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return {
    kid,
    alg,
    privateKey,
    publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" },
  };
}

export interface Forgery {
  /** Replace or extend the claims of a valid token; undefined removes a claim. */
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  /** Milliseconds since 1970. Default: now */
  now?: number;
}

/** Signs a token that is valid for a minute, unless it is forged. */
export async function sign(
  {
    kid,
    alg,
    privateKey,
  }: Pick<Signer, "alg"> & { kid?: string; privateKey: CryptoKey | Uint8Array },
  { claims = {}, header = {}, now = Date.now() }: Forgery = {},
): Promise<string> {
  const seconds = Math.floor(now / 1000);
  const payload = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: "1",
    iat: seconds,
    exp: seconds + 60,
    ...claims,
  };
  const crit = Object.fromEntries(((header["crit"] as string[]) ?? []).map((name) => [name, true]));
  return new SignJWT(payload)
    .setProtectedHeader({ alg, typ: "at+jwt", ...(kid && { kid }), ...header } as { alg: string })
    .sign(privateKey, { crit });
}

/** Serves a key set on a port. Its response can be changed at any time. */
export function serveKeySet(signers: readonly Signer[]) {
  let requests = 0;
  let answer: () => Response | Promise<Response> = () => keySet(signers);
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch() {
      requests += 1;
      return answer();
    },
  });
  return {
    url: `${server.url.origin}/jwks.json`,
    /** Number of received requests. */
    requests: () => requests,
    publish(others: readonly Signer[]) {
      answer = () => keySet(others);
    },
    answerWith(other: () => Response | Promise<Response>) {
      answer = other;
    },
    async [Symbol.asyncDispose]() {
      await server.stop(true);
    },
  };
}

function keySet(signers: readonly Signer[]): Response {
  return Response.json({ keys: signers.map(({ publicJwk }) => publicJwk) });
}
