/**
 * Sends tokens with wrong signatures, and with keys that the issuer has to be asked for while it
 * does not respond.
 */
import { AUDIENCE, createSigner, ISSUER, serveKeySet, sign } from "../../support/issuer.ts";
import { openConnection } from "../../support/kept-connection.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";
import { LASTING, startAttacked } from "./attacked.ts";

export const name = "unverified-tokens";
export const description =
  "Tokens that take long to verify take no place of a caller who is known, or from elsewhere";

const FORGED_AT_ONCE = 600;
const HONEST = 26;
const ROUND_MS = 3_000;
/** As many as verifications that may be in progress. */
const IN_FLIGHT_MAX = 32;
const READ_PAUSE_MS = 20;

/** Only on Linux, all of 127.0.0.0/8 is this machine. */
const ELSEWHERE = process.platform === "linux" ? "127.0.0.2" : "127.0.0.1";

export async function run({ scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const { attempted, expect, outcome } = createOutcome();
  const signer = await createSigner("known");
  await using issuer = serveKeySet([signer]);
  const users = await startAttacked("users", {
    environment: {
      AUTH: "on",
      AUTH_ISSUER: ISSUER,
      AUTH_AUDIENCE: AUDIENCE,
      AUTH_JWKS_URL: issuer.url,
      HOST: "127.0.0.1",
      LOG_REQUESTS: "off",
      MAX_IN_FLIGHT: String(IN_FLIGHT_MAX),
    },
  });
  const claims = { ...LASTING.claims, scope: "users:read", sub: "1" };
  const bearer = async (jti: string, by = signer, header = {}) =>
    `Authorization: Bearer ${await sign(by, { header, claims: { ...claims, jti } })}`;
  const forger = { ...(await createSigner("forger")), kid: "known" };
  const known = await Promise.all(
    Array.from({ length: HONEST }, async (_, n) =>
      openConnection(users.port, [await bearer(String(n))]),
    ),
  );
  for (const { ask } of known) {
    expect((await ask("/users/1")) === 200, "a valid token was rejected");
  }
  issuer.answerWith(() => new Promise<never>(() => {}));

  const rounds = Math.min(10, scale);
  const until = performance.now() + rounds * ROUND_MS;
  async function forge(n: number): Promise<void> {
    const header = n % 2 === 0 ? { kid: `unknown-${n}` } : {};
    const token = await bearer(String(n), forger, header);
    const { ask, close } = await openConnection(users.port, [token]);
    while (performance.now() < until) {
      const status = await ask("/users/1");
      attempted();
      expect([401, 503].includes(status), "a forged token got another response", String(status));
    }
    close();
  }
  const forging = Array.from({ length: FORGED_AT_ONCE }, (_, n) => forge(n));

  let fresh = 0;
  while (performance.now() < until) {
    const statuses = await Promise.all(known.map(({ ask }) => ask("/users/1")));
    const refused = statuses.filter((status) => status !== 200);
    expect(refused.length === 0, "a caller who is known was refused", refused.join());
    fresh += 1;
    const other = await openConnection(users.port, [await bearer(`new-${fresh}`)], ELSEWHERE);
    const status = await other.ask("/users/1");
    expect(status === 200, "a valid token from elsewhere was refused", String(status));
    other.close();
    progress(`${fresh} rounds of known callers`);
    await Bun.sleep(READ_PAUSE_MS);
  }
  await Promise.all(forging);
  for (const { close } of known) close();
  expect((await users.stop()) === 0, "the service did not end well", users.log().slice(-1_000));
  return outcome();
}
