import { expect, test } from "bun:test";

import { openApps } from "../tests/harness.ts";

test("GET /users/{id} answers the user with an ETag", async () => {
  const { users, close } = await openApps();
  const answer = await users.handle(new Request("http://localhost/users/1"));
  expect(answer.status).toBe(200);
  expect(answer.headers.get("etag")).toBe('"1"');
  expect(await answer.json()).toMatchObject({ id: "1", name: "Alice" });
  await close();
});
