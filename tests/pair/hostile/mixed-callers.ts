/** Many concurrent callers on shared connections, with the same idempotency keys and ETags. */
import { pick, randomFrom } from "../../../platform/database/seed.ts";
import { json } from "../../support/ask.ts";
import { caller, IDENTITY } from "../../support/callers.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";
import { startAttacked } from "./attacked.ts";

export const name = "mixed-callers";
export const description =
  "No response contains data of another caller, however many callers send requests at once";

const CALLERS = 24;
/** Requests of each caller, sent in concurrent bursts. */
const REQUESTS = 32;
const BURST = 8;
/** Idempotency keys, which all callers share. */
const KEYS = ["a", "b", "c"];

/** A slow machine is no mix-up. */
const PATIENT = { USERS_ATTEMPT_TIMEOUT_MS: "5000", USERS_TIMEOUT_MS: "20000" };

/** So many are seen among the first requests. */
const TAGS_MAX = 50;

/** A caller whose id, name, email, notes and request ids all contain its mark. */
interface Someone {
  mark: string;
  id: string;
  tokens: { authorization: string }[];
  /** Orders by the key that created them. */
  orders: Map<string, string>;
}

export async function run({ seed, scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const random = randomFrom(seed);
  const { attempted, expect, outcome } = createOutcome();
  const environment = { ...IDENTITY, LOG_REQUESTS: "off" };
  const users = await startAttacked("users", { environment });
  const orders = await startAttacked("orders", {
    environment: { ...environment, USERS_URL: users.url, ...PATIENT },
  });
  const drawn = <Value>(values: readonly Value[]) => pick(random, values);
  let sent = 0;
  /** For conditional reads: entity tags of all callers. */
  const tags = ["*"];

  /** Sends a request of this caller, and looks for marks of other callers in the response. */
  async function send(someone: Someone, url: string, options: RequestInit = {}) {
    const id = `${someone.mark}.${(sent += 1)}`;
    const headers = { ...drawn(someone.tokens), "x-request-id": id, ...options.headers };
    const response = await fetch(url, { ...options, headers });
    const text = await response.text();
    attempted();
    const tag = response.headers.get("etag");
    if (tag && tags.length < TAGS_MAX) tags.push(tag);
    const all = `${JSON.stringify([...response.headers])}${text}`;
    const marks = new Set(all.match(/mark-\d+-/g));
    marks.delete(someone.mark);
    const what = `${options.method ?? "GET"} ${url} was ${response.status}: ${all}`;
    expect(marks.size === 0, "a response contains data of another caller", what);
    expect(
      response.headers.get("x-request-id") === id,
      "a response belongs to another request",
      what,
    );
    expect(response.status < 500, "concurrent requests get a 5xx", what);
    return { status: response.status, text, what };
  }

  async function create(someone: Someone): Promise<void> {
    const key = drawn(KEYS);
    const body = { user_id: someone.id, amount: 1, note: `${someone.mark}${key}` };
    const options = json("POST", body, { "idempotency-key": key });
    const { status, text, what } = await send(someone, `${orders.url}/orders`, options);
    if (status === 409 && text.includes("idempotency_key_in_use")) return;
    expect(status === 201, "an idempotency key of another caller was in the way", what);
    const { id, note } = JSON.parse(text) as { id: string; note: string };
    const first = someone.orders.get(key) ?? id;
    expect(first === id && note === body.note, "an idempotency key returned another order", what);
    someone.orders.set(key, id);
  }

  async function attack(someone: Someone, other: Someone): Promise<void> {
    const order = drawn([...someone.orders.values()]);
    const foreign = drawn([...other.orders.values()]);
    const expand = drawn(["", "?expand=user"]);
    const known = { headers: { "if-none-match": drawn(tags) } };
    const self = `${users.url}/users/${someone.id}`;
    const read = (url: string, options: RequestInit = {}) => isRead(send(someone, url, options));
    const own: (() => Promise<void>)[] = [
      () => create(someone),
      () => read(self, drawn([{}, known])),
      () => read(self, json("PATCH", { name: `${someone.mark}renamed` })),
      () => read(`${users.url}/users`),
      () => read(`${users.url}/users?email=${other.mark}@example.com`),
      () => read(`${orders.url}/orders?user_id=${someone.id}`),
      () => read(`${orders.url}/orders/${order}${expand}`, drawn([{}, known])),
    ];
    const foreignUser = `${users.url}/users/${other.id}`;
    const foreignOrder = `${orders.url}/orders/${foreign}`;
    const list = `${orders.url}/orders?user_id=${other.id}`;
    const tryFor = (url: string, options: RequestInit) => isHidden(send(someone, url, options));
    const others: (() => Promise<void>)[] = [
      () => tryFor(drawn([foreignUser, list, `${foreignOrder}${expand}`]), drawn([{}, known])),
      () => tryFor(foreignUser, json("PATCH", { name: "x" })),
      () => tryFor(foreignUser, { method: "DELETE" }),
      () => tryFor(foreignOrder, json("PATCH", { status: "cancelled" })),
    ];
    await drawn(random() < 0.7 ? own : others)();
  }

  type Sent = ReturnType<typeof send>;
  async function isRead(sending: Sent): Promise<void> {
    const { status, what } = await sending;
    expect(status === 200 || status === 304, "a caller did not get its own resource", what);
  }
  async function isHidden(sending: Sent): Promise<void> {
    const { status, what } = await sending;
    expect(status === 404, "a resource of another caller was found", what);
  }

  const everyone = await Promise.all(Array.from({ length: CALLERS }, (_, n) => someoneNew(n)));
  for (const someone of everyone) {
    const body = { name: someone.mark, email: `${someone.mark}@example.com` };
    await send(someone, `${users.url}/users`, json("POST", body, { "idempotency-key": "a" }));
  }
  await Promise.all(everyone.map(create));
  for (let round = 0; round < (REQUESTS / BURST) * scale; round += 1) {
    // New tokens are verified while others are in the cache.
    if (round % 4 === 0) await Promise.all(everyone.map(renew));
    const attacks = everyone.flatMap((someone, n) =>
      Array.from({ length: BURST }, () => {
        const other = everyone[(n + 1 + Math.floor(random() * (CALLERS - 1))) % CALLERS];
        return attack(someone, other as Someone);
      }),
    );
    await Promise.all(attacks);
    progress(`${round} of ${(REQUESTS / BURST) * scale}`);
  }
  const all = everyone.flatMap((someone) => Array.from(someone.orders.values()));
  expect(new Set(all).size === all.length, "two callers have the same order");
  for (const service of [orders, users]) {
    expect((await service.stop()) === 0, "a service did not end well", service.log().slice(-1_000));
  }
  return outcome();
}

async function someoneNew(n: number): Promise<Someone> {
  const mark = `mark-${n}-`;
  const someone = { mark, id: `${mark}id`, tokens: [], orders: new Map<string, string>() };
  await renew(someone);
  return someone;
}

async function renew(someone: Someone): Promise<void> {
  const forgery = { claims: { jti: crypto.randomUUID() } };
  someone.tokens = [await caller(someone.id, undefined, forgery), ...someone.tokens.slice(0, 2)];
}
