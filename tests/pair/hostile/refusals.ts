/** Rejected requests of a few callers and of many invented ones, while requests are not logged. */
import { shortHash } from "../../../platform/process/short-hash.ts";
import { caller, IDENTITY } from "../../support/callers.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";
import { type Attacked, LASTING, startAttacked } from "./attacked.ts";

export const name = "refusals";
export const description =
  "No client can fill the log: each caller has one line in a window, which counts every refusal";

const ATTEMPTS = 2_000;
const AT_ONCE = 20;
/** Callers with a line of their own in a window, of each kind (platform/http/failure-log.ts). */
const CALLERS_MAX = 1_000;
/** The window is a minute, unless that of the rate limit is shorter. */
const WINDOW_SECONDS = 60;

type Line = { message: string; count: number; subject?: string; address_hash?: string };

export async function run({ scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const { attempted, expect, outcome } = createOutcome();
  const users = await startAttacked("users", {
    environment: {
      ...IDENTITY,
      LOG_REQUESTS: "off",
      RATE_LIMIT: "10/3600s",
      TRUSTED_PROXIES: "127.0.0.0/8",
    },
  });
  const startedAt = performance.now();
  const limited = await caller("limited", undefined, LASTING);
  let refused = 0;

  async function ask({ url }: Attacked, headers: Record<string, string>): Promise<void> {
    const { status } = await fetch(`${url}/users/1`, { headers });
    attempted();
    if (status === 400 || status === 401 || status === 403 || status === 429) refused += 1;
    else expect(status === 404, "a request got another response", String(status));
  }

  const all = ATTEMPTS * scale;
  for (let sent = 0; sent < all; sent += AT_ONCE) {
    const requests = Array.from({ length: AT_ONCE }, (_, n) => {
      const number = sent + n;
      const invented = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
      const kinds = [
        { "x-forwarded-for": "192.0.2.1" },
        { "x-forwarded-for": "192.0.2.1", authorization: "Bearer x" },
        { "x-forwarded-for": invented, authorization: "Bearer" },
        { "x-forwarded-for": invented, ...limited },
      ] as const;
      return ask(users, kinds[number % kinds.length] ?? kinds[0]);
    });
    await Promise.all(requests);
    progress(`${sent} of ${all}`);
  }
  const windows = Math.ceil((performance.now() - startedAt) / 1_000 / WINDOW_SECONDS);
  expect((await users.stop()) === 0, "the service did not end well", users.log().slice(-1_000));

  const lines = users
    .log()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line)
    .filter(({ message }) => message === "refused");
  const most = windows * (CALLERS_MAX + 3);
  expect(lines.length <= most, "refusals filled the log", `${lines.length} lines, not ${most}`);
  const counted = lines.reduce((sum, { count }) => sum + count, 0);
  expect(counted === refused, "refusals are missing in the log", `${counted} of ${refused}`);
  for (const [who, found] of Object.entries({
    address: lines.filter((line) => line.address_hash === shortHash("192.0.2.1")),
    subject: lines.filter(({ subject }) => subject === "limited"),
  })) {
    const example = `${found.length} lines in ${windows} windows`;
    expect(found.length > 0 && found.length <= windows, `a ${who} has no line of its own`, example);
  }
  return outcome();
}
