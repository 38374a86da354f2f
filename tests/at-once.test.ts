/** Reads respond without a promise where the engine has its rows at once: that is a fifth of a read. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";

import { openApps, openService } from "./support/apps.ts";
import { problemIn } from "./support/ask.ts";
import { ENGINE_TIMEOUT_MS, freshUrl } from "./support/engines.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

const apps = await openApps({ environment: { USERS_CACHE_TTL_MS: "60000" } });
afterAll(() => apps.close());

const requestOf = (path: string) => new Request(`http://localhost${path}`);

describe("On SQLite", () => {
  test.each(["/users/1", "/users", "/users?email=alice@example.com"])(
    "users returns the response to %s itself, and no promise of it",
    (path) => {
      expect(apps.users.fetch(requestOf(path))).toBeInstanceOf(Response);
    },
  );

  test.each(["/orders/1", "/orders?user_id=1", "/orders/1?expand=user"])(
    "orders returns the response to %s itself, once it knows the user",
    async (path) => {
      await apps.orders.fetch(requestOf("/orders?user_id=1"));
      expect(apps.orders.fetch(requestOf(path))).toBeInstanceOf(Response);
    },
  );
});

test.each(["sqlite", "postgres"] as const)(
  "On %s a response that does not fit its schema is a 500, at once or later",
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
