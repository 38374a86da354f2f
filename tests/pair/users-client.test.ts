/** How `orders` responds, whatever `users` does. tests/with-executables.ts repeats it with executables. */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";

import { openApps } from "../support/apps.ts";
import { ask, problemIn } from "../support/ask.ts";
import { ALICE } from "./support/users-call.ts";

// An executable starts for each test, and takes long on a busy machine.
setDefaultTimeout(60_000);

/** A response from `users`, or from a gateway in front of it. */
function failed(status: number, headers: Record<string, string> = {}): Response {
  return new Response("", { status, headers });
}

/** A stub of `users`, on its own port. */
let answer: (request: Request) => Response | Promise<Response>;
let stub: Bun.Server<undefined>;
let apps: Awaited<ReturnType<typeof openApps>>;

async function open(timeoutMs = 10_000) {
  const [USERS_URL, limit] = [stub.url.href, String(timeoutMs)];
  // The limit of an attempt too: a busy machine reaches the default.
  const environment = { USERS_URL, USERS_TIMEOUT_MS: limit, USERS_ATTEMPT_TIMEOUT_MS: limit };
  apps = await openApps({ environment });
}

beforeEach(async () => {
  stub = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => answer(request) });
  await open();
});
afterEach(async () => {
  await stub.stop(true);
  await apps.close();
});

async function orderCount(): Promise<unknown> {
  const [row] = await apps.orders.database.read("SELECT count(*) AS count FROM orders", []);
  return row?.["count"];
}

/** The requests that call `users`. */
const ASKING = [
  ["/orders?user_id=1", {}],
  ["/orders/1?expand=user", {}],
  ["/orders", { body: { user_id: "1", amount: 1 } }],
] as const;

test("orders sends the id of its request to users, and drops a field that it does not know", async () => {
  const seen: string[] = [];
  answer = ({ headers, url }) => {
    seen.push(`${headers.get("x-request-id")} ${new URL(url).pathname}`);
    return Response.json({ ...ALICE, locale: "en" });
  };
  const headers = { "x-request-id": "from-the-client" };
  for (const [path, options] of ASKING) {
    const response = await ask(apps.orders, path, { ...options, headers });
    if (path.includes("expand")) expect(await response.json()).toMatchObject({ user: ALICE });
  }
  expect(seen).toEqual(ASKING.map(() => "from-the-client /users/1"));
});

/** Makes `users` respond like this. */
function sends(response: () => Response | Promise<Response>): () => void {
  return () => void (answer = response);
}

async function hang(): Promise<void> {
  answer = () => new Promise(() => {});
  await apps.close();
  await open(50);
}

const html = { headers: { "content-type": "text/html" } };

// platform/http/call/client.test.ts has all kinds of responses.
test.each<[string, () => unknown, string]>([
  ["sends an HTML page", sends(() => new Response("<html>", html)), "502 users_bad_answer null"],
  [
    "sends another user",
    sends(() => Response.json({ ...ALICE, id: "2" })),
    "502 users_bad_answer null",
  ],
  ["sends a 500", sends(() => failed(500)), "502 users_bad_answer null"],
  [
    "sends a 503 with Retry-After",
    sends(() => failed(503, { "retry-after": "30" })),
    "503 users_unavailable 30",
  ],
  [
    "sends a 429 with an invalid Retry-After",
    sends(() => failed(429, { "retry-after": "tomorrow" })),
    "503 users_unavailable 1",
  ],
  ["refuses the connection", () => stub.stop(true), "503 users_unavailable 1"],
  ["never responds", hang, "504 users_timeout null"],
])("If users %s, orders fails what needs users and writes nothing", async (_what, how, outcome) => {
  await how();
  for (const [path, options] of ASKING) {
    const response = await ask(apps.orders, path, options);
    const { status, code } = await problemIn(response);
    const retryAfter = response.headers.get("retry-after");
    expect(`${path} ${status} ${code} ${retryAfter}`).toBe(`${path} ${outcome}`);
  }
  expect((await ask(apps.orders, "/orders/1")).status).toBe(200);
  expect(await orderCount()).toBe(2);
});

describe("An Idempotency-Key", () => {
  const options = { body: { user_id: "1", amount: 1 }, headers: { "idempotency-key": "k1" } };

  test("is rejected with 409 and Retry-After while the first request still waits for users", async () => {
    const release = Promise.withResolvers<Response>();
    const asked = Promise.withResolvers<void>();
    answer = () => {
      asked.resolve();
      return release.promise;
    };
    const first = ask(apps.orders, "/orders", options);
    await asked.promise;
    const second = await ask(apps.orders, "/orders", options);
    expect(second.headers.get("retry-after")).toBe("1");
    expect(await problemIn(second)).toMatchObject({ status: 409, code: "idempotency_key_in_use" });
    release.resolve(Response.json(ALICE));
    expect((await first).status).toBe(201);
    expect(await orderCount()).toBe(3);
  });

  test("can be used again after users was unavailable", async () => {
    answer = () => failed(503);
    expect((await ask(apps.orders, "/orders", options)).status).toBe(503);
    answer = () => Response.json(ALICE);
    expect((await ask(apps.orders, "/orders", options)).status).toBe(201);
    expect(await orderCount()).toBe(3);
  });
});
