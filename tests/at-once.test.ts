/** Reads respond without a promise if the database does, which saves a fifth of their time. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import { BUNDLE } from "../bundle.ts";
import { openApps, openService } from "./support/apps.ts";
import { problemIn } from "./support/ask.ts";
import { caller, IDENTITY } from "./support/callers.ts";
import { ENGINE_TIMEOUT_MS, freshUrl } from "./support/engines.ts";
import { command } from "./support/executables.ts";
import { ROOT, temporaryFolder } from "./support/folders.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

const apps = await openApps({ environment: { USERS_CACHE_TTL_MS: "60000" } });
afterAll(() => apps.close());

const requestOf = (path: string) => new Request(`http://localhost${path}`);

describe("A read on SQLite", () => {
  test.each(["/users/1", "/users", "/users?email=alice@example.com"])(
    "of %s from users returns a response, not a promise",
    (path) => {
      expect(apps.users.fetch(requestOf(path))).toBeInstanceOf(Response);
    },
  );

  test.each(["/orders/1", "/orders?user_id=1", "/orders/1?expand=user"])(
    "of %s from orders returns a response, not a promise, if the user is cached",
    async (path) => {
      await apps.orders.fetch(requestOf("/orders?user_id=1"));
      expect(apps.orders.fetch(requestOf(path))).toBeInstanceOf(Response);
    },
  );
});

describe("A read with authentication, rate limit and CORS", () => {
  test.each([
    ["users", "/users/1"],
    ["users", "/users"],
    ["orders", "/orders/1"],
    ["orders", "/orders?user_id=1"],
  ] as const)(
    "from %s of %s returns a response, not a promise, once the token is cached",
    async (name, path) => {
      const checks = { RATE_LIMIT: "100/60s", CORS_ORIGIN: "https://app.example.com" };
      const environment = { ...IDENTITY, ...checks, USERS_CACHE_TTL_MS: "60000" };
      const checked = await openApps({ environment });
      const headers = await caller("1");
      const send = () => checked[name].fetch(new Request(`http://localhost${path}`, { headers }));
      expect(send()).toBeInstanceOf(Promise);
      await send();
      const response = send();
      expect(response).toBeInstanceOf(Response);
      expect((await response).status).toBe(200);
      await checked.close();
    },
  );
});

test.each(["sqlite", "postgres"] as const)(
  "A response on %s that does not match its schema becomes a 500",
  async (engine) => {
    await using fresh = await freshUrl(engine);
    const users = await openService("users", { databaseUrl: fresh.url });
    expect((await users.fetch(requestOf("/users/1"))).status).toBe(200);
    const text = "UPDATE users SET name = '' WHERE id = '1'";
    await users.database.write([{ text, values: [] }]);
    const response = await users.fetch(requestOf("/users/1"));
    expect(await problemIn(response)).toMatchObject({ status: 500, code: "internal" });
    expect(await problemIn(await users.fetch(requestOf("/users/nobody")))).toMatchObject({
      status: 404,
    });
    await users.close();
  },
);

test("The bundle responds without a promise too: Elysia inspects the source text of functions", async () => {
  using folder = temporaryFolder();
  const program = join(ROOT, "tests", "support", "responding.ts");
  const { success } = await Bun.build({ ...BUNDLE, entrypoints: [program], outdir: folder.path });
  expect(success).toBe(true);
  const [bundled = ""] = new Bun.Glob("**/responding.js").scanSync({
    cwd: folder.path,
    absolute: true,
  });
  const { stdout, stderr } = await command([process.execPath, bundled]);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({
    "/users": true,
    "/users?email=alice@example.com": true,
    "/users/1": true,
    "/orders/1": true,
    "with identity and a limit /users": true,
    "with identity and a limit /users?email=alice@example.com": true,
    "with identity and a limit /users/1": true,
    "with identity and a limit /orders/1": true,
    "with traces /users": true,
    "with traces /users?email=alice@example.com": true,
    "with traces /users/1": true,
    "with traces /orders/1": true,
  });
});
