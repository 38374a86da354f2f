/** Callers of every kind, for services that know their callers by a secret. */
import { OWN_SCOPES } from "../../services.ts";
import { AUDIENCE, type Forgery, ISSUER, sign } from "./issuer.ts";

const SECRET = "a-secret-of-32-bytes-and-more-of-them";

/** The variables of a service with identity by a secret. */
export const IDENTITY = {
  AUTH: "on",
  AUTH_SECRET: SECRET,
  AUTH_ISSUER: ISSUER,
  AUTH_AUDIENCE: AUDIENCE,
};

/** Who makes the tokens. */
export const issuer = { alg: "HS256", privateKey: Buffer.from(SECRET) };

/** Every scope but `admin` and the one for services. */
export const EVERYTHING_OWN = OWN_SCOPES.join(" ");

/** The header of a caller with this subject and these scopes. */
export async function caller(
  sub: string,
  scope: string = EVERYTHING_OWN,
  forgery: Forgery = {},
): Promise<{ authorization: string }> {
  const claims = { sub, scope, ...forgery.claims };
  return { authorization: `Bearer ${await sign(issuer, { ...forgery, claims })}` };
}
