/** Invented addresses, networks and subjects, sent to a service with a rate limit. */
import { pick, type Random, randomFrom } from "../../../platform/database/seed.ts";
import { caller, IDENTITY } from "../../support/callers.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";
import { type Attacked, LASTING, startAttacked } from "./attacked.ts";
import { addressIn, anyHop, oneAddress } from "./hops.ts";

export const name = "invented-callers";
export const description =
  "No caller exceeds its limit with invented addresses or subjects, or uses up the limit of others";

const LIMIT = 20;
const ATTEMPTS = 1_000;
const AT_ONCE = 20;
/** Callers that are counted at once, of each kind (platform/http/admit/rate-limit.ts). */
const CALLERS_MAX = 50_000;
const ENVIRONMENT = { ...IDENTITY, RATE_LIMIT: `${LIMIT}/3600s`, LOG_REQUESTS: "off" };

/** Headers in which a client can invent an address. */
const HEADERS = [
  "x-forwarded-for",
  "forwarded",
  "x-real-ip",
  "true-client-ip",
  "x-client-ip",
  "cf-connecting-ip",
  "x-forwarded",
  "via",
];

type Headed = Record<string, string>;

export async function run({ seed, scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const random = randomFrom(seed);
  const { attempted, expect, outcome } = createOutcome();
  const open = await startAttacked("users", { environment: ENVIRONMENT });
  const behindProxy = await startAttacked("users", {
    environment: { ...ENVIRONMENT, TRUSTED_PROXIES: "127.0.0.0/8" },
  });
  const alice = await caller("1", undefined, LASTING);

  async function ask({ url }: Attacked, headers: Headed): Promise<Response> {
    const response = await fetch(`${url}/users/1`, { headers });
    await response.arrayBuffer();
    attempted();
    expect(response.status < 500, "an invented caller gets a 5xx", JSON.stringify(headers));
    return response;
  }

  /** Sends requests of one caller in many disguises, and expects the limit to hold. */
  async function flood(what: string, users: Attacked, disguise: () => Headed): Promise<void> {
    let admitted = 0;
    for (let sent = 0; sent < (ATTEMPTS * scale) / 4; sent += AT_ONCE) {
      const requests = Array.from({ length: AT_ONCE }, () => ask(users, disguise()));
      for (const { status } of await Promise.all(requests)) if (status !== 429) admitted += 1;
      progress(`${what}: ${sent}`);
    }
    expect(admitted === LIMIT, `${what} got another limit`, `${admitted} of ${LIMIT}`);
  }

  // An honest address and an honest subject have used a part of their limits.
  const honest = { "x-forwarded-for": "192.0.2.1" };
  for (let used = 0; used < 5; used += 1) {
    await ask(behindProxy, honest);
    await ask(behindProxy, alice);
  }

  await flood("a client without a proxy", open, () => ({
    ...badToken(random),
    ...Object.fromEntries(HEADERS.map((header) => [header, anyHop(random)])),
  }));
  await flood("a network of 64 bits", behindProxy, () => ({
    ...badToken(random),
    "x-forwarded-for": `${anyHop(random)}, ${addressIn("2001:db8:7:7", random)}`,
  }));
  await flood("an address of IPv4", behindProxy, () => ({
    ...badToken(random),
    "x-forwarded-for": `${anyHop(random)},${oneAddress(random)}`,
  }));

  let networks = 0;
  for (let sent = 0; sent < (ATTEMPTS * scale) / 4; sent += AT_ONCE) {
    const requests = Array.from({ length: AT_ONCE }, () => {
      networks += 1;
      const hop = `2001:db9:0:${networks.toString(16)}::1`;
      return ask(behindProxy, { ...badToken(random), "x-forwarded-for": hop });
    });
    await Promise.all(requests);
    progress(`networks: ${sent}`);
  }

  // The three are the honest address, the network of 64 bits and the address of IPv4.
  const counted = Math.min(3 + networks, CALLERS_MAX);
  const { subject, address } = await callersOf(behindProxy);
  expect(
    address === counted,
    "the number of counted addresses is wrong",
    `${address} of ${counted}`,
  );
  expect(subject === 1, "an invented subject is counted", String(subject));
  for (const [who, headers] of Object.entries({ address: honest, subject: alice })) {
    const left = remaining(await ask(behindProxy, headers));
    expect(left === LIMIT - 6, `the limit of an honest ${who} changed`, String(left));
  }
  const own = await ask(open, alice);
  expect(
    own.status === 200,
    "a valid token was rejected because of its address",
    String(own.status),
  );
  for (const users of [open, behindProxy]) {
    expect((await users.stop()) === 0, "the service did not end well", users.log().slice(-1_000));
  }
  return outcome();
}

function remaining({ headers }: Response): number {
  return Number(/r=(\d+)/.exec(headers.get("ratelimit") ?? "")?.[1]);
}

async function callersOf({ url }: Attacked): Promise<{ subject: number; address: number }> {
  const headers = await caller("root", "admin");
  const text = await (await fetch(`${url}/metrics`, { headers })).text();
  const read = (kind: string) =>
    Number(new RegExp(`^rate_limit_callers\\{kind="${kind}"\\} (\\d+)$`, "m").exec(text)?.[1]);
  return { subject: read("subject"), address: read("address") };
}

/** No token, or an invalid one: its subject must not be counted. */
function badToken(random: Random): Headed {
  const payload = Buffer.from(JSON.stringify({ sub: `invented-${random()}`, exp: 9e9 }));
  return pick(random, [
    {} as Headed,
    { authorization: "Bearer x" },
    { authorization: `Bearer eyJhbGciOiJIUzI1NiJ9.${payload.toString("base64url")}.AAAA` },
  ]);
}
