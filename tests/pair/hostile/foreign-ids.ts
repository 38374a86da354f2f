/** Requests for resources of another user, compared with requests for ids that nothing has. */
import { pick, type Random, randomFrom } from "../../../platform/database/seed.ts";
import { json } from "../../support/ask.ts";
import { caller, IDENTITY } from "../../support/callers.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";
import { type Attacked, LASTING, startAttacked } from "./attacked.ts";

export const name = "foreign-ids";
export const description =
  "A resource of another user gets the same response, by the same work, as one that does not exist";

const PAIRS = 60;
/** Pairs that are sent while `users` is down. */
const PAIRS_ALONE = 20;
const SHOWN = { "x-request-id": "foreign" };

/** The metrics that count database operations and calls. */
const WORK = /^((?:database_operation_duration_seconds_count|call_\w+_total)\S*) (\d+)$/gm;

/** The ids of resources that exist or not. */
interface Ids {
  user: string;
  order: string;
  email: string;
}

export async function run({ seed, scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const random = randomFrom(seed);
  const { attempted, expect, outcome } = createOutcome();
  const environment = { ...IDENTITY, LOG_REQUESTS: "off" };
  const users = await startAttacked("users", { environment });
  const orders = await startAttacked("orders", {
    environment: { ...environment, USERS_URL: users.url },
  });
  const [bob, admin] = await Promise.all([
    caller("2", undefined, LASTING),
    caller("root", "admin", LASTING),
  ]);
  const taken = await createForeign({ users, orders }, admin);
  const free = { user: otherId(taken.user), order: otherId(taken.order), email: "no@example.com" };

  async function send({ url, options }: Shot): Promise<string> {
    const headers = { ...options.headers, ...bob, ...SHOWN };
    const response = await fetch(url, { ...options, headers });
    const told = [...response.headers].filter(([header]) => header !== "date");
    return `${response.status} ${JSON.stringify(told)} ${await response.text()}`;
  }

  /** Returns how many operations of each kind the services have made since they started. */
  async function worked(running: readonly Attacked[]): Promise<Map<string, number>> {
    const pages = running.map(({ url }) => fetch(`${url}/metrics`, { headers: admin }));
    const texts = await Promise.all((await Promise.all(pages)).map((page) => page.text()));
    const all = texts.flatMap((text, n) => Array.from(text.matchAll(WORK), (line) => [n, ...line]));
    return new Map(all.map(([n, , what, count]) => [`${n} ${what}`, Number(count)]));
  }

  async function compare(count: number, running: readonly Attacked[]): Promise<void> {
    let before = await worked(running);
    for (let pair = 0; pair < count; pair += 1) {
      const shot = anyShot(random, { users: users.url, orders: orders.url });
      const [there, nowhere] = [shot(taken), shot(free)];
      if (!running.some(({ url }) => there.url.startsWith(url))) continue;
      const response = await send(there);
      const between = await worked(running);
      const other = await send(nowhere);
      const after = await worked(running);
      attempted(2);
      const what = `${there.options.method ?? "GET"} ${there.url}: ${response}, ${other}`;
      expect(response === other, "a response reveals that a resource exists", what);
      expect(!response.startsWith("5"), "a request for another user's resource gets a 5xx", what);
      const [work, otherWork] = [difference(before, between), difference(between, after)];
      const done = `${work} and ${otherWork} for ${what}`;
      expect(work === otherWork, "a resource that exists costs other work", done);
      before = after;
      progress(`${pair} of ${count}`);
    }
  }

  const urls = [`${users.url}/users/${taken.user}`, `${orders.url}/orders/${taken.order}`];
  const tagOf = async (url: string) => (await fetch(url, { headers: admin })).headers.get("etag");
  const tags = await Promise.all(urls.map(tagOf));
  await compare(PAIRS * scale, [users, orders]);
  for (const [index, url] of urls.entries()) {
    const tag = await tagOf(url);
    expect(tag !== null && tag === tags[index], "a user or an order was changed", url);
  }

  // A call to `users` would now show as a 503.
  expect((await users.stop()) === 0, "users did not end well", users.log().slice(-1_000));
  await compare(PAIRS_ALONE * scale, [orders]);
  expect((await orders.stop()) === 0, "orders did not end well", orders.log().slice(-1_000));
  return outcome();
}

interface Shot {
  url: string;
  options: { method?: string; headers?: Record<string, string>; body?: string };
}

/** Returns a random request, as a function of the ids in it. */
function anyShot(random: Random, base: { users: string; orders: string }): (ids: Ids) => Shot {
  const drawn = <Value>(values: readonly Value[]) => pick(random, values);
  const tag = drawn(["*", '"1"', '"2"', 'W/"1"', '"1", "2"']);
  const known = drawn<Record<string, string>>([{}, { "if-none-match": tag }]);
  const admitted = drawn<Record<string, string>>([{}, { "if-match": tag }]);
  const keyed = drawn<Record<string, string>>([{}, { "idempotency-key": `k${random()}` }]);
  const read = { method: drawn(["GET", "GET", "HEAD"]), headers: known };
  const expand = drawn(["", "?expand=user", "?expand=nothing", "?x=1"]);
  const query = drawn(["", "&status=pending", "&status=lost", "&limit=1", "&cursor=abc"]);
  const change = drawn([{ name: "X" }, { email: "new@example.com" }, { id: "2" }, {}]);
  const status = drawn(["cancelled", "paid", "shipped", "pending", "lost"]);
  const amount = drawn([1, 0.001, -1, "1"]);
  const user = (ids: Ids) => `${base.users}/users/${ids.user}`;
  const order = (ids: Ids) => `${base.orders}/orders/${ids.order}`;
  const orders = `${base.orders}/orders`;
  return drawn<(ids: Ids) => Shot>([
    (ids) => ({ url: user(ids), options: read }),
    (ids) => ({ url: user(ids), options: json("PATCH", change, admitted) }),
    (ids) => ({ url: user(ids), options: { method: "DELETE", headers: admitted } }),
    ({ email }) => ({ url: `${base.users}/users?email=${email}`, options: read }),
    (ids) => ({ url: `${order(ids)}${expand}`, options: read }),
    (ids) => ({ url: order(ids), options: json("PATCH", { status }, admitted) }),
    (ids) => ({ url: `${orders}?user_id=${ids.user}${query}`, options: read }),
    (ids) => ({ url: orders, options: json("POST", { user_id: ids.user, amount }, keyed) }),
  ]);
}

/** Creates a user with an order, with generated ids. */
async function createForeign(
  { users, orders }: Record<"users" | "orders", Attacked>,
  admin: Record<string, string>,
): Promise<Ids> {
  const email = "me@example.com";
  const create = async (url: string, body: object) =>
    (await (await fetch(url, json("POST", body, admin))).json()) as { id: string };
  const user = await create(`${users.url}/users`, { name: "Mallory", email });
  const order = await create(`${orders.url}/orders`, { user_id: user.id, amount: 1 });
  return { user: user.id, order: order.id, email };
}

/** Returns the id with another last digit. */
function otherId(id: string): string {
  return id.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));
}

/** Returns which operations were made in between, and how many. */
function difference(before: Map<string, number>, after: Map<string, number>): string {
  const counts = Array.from(after, ([what, count]) => [what, count - (before.get(what) ?? 0)]);
  const changed = counts.filter(([, count]) => count !== 0);
  return changed.map(([what, count]) => `${what}: ${count}`).join(", ");
}
