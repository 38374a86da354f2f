/** Sends requests with malformed or foreign hosts to many paths. */
import { pick, type Random, randomFrom } from "../../../platform/database/seed.ts";
import { exchange, statuses } from "../../support/connection.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";
import { startAttacked } from "./attacked.ts";

export const name = "hosts";
export const description = "No Host header changes the path of a request or causes a 5xx";

const REQUESTS = 400;
const AT_ONCE = 20;

const HOSTS = [
  "",
  " ",
  "a b",
  "u:p@evil",
  "x#y",
  "x?y",
  "x/y",
  "x\\y",
  "[",
  "[::1",
  "[::1]:80:80",
  "a:99999",
  "a:b:c",
  ":80",
  "é",
  "%41",
  "a%20b",
  "1.2.3.4.5",
  "256.256.256.256",
  "xn--",
  'a"b',
  "a<b",
  "a, b",
  "a\r\nHost: b",
  "evil.example",
  "evil.example/users/1?",
  "localhost.evil.example",
  "127.0.0.1.evil.example",
  "127.0.0.1:0@evil.example",
];
/** Hosts that a service on loopback accepts by default. */
const OURS = ["localhost", "LOCALHOST:80", "shop.localhost", "127.0.0.1", "127.9.9.9:1", "[::1]:1"];

/** Paths that do not exist, unless the path is cut wrongly out of the URL. */
const NOWHERE = ["/xxxxxxx/users/1", "/xxxxxx/users/1", "/http://h/users/1", "//h/users/1"];

export async function run({ seed, scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const random = randomFrom(seed);
  const { attempted, expect, outcome } = createOutcome();
  const users = await startAttacked("users");
  const drawn = <Value>(values: readonly Value[]) => pick(random, values);

  /** Sends one request with a host. Returns the status and all received text. */
  async function send(line: string, host: string | undefined) {
    const headers = host === undefined ? [] : [`Host: ${host}`];
    const bytes = Buffer.from([line, ...headers, "Connection: close", "", ""].join("\r\n"));
    const received = await exchange({ port: users.port }, bytes);
    attempted();
    const [status = 0] = statuses(received);
    const what = `${line} with Host ${JSON.stringify(host)} got ${status}`;
    expect(status > 0 && status < 500, "a Host caused a 5xx or no response", what);
    return { status, received, what };
  }

  async function attack(): Promise<void> {
    const host = random() < 0.7 ? drawn(HOSTS) : anyText(random);
    const nowhere = await send(`${drawn(["GET", "DELETE"])} ${drawn(NOWHERE)} HTTP/1.1`, host);
    expect(nowhere.status >= 400, "a path that does not exist was found", nowhere.what);
    const page = await send("GET /users?limit=1 HTTP/1.1", host);
    expect(page.status !== 200, "a foreign Host was accepted", page.what);
    expect(/\r\nx-request-id: /i.test(page.received), "a rejection has no request id", page.what);
    const ours = drawn(OURS);
    const good = await send("GET /users?limit=1 HTTP/1.1", ours);
    expect(good.status === 200, "a Host of the service was rejected", good.what);
    expect(
      /^link: <\/users\?limit=1&cursor=/im.test(good.received),
      "a page has no link to the next one",
      good.what,
    );
    const check = await send("GET /health/ready HTTP/1.0", undefined);
    expect(check.status === 200, "a health check in HTTP/1.0 was rejected", check.what);
    const named = await send("GET /health/ready HTTP/1.1", "balancer.example");
    expect(named.status === 200, "a health check with another host was rejected", named.what);
    const unnamed = await send("DELETE /users/1 HTTP/1.0", undefined);
    expect(unnamed.status >= 400, "a change without a host was made", unnamed.what);
  }

  const count = REQUESTS * scale;
  for (let sent = 0; sent < count; sent += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE / 5 }, attack));
    progress(`${sent} of ${count}`);
  }
  const left = (await (await fetch(`${users.url}/users`)).json()) as object[];
  expect(left.length === 2, "a user was deleted", JSON.stringify(left));
  expect(
    (await users.stop()) === 0,
    "the service did not exit with code 0",
    users.log().slice(-1_000),
  );
  return outcome();
}

/** Up to 12 printable characters. */
function anyText(random: Random): string {
  const characters = Array.from({ length: Math.floor(random() * 12) }, () =>
    String.fromCodePoint(0x21 + Math.floor(random() * 0x5e)),
  );
  return `${characters.join("")}.example`;
}
