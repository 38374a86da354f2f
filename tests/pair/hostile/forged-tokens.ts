/** Forged and altered tokens, sent to a service with a secret and to one with a key set. */
import { type Random, randomFrom } from "../../../platform/database/seed.ts";
import { caller, IDENTITY, issuer } from "../../support/callers.ts";
import { exchange, statuses } from "../../support/connection.ts";
import { createSigner, serveKeySet, sign, type Signer } from "../../support/issuer.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";
import { type Attacked, LASTING, startAttacked } from "./attacked.ts";
import { base64url, createForger, isSpelling, oddPayload } from "./forgeries.ts";

export const name = "forged-tokens";
export const description =
  "Only a token that the issuer signed identifies a caller, and no rejection says what is wrong";

const TOKENS = 800;
const AT_ONCE = 20;
const CLAIMS = { ...LASTING.claims, scope: "users:read" };
const REQUEST_ID = "forged";

/** A service, with valid tokens of users 1 and 2. */
interface Victim {
  users: Attacked;
  tokens: readonly [string, string];
  forge: () => Promise<string>;
}

export async function run({ seed, scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const random = randomFrom(seed);
  const { attempted, expect, outcome } = createOutcome();
  let led = 0;
  const elsewhere = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => Response.json({ keys: [], led: (led += 1) }),
  });
  const signer = await createSigner("good");
  await using keySet = serveKeySet([signer, await createSigner("other", "RS256")]);
  const { AUTH, AUTH_ISSUER, AUTH_AUDIENCE } = IDENTITY;
  const byKeys = { AUTH, AUTH_ISSUER, AUTH_AUDIENCE, AUTH_JWKS_URL: keySet.url };

  async function open(environment: Record<string, string>, owner?: Signer): Promise<Victim> {
    const users = await startAttacked("users", { environment });
    const [one, two] = await Promise.all(
      ["1", "2"].map((sub) => sign(owner ?? issuer, { claims: { ...CLAIMS, sub } })),
    );
    const tokens = [one as string, two as string] as const;
    const url = `${elsewhere.url.origin}/keys`;
    const forge = await createForger(random, { tokens, publicJwk: owner?.publicJwk, url });
    return { users, tokens, forge };
  }
  const secret = await open({ ...IDENTITY, LOG_REQUESTS: "off" });
  const keys = await open({ ...byKeys, LOG_REQUESTS: "off" }, signer);
  const bodies = new Set<string>();

  /** Sends a token that the issuer did not sign in this form. */
  async function forged({ users, tokens, forge }: Victim): Promise<void> {
    const token = await forge();
    const response = await ask(users, `Bearer ${token}`);
    attempted();
    const { status } = response;
    const body = await response.text();
    if (isSpelling(token, tokens)) return;
    expect([400, 401].includes(status), "a forged token was accepted", `${status} for ${token}`);
    if (status === 401) bodies.add(body);
  }

  /** Sends a token that the issuer signed, with invalid claims. */
  async function odd(): Promise<void> {
    const payload = oddPayload(random);
    const { status } = await ask(secret.users, `Bearer ${signText(payload)}`);
    attempted();
    const what = `${status} for ${payload}`;
    expect([401, 403, 404].includes(status), "a token with invalid claims was accepted", what);
  }

  /** Sends a valid token in the wrong place. */
  async function misplaced({ users: { port }, tokens }: Victim): Promise<void> {
    const lines = misplacedIn(tokens, random);
    const [status = 0] = statuses(await exchange({ port }, lines.join("\r\n")));
    attempted();
    const what = `${status} for ${lines.slice(0, -2).join(" | ").replaceAll(tokens[0], "TOKEN")}`;
    expect(status === 400 || status === 401, "a token was accepted in the wrong place", what);
  }

  const attacks = [() => forged(secret), () => forged(keys), odd, () => forged(keys)];
  for (let sent = 0; sent < TOKENS * scale; sent += AT_ONCE) {
    const victim = random() < 0.5 ? secret : keys;
    await Promise.all([
      ...Array.from({ length: AT_ONCE - 1 }, (_, n) => attacks[n % attacks.length]?.()),
      misplaced(victim),
    ]);
    progress(`${sent} of ${TOKENS * scale}`);
  }

  expect(bodies.size === 1, "rejections of tokens differ", [...bodies].join(" and "));
  expect(led === 0, "a service fetched keys from a URL in a token", String(led));
  // 16,000 tokens take less than a minute, and unknown keys are fetched every 10 s at most.
  expect(
    keySet.requests() <= 10 * scale,
    "the issuer got too many requests",
    String(keySet.requests()),
  );
  for (const { users } of [secret, keys]) {
    const { status } = await ask(users, await goodFor(users === keys.users ? signer : undefined));
    expect(status === 200, "a valid token was rejected afterwards", String(status));
    expect((await users.stop()) === 0, "the service did not end well", users.log().slice(-1_000));
    const line = /^.*(?:eyJ|OR '1'|dev\/null).*$/m.exec(users.log())?.[0];
    expect(line === undefined, "a part of a token is in the log", line);
  }
  await elsewhere.stop(true);
  return outcome();
}

async function goodFor(owner: Signer | undefined): Promise<string> {
  if (!owner) return (await caller("1")).authorization;
  return `Bearer ${await sign(owner, { claims: { ...CLAIMS, sub: "1" } })}`;
}

function ask({ url }: Attacked, authorization: string): Promise<Response> {
  const headers = { authorization, "x-request-id": REQUEST_ID };
  return fetch(`${url}/users/1`, { headers });
}

function signText(payload: string): string {
  const input = `${base64url({ alg: "HS256", typ: "at+jwt" })}.${base64url(payload)}`;
  const mac = new Bun.CryptoHasher("sha256", issuer.privateKey).update(input);
  return `${input}.${mac.digest("base64url")}`;
}

/** A request that has a valid token, but not in a single `Authorization` header. */
function misplacedIn([token, other]: readonly [string, string], random: Random): string[] {
  const places = [
    [`Authorization: Bearer ${token}`, `Authorization: Bearer ${other}`],
    [`Authorization: Bearer ${token}`, `AUTHORIZATION: Basic MTox`],
    [`Authorization: Bearer ${token}, Bearer ${token}`],
    [`Authorization: Bearer "${token}"`],
    [`Authorization: Bearer\t${token}`],
    [`Authorization: Bearer ${token.slice(0, 20)}`, ` ${token.slice(20)}`],
    [`Authorization: ${token}`],
    [`Authorization: DPoP ${token}`],
    [`Proxy-Authorization: Bearer ${token}`],
    [`Cookie: access_token=${token}; Authorization=Bearer ${token}`],
    [`X-Authorization: Bearer ${token}`],
    [`Content-Length: ${token.length + 13}`, "", `access_token=${token}`],
  ];
  const place = places[Math.floor(random() * places.length)] ?? [];
  const query = random() < 0.3 ? `?access_token=${token}` : "";
  const first = `GET /users/1${query} HTTP/1.1`;
  return [first, "Host: localhost", "Connection: close", ...place, "", ""];
}
