/** Callers of every kind, for services that verify tokens with a secret. */
import { OWN_SCOPES } from "../../services.ts";
import { AUDIENCE, type Forgery, ISSUER, sign } from "./issuer.ts";

const SECRET = "a-secret-of-32-bytes-and-more-of-them";

/** Variables of a service that verifies tokens with a secret. */
export const IDENTITY = {
  AUTH: "on",
  AUTH_SECRET: SECRET,
  AUTH_ISSUER: ISSUER,
  AUTH_AUDIENCE: AUDIENCE,
};

/** Signs the tokens. */
export const issuer = { alg: "HS256", privateKey: Buffer.from(SECRET) };

/** Every scope except `admin` and the one for services. */
export const EVERYTHING_OWN = OWN_SCOPES.join(" ");

/** Returns the `Authorization` header of a caller with this subject and these scopes. */
export async function caller(
  sub: string,
  scope: string = EVERYTHING_OWN,
  forgery: Forgery = {},
): Promise<{ authorization: string }> {
  const claims = { sub, scope, ...forgery.claims };
  return { authorization: `Bearer ${await sign(issuer, { ...forgery, claims })}` };
}
