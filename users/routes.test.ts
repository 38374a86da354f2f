import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import type { User } from "../shared/types.ts";
import { type Opened, openService } from "../tests/support/apps.ts";
import { ask, nextPage, pointersOf, problemIn, timeOf } from "../tests/support/ask.ts";

const NOW = Date.UTC(2026, 4, 6, 7, 8, 9, 10);
const CAROL = { name: "Carol", email: "carol@example.com" };

let users: Opened;
beforeEach(async () => {
  users = await openService("users", { now: () => NOW });
});
afterEach(() => users.close());

async function names(path: string): Promise<string[]> {
  const page = (await (await ask(users, path)).json()) as User[];
  return page.map(({ name }) => name);
}

async function create(body: unknown): Promise<User> {
  return (await (await ask(users, "/users", { body })).json()) as User;
}

/** The current entity tag of a user. */
async function tagOf(id: string): Promise<string> {
  return (await ask(users, `/users/${id}`)).headers.get("etag") ?? "";
}

function patch(body: unknown, headers = {}): Promise<Response> {
  return ask(users, "/users/1", { method: "PATCH", body, headers });
}

function remove(id: string, headers = {}): Promise<Response> {
  return ask(users, `/users/${id}`, { method: "DELETE", headers });
}

describe("GET /users", () => {
  test("returns all users, oldest first, without a Link on the last page", async () => {
    const answer = await ask(users, "/users");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("link")).toBeNull();
    expect(await answer.json()).toMatchObject([{ name: "Alice" }, { name: "Bob" }]);
  });

  test("returns every user exactly once over all pages, for any page size", async () => {
    // All are created in the same millisecond, so only the id orders them.
    for (let n = 0; n < 7; n++) await create({ name: `N${n}`, email: `n${n}@example.com` });
    const all = await names("/users?limit=100");
    for (const limit of [1, 2, 3, 4, 9, 10]) {
      const walked: string[] = [];
      let pages = 0;
      for (let path: string | undefined = `/users?limit=${limit}`; path; pages++) {
        const answer = await ask(users, path);
        walked.push(...((await answer.json()) as User[]).map(({ name }) => name));
        path = nextPage(answer);
      }
      expect(walked).toEqual(all);
      expect(pages).toBe(Math.ceil(9 / limit));
    }
  });

  test("continues after the last user seen, even if that user was deleted meanwhile", async () => {
    const first = await ask(users, "/users?limit=1");
    await ask(users, "/users/1", { method: "DELETE" });
    expect(await names(nextPage(first) ?? "")).toEqual(["Bob"]);
  });

  test("keeps the limit in the Link to the next page", async () => {
    const next = nextPage(await ask(users, "/users?limit=1"));
    expect(next).toStartWith("/users?limit=1&cursor=");
  });

  test("returns 20 users per page by default, and 100 at most", async () => {
    for (let n = 0; n < 100; n++) await create({ name: `N${n}`, email: `n${n}@example.com` });
    expect(await names("/users")).toHaveLength(20);
    expect(await names("/users?limit=100")).toHaveLength(100);
  });

  test("finds a user by email, ignoring case", async () => {
    expect(await names("/users?email=ALICE%40example.com")).toEqual(["Alice"]);
    expect(await names("/users?email=nobody@example.com")).toEqual([]);
  });

  test("does not treat an underscore or a percent sign in an email as a wildcard", async () => {
    expect(await names("/users?email=a_ice@example.com")).toEqual([]);
    expect(await names("/users?email=%25@example.com")).toEqual([]);
  });
});

describe("POST /users", () => {
  test("responds with 201, the user, its Location and its ETag", async () => {
    const answer = await ask(users, "/users", { body: CAROL });
    expect(answer.status).toBe(201);
    const user = (await answer.json()) as User;
    const at = timeOf(NOW);
    expect(user).toEqual({ id: user.id, ...CAROL, created_at: at, updated_at: at });
    expect(answer.headers.get("location")).toBe(`/users/${user.id}`);
    expect(answer.headers.get("etag")).toBe(await tagOf(user.id));
    expect(await (await ask(users, `/users/${user.id}`)).json()).toEqual(user);
  });

  test("assigns ids that are version 7 UUIDs", async () => {
    const { id } = await create(CAROL);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test("responds with 409 naming /email if the email is taken, ignoring case", async () => {
    for (const email of ["alice@example.com", "ALICE@Example.com"]) {
      const problem = await problemIn(await ask(users, "/users", { body: { ...CAROL, email } }));
      expect(problem).toMatchObject({ status: 409, code: "email_taken" });
      expect(pointersOf(problem)).toEqual(["/email"]);
    }
    expect(await names("/users")).toEqual(["Alice", "Bob"]);
  });

  test("accepts one of many concurrent requests for the same email", async () => {
    const asked = Array.from({ length: 8 }, () => ask(users, "/users", { body: CAROL }));
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([201, ...Array.from({ length: 7 }, () => 409)]);
  });

  test("accepts the email of a deleted user", async () => {
    const { id } = await create(CAROL);
    await ask(users, `/users/${id}`, { method: "DELETE" });
    expect((await ask(users, "/users", { body: CAROL })).status).toBe(201);
  });

  test("counts each code point of an emoji as one character", async () => {
    const name = "👩‍👩‍👧".repeat(20);
    expect(Array.from(name)).toHaveLength(100);
    expect((await create({ ...CAROL, name })).name).toBe(name);
    const answer = await ask(users, "/users", { body: { ...CAROL, name: `${name}!` } });
    expect(answer.status).toBe(422);
  });

  test("uses the last value of a duplicate member", async () => {
    const body = '{"name":"First","name":"Last","email":"carol@example.com"}';
    expect((await create(body)).name).toBe("Last");
  });

  test("replays the first response for a repeated Idempotency-Key", async () => {
    const headers = { "idempotency-key": "k1" };
    const first = await ask(users, "/users", { body: CAROL, headers });
    const again = await ask(users, "/users", { body: CAROL, headers });
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.headers.get("location")).toBe(first.headers.get("location"));
    expect(again.headers.get("etag")).toBe(first.headers.get("etag"));
    expect(await again.text()).toBe(await first.text());
  });

  test("replays the first response after the user is changed, and after it is deleted", async () => {
    const headers = { "idempotency-key": "k1" };
    const first = await ask(users, "/users", { body: CAROL, headers });
    const [etag, location] = [first.headers.get("etag"), first.headers.get("location") ?? ""];
    const text = await first.text();
    for (const method of ["PATCH", "DELETE"]) {
      await ask(users, location, { method, ...(method === "PATCH" && { body: { name: "C" } }) });
      const again = await ask(users, "/users", { body: CAROL, headers });
      expect(again.headers.get("etag")).toBe(etag);
      expect(again.headers.get("location")).toBe(location);
      expect(await again.text()).toBe(text);
    }
  });

  test("treats a quoted and an unquoted Idempotency-Key as the same key", async () => {
    const bare = await ask(users, "/users", {
      body: CAROL,
      headers: { "idempotency-key": 'k"\\1' },
    });
    const quoted = { "idempotency-key": '"k\\"\\\\1"' };
    const again = await ask(users, "/users", { body: CAROL, headers: quoted });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await again.json()).toEqual(await bare.json());
  });

  test("responds with 422 if an Idempotency-Key is reused with another body", async () => {
    const headers = { "idempotency-key": "k1" };
    await ask(users, "/users", { body: CAROL, headers });
    const other = { ...CAROL, name: "Caroline" };
    const problem = await problemIn(await ask(users, "/users", { body: other, headers }));
    expect(problem).toMatchObject({ status: 422, code: "idempotency_key_reused" });
  });
});

describe("GET /users/{id}", () => {
  test("returns the user with an ETag", async () => {
    const answer = await ask(users, "/users/1");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("etag")).toMatch(/^"1\d{20}"$/);
    expect(answer.headers.get("content-type")).toStartWith("application/json");
    expect(await answer.json()).toEqual({
      id: "1",
      name: "Alice",
      email: "alice@example.com",
      created_at: "2026-01-02T03:04:05.000Z",
      updated_at: "2026-01-02T03:04:05.000Z",
    });
  });

  test("responds with 404 for an unknown id", async () => {
    const problem = await problemIn(await ask(users, "/users/nobody"));
    expect(problem).toMatchObject({ status: 404, code: "not_found" });
  });

  test.each(["*", "TAG", "W/TAG", '"7", TAG', '"7",W/TAG', 'TAG , "9"'])(
    "responds with 304 and no body to If-None-Match: %s",
    async (tags) => {
      const tag = await tagOf("1");
      const headers = { "if-none-match": tags.replace("TAG", tag) };
      const answer = await ask(users, "/users/1", { headers });
      expect(answer.status).toBe(304);
      expect(answer.headers.get("etag")).toBe(tag);
      expect(await answer.text()).toBe("");
    },
  );

  test.each(['"1"', 'W/"1"', '"W/RAW"', '"xRAW"', '"RAW,"', '""', '"2", "3"'])(
    "responds with 200 to If-None-Match: %s",
    async (tags) => {
      const raw = (await tagOf("1")).slice(1, -1);
      const headers = { "if-none-match": tags.replace("RAW", raw) };
      const answer = await ask(users, "/users/1", { headers });
      expect(answer.status).toBe(200);
    },
  );

  test("accepts an id with a trailing slash and a percent-encoded id", async () => {
    expect((await ask(users, "/users/1/")).status).toBe(200);
    expect((await ask(users, "/users/%31")).status).toBe(200);
  });
});

describe("PATCH /users/{id}", () => {
  test("changes the given fields, the tag and the time of update", async () => {
    const before = await tagOf("1");
    const answer = await patch({ name: "Alice Liddell" });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("etag")).toBe(await tagOf("1"));
    expect(answer.headers.get("etag")).not.toBe(before);
    const user = {
      id: "1",
      name: "Alice Liddell",
      email: "alice@example.com",
      created_at: "2026-01-02T03:04:05.000Z",
      updated_at: timeOf(NOW),
    };
    expect(await answer.json()).toEqual(user);
    expect(await (await ask(users, "/users/1")).json()).toEqual(user);
  });

  test("accepts a body of type application/merge-patch+json", async () => {
    const answer = await patch({ name: "A" }, { "content-type": "application/merge-patch+json" });
    expect(answer.status).toBe(200);
  });

  test("rejects null, which would remove a required field", async () => {
    const problem = await problemIn(await patch({ name: null, email: null }));
    expect(problem).toMatchObject({ status: 422, code: "invalid_body" });
    expect(pointersOf(problem)).toEqual(["/name", "/email"]);
  });

  test.each(["id", "created_at", "updated_at"])("rejects a change of %s", async (field) => {
    const problem = await problemIn(await patch({ name: "A", [field]: "1" }));
    expect(problem.status).toBe(422);
    expect(pointersOf(problem)).toEqual([`/${field}`]);
  });

  test("responds with 409 for another user's email, but accepts the user's own in another case", async () => {
    const problem = await problemIn(await patch({ email: "BOB@example.com" }));
    expect(problem).toMatchObject({ status: 409, code: "email_taken" });
    expect((await patch({ email: "ALICE@example.com" })).status).toBe(200);
  });

  test.each(["*", "TAG", '"9", TAG'])("changes the user if it has If-Match: %s", async (tags) => {
    const headers = { "if-match": tags.replace("TAG", await tagOf("1")) };
    expect((await patch({ name: "A" }, headers)).status).toBe(200);
  });

  test.each(['"1"', 'W/"RAW"', '"0RAW"', '"x"', '"2", W/"RAW"', '"RAW,2"', '"W/RAW"'])(
    "responds with 412 and changes nothing if it has If-Match: %s",
    async (tags) => {
      const headers = { "if-match": tags.replace("RAW", (await tagOf("1")).slice(1, -1)) };
      const problem = await problemIn(await patch({ name: "A" }, headers));
      expect(problem).toMatchObject({ status: 412, code: "stale" });
      const isWeak = /(?:^|, )W\//.test(tags);
      expect(problem.detail).toContain(isWeak ? "names a weak ETag" : "The user has changed");
      expect(await names("/users")).toEqual(["Alice", "Bob"]);
    },
  );

  test("accepts one of two concurrent changes with the same tag", async () => {
    const headers = { "if-match": await tagOf("1") };
    const asked = ["A", "B"].map((name) => patch({ name }, headers));
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, 412]);
  });

  test("prefers 404 to 412, and 412 to 409", async () => {
    const headers = { "if-match": '"9"' };
    const body = { email: "bob@example.com" };
    const nobody = await ask(users, "/users/nobody", { method: "PATCH", body, headers });
    expect(nobody.status).toBe(404);
    expect((await patch(body, headers)).status).toBe(412);
  });
});

describe("DELETE /users/{id}", () => {
  test("responds with 204 and no body, and 404 from then on", async () => {
    const answer = await remove("1");
    expect(answer.status).toBe(204);
    expect(await answer.text()).toBe("");
    expect((await remove("1")).status).toBe(404);
    expect((await ask(users, "/users/1")).status).toBe(404);
    expect((await ask(users, "/users/1", { method: "PATCH", body: { name: "A" } })).status).toBe(
      404,
    );
  });

  test("responds with 412 and deletes nothing if If-Match is stale", async () => {
    for (const [tag, detail] of [
      ['"2"', "The user has changed"],
      [`W/${await tagOf("1")}`, "names a weak ETag"],
    ] as const) {
      const problem = await problemIn(await remove("1", { "if-match": tag }));
      expect(problem).toMatchObject({ code: "stale", detail: expect.stringContaining(detail) });
    }
    expect((await remove("1", { "if-match": await tagOf("1") })).status).toBe(204);
  });
});
