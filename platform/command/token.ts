/** The command that prints a token, for trying the services or for a client program. */
import { type Scopes } from "../identity/scopes.ts";
import { secretsIn } from "../process/identity-rules.ts";
import { OperatorError, UsageError } from "../process/operator-error.ts";
import type { Output } from "../process/output.ts";
import type { ServiceConfig } from "./service.ts";

/** The options of the command, as written. */
export interface TokenOptions {
  /** The subject: the id of a user. */
  sub?: string | undefined;
  /** The scopes, separated by spaces. */
  scope?: string | undefined;
  /** The lifetime, for example `1h`. Default: 1h */
  expires?: string | undefined;
}

/**
 * Prints a token and nothing else.
 *
 * @throws UsageError for invalid options
 * @throws OperatorError if the services do not accept tokens signed with AUTH_SECRET
 */
export async function token(
  { AUTH, AUTH_SECRET, AUTH_ISSUER, AUTH_AUDIENCE }: ServiceConfig,
  { sub: subject, scope, expires = "1h" }: TokenOptions,
  { scopes, output: { print } }: { scopes: Scopes; output: Output },
): Promise<void> {
  if (!subject) throw new UsageError("--sub: expected the id of a user");
  const unknown = (scope ?? "").split(" ").filter((one) => !Object.hasOwn(scopes, one));
  if (scope === undefined || unknown.length > 0) {
    throw new UsageError(`--scope: expected one or more of ${Object.keys(scopes).join(", ")}`);
  }
  const lifetimeSeconds = parseDurationSeconds(expires);
  if (lifetimeSeconds === undefined) {
    throw new UsageError("--expires: expected a time such as 90s, 15m, 1h or 7d");
  }
  const [secret] = secretsIn(AUTH_SECRET);
  if (AUTH !== "on" || !secret) {
    throw new OperatorError("The command token needs AUTH=on and AUTH_SECRET");
  }
  const { mintToken } = await import("../identity/own-token.ts");
  const minting = { secret, issuer: AUTH_ISSUER, audience: AUTH_AUDIENCE, subject, scope };
  await print(`${await mintToken({ ...minting, lifetimeSeconds })}\n`);
}

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/**
 * Returns the seconds of a text such as `90s`, `15m`, `1h` or `7d`; undefined for any other text.
 */
export function parseDurationSeconds(text: string): number | undefined {
  const [, number, unit] = /^([1-9]\d{0,6})([smhd])$/.exec(text) ?? [];
  return number && unit ? Number(number) * SECONDS[unit as keyof typeof SECONDS] : undefined;
}
