/** Sends paths with dot segments, with which a client could bypass the path rules of a proxy. */
import { pick, type Random, randomFrom } from "../../../platform/database/seed.ts";
import { exchange, statuses } from "../../support/connection.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";
import { startAttacked } from "./attacked.ts";

export const name = "paths";
export const description =
  "No path with a dot segment, however encoded, reaches the path that it resolves to";

const REQUESTS = 400;
const AT_ONCE = 20;

const DOTS = ["..", ".", "%2e%2e", "%2E%2E", ".%2e", "%2E.", "%2e"];
const NAMES = [
  "users",
  "orders",
  "1",
  "2",
  "metrics",
  "health",
  "live",
  "swagger",
  "json",
  "x",
  "",
];
const SLASHES = ["/", "/", "/", "/", "\\"];

export async function run({ seed, scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const random = randomFrom(seed);
  const { attempted, expect, outcome } = createOutcome();
  const users = await startAttacked("users");

  async function attack(): Promise<void> {
    const path = anyPath(random);
    const lines = [`GET ${path} HTTP/1.1`, "Host: localhost", "Connection: close", "", ""];
    const [status = 0] = statuses(await exchange({ port: users.port }, lines.join("\r\n")));
    attempted();
    const what = `${path} got ${status}`;
    expect(status > 0 && status < 500, "a path caused a 5xx or no response", what);
    if (hasDots(path)) expect(status >= 400, "a path with a dot segment was accepted", what);
    else
      expect(
        leadsSomewhere(path) === status < 300,
        "a path without a dot segment got the wrong status",
        what,
      );
  }

  const count = REQUESTS * scale;
  for (let sent = 0; sent < count; sent += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, attack));
    progress(`${sent} of ${count}`);
  }
  expect(
    (await users.stop()) === 0,
    "the service did not exit with code 0",
    users.log().slice(-1_000),
  );
  return outcome();
}

function anyPath(random: Random): string {
  const drawn = (values: readonly string[]) => pick(random, values);
  const segments = Array.from({ length: 1 + Math.floor(random() * 6) }, (_, index) => {
    // The first character has to be a slash, or Bun rejects the request.
    const slash = index === 0 ? "/" : drawn(SLASHES);
    return `${slash}${drawn(random() < 0.4 ? DOTS : NAMES)}`;
  });
  return `${segments.join("")}${drawn(["", "", "?x=/../y"])}`;
}

/** Whether a URL parser would resolve a dot segment in this path (WHATWG URL, 4.4). */
function hasDots(path: string): boolean {
  const segments = path.replace(/\?.*/, "").replaceAll("\\", "/").split("/");
  return segments.some((segment) => /^\.{1,2}$/.test(segment.replaceAll(/%2e/gi, ".")));
}

/** Whether a path without dot segments exists. */
function leadsSomewhere(path: string): boolean {
  const [asked = "", query] = path.split("?");
  const known = /^\/(?:metrics|health\/live|swagger(?:\/json)?)\/?$/;
  // These take no parameters.
  return known.test(asked) || (query === undefined && /^\/users(?:\/[12])?\/?$/.test(asked));
}
