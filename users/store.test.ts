import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { Value } from "@sinclair/typebox/value";

import type { Database } from "../platform/index.ts";
import { create as creating, whoIs } from "../platform/testing.ts";
import { type NewUser, User } from "../shared/types.ts";
import { ENGINE_TIMEOUT_MS, ENGINES, explaining, freshDatabase } from "../tests/support/engines.ts";
import { migrations } from "./migrations.ts";
import { seed } from "./seed.ts";
import { createUserStore, type UserStore } from "./store.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

const EVERYONE = whoIs();
const OTHER = whoIs({ ifMatch: '"101234567890123456789"' });
const START = { createdAt: -1, id: "" };
const NOW = Date.UTC(2026, 1, 3);
const now = () => NOW;
const silent = { say() {}, progress() {}, print() {} };

async function create(
  { database, store }: { database: Database; store: UserStore },
  body: Partial<NewUser> = {},
): Promise<User> {
  const user = { name: "Carol", email: "carol@example.com", ...body };
  return creating(database, store.create(user, EVERYONE));
}

/** Everyone, who accepts only the current tag of a user. */
async function current(store: UserStore, id: string) {
  return whoIs({ ifMatch: (await store.byId(id, EVERYONE))?.tag });
}

describe.each(ENGINES)("The user store on %s", (engine) => {
  test("reads back exactly what it wrote", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createUserStore(database, now);
    const user = await create({ database, store }, { name: "20 – ₂₀ 😀 '\\" });
    const tag = expect.stringMatching(/^"1\d{20}"$/);
    const stored = { id: user.id, createdAt: NOW, tag, value: user };
    expect(await store.byId(user.id, EVERYONE)).toEqual(stored);
    expect(await store.byEmail("CAROL@example.COM", EVERYONE)).toEqual([stored]);
    expect(await store.byId("unknown", EVERYONE)).toBeUndefined();
    expect(await store.byEmail("nobody@example.com", EVERYONE)).toEqual([]);
  });

  test("rejects an email that is already taken, ignoring case", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createUserStore(database, now);
    const taken = { status: 409, code: "email_taken", errors: [{ pointer: "/email" }] };
    await create({ database, store });
    const again = create({ database, store }, { email: "Carol@Example.com" });
    expect(await again.catch((error) => error)).toMatchObject(taken);
    const { id } = await create({ database, store }, { email: "dave@example.com" });
    const renamed = store.update(id, { email: "CAROL@example.com" }, EVERYONE);
    expect(await renamed.catch(({ error }) => error)).toMatchObject(taken);
    // A user may change the case of their own email.
    expect(await store.update(id, { email: "Dave@example.com" }, EVERYONE)).toMatchObject({
      value: { email: "Dave@example.com" },
    });
  });

  test("updates only the given fields and changes the tag", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const user = await create({ database, store: createUserStore(database, now) });
    const store = createUserStore(database, () => NOW + 1);
    const first = await current(store, user.id);
    const changed = await store.update(user.id, { name: "Caroline" }, first);
    expect(changed).toEqual({
      id: user.id,
      createdAt: NOW,
      tag: expect.stringMatching(/^"2\d{20}"$/),
      value: { ...user, name: "Caroline", updated_at: new Date(NOW + 1).toISOString() },
    });
    expect(await store.byId(user.id, EVERYONE)).toEqual(changed);
    expect(await store.update(user.id, { name: "C." }, first)).toBeUndefined();
    expect(await store.update("unknown", { name: "C." }, EVERYONE)).toBeUndefined();
  });

  test("lets exactly one of many concurrent updates of the same tag succeed", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const stores = [database, await fresh.another()].map((one) => createUserStore(one, now));
    const [store] = stores as [UserStore];
    const { id } = await create({ database, store });
    for (let round = 1; round <= 5; round += 1) {
      const who = await current(store, id);
      const changes = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (stores[index % 2] as UserStore).update(id, { name: `Carol ${index}` }, who),
        ),
      );
      expect(changes.filter((change) => change !== undefined)).toHaveLength(1);
    }
    expect((await store.byId(id, EVERYONE))?.tag).toMatch(/^"6\d{20}"$/);
  });

  test("removes a user only once, and only with an accepted tag", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createUserStore(database, now);
    const { id } = await create({ database, store });
    const first = await current(store, id);
    expect(await store.remove(id, OTHER)).toBe(false);
    const removed = await Promise.all(Array.from({ length: 8 }, () => store.remove(id, first)));
    expect(removed.filter(Boolean)).toHaveLength(1);
    expect(await store.byId(id, EVERYONE)).toBeUndefined();
    await create({ database, store });
  });

  test("never repeats the tag of a user who is created again", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createUserStore(database, now);
    const body = { name: "Carol", email: "carol@example.com" };
    const seen = new Set<string>();
    for (let round = 0; round < 5; round += 1) {
      await creating(database, store.create(body, whoIs({ user: "7" })));
      const tag = (await store.byId("7", EVERYONE))?.tag ?? "";
      seen.add(tag);
      expect(await store.remove("7", whoIs({ ifMatch: tag }))).toBe(true);
    }
    expect(seen.size).toBe(5);
  });

  test("gives a new tag to each write of the previous version, which knows no revisions", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createUserStore(database, now);
    const seen = new Set<string>();
    const look = async (id: string) => {
      const ifMatch = (await store.byId(id, EVERYONE))?.tag ?? "";
      expect(seen.has(ifMatch)).toBe(false);
      seen.add(ifMatch);
      return whoIs({ ifMatch });
    };
    const write = (text: string, values: (string | number)[]) => database.write([{ text, values }]);
    const insert = `
      INSERT INTO users (id, name, email, version, created_at, updated_at)
      VALUES ('old', 'Carol', 'carol@example.com', 1, $1, $2)`;
    const update = `
      UPDATE users SET name = 'C', version = version + 1, updated_at = $1 WHERE id = $2`;
    for (const at of [NOW, NOW + 1]) {
      await write(insert, [at, at]);
      await look("old");
      await write(update, [at + 2, "old"]);
      await store.remove("old", await look("old"));
      expect(await store.byId("old", EVERYONE)).toBeUndefined();
    }
    const { id } = await create({ database, store });
    const first = await look(id);
    await write(update, [NOW, id]);
    expect(await store.update(id, { name: "X" }, first)).toBeUndefined();
    expect(await store.update(id, { name: "X" }, await look(id))).toMatchObject({
      value: { name: "X" },
    });
    await look(id);
  });

  test("never dates a change before the creation or an earlier change", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const { id } = await create({ database, store: createUserStore(database, now) });
    const change = (at: number) =>
      createUserStore(database, () => at).update(id, { name: "X" }, EVERYONE);
    for (const [at, expected] of [
      [NOW - 5, NOW],
      [NOW + 5, NOW + 5],
      [NOW + 1, NOW + 5],
    ] as const) {
      expect((await change(at))?.value.updated_at).toBe(new Date(expected).toISOString());
    }
    const text = "UPDATE users SET updated_at = created_at - 9";
    await database.write([{ text, values: [] }]);
    expect((await change(NOW - 5))?.value.updated_at).toBe(new Date(NOW).toISOString());
  });

  test("hides a user from every caller except the owner", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createUserStore(database, now);
    const { id, email } = await create({ database, store });
    const other = whoIs({ user: "other" });
    expect(await store.byId(id, other)).toBeUndefined();
    expect(await store.byEmail(email, other)).toEqual([]);
    expect(await store.update(id, { name: "X" }, other)).toBeUndefined();
    expect(await store.remove(id, other)).toBe(false);

    const owner = whoIs({ user: id });
    expect((await store.byId(id, owner))?.value.id).toBe(id);
    expect(await store.byEmail(email, owner)).toHaveLength(1);
    expect(await store.update(id, { name: "X" }, owner)).toMatchObject({ value: { name: "X" } });
    expect(await store.remove(id, owner)).toBe(true);
  });

  test("creates a caller's user with the caller's subject as its id, and only once", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createUserStore(database, now);
    const who = whoIs({ user: "auth0|7" });
    const carol = store.create({ name: "Carol", email: "carol@example.com" }, who);
    expect(await creating(database, carol)).toMatchObject({ id: "auth0|7" });
    const again = store.create({ name: "Carol", email: "other@example.com" }, who);
    const refused = await creating(database, again).catch((error) => error);
    expect(refused).toMatchObject({ status: 409, code: "user_exists" });
  });

  test("creates no user with a subject that is no valid id", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const store = createUserStore(fresh.database, now);
    const user = store.create({ name: "C", email: "c@example.com" }, whoIs({ user: "a b\n" }));
    const refused = await creating(fresh.database, user).catch((error) => error);
    expect(refused).toMatchObject({ status: 403, code: "subject_unusable" });
  });

  test("lists to a caller only its own user, from behind the place", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const store = createUserStore(fresh.database, now);
    await seed(fresh.database, {}, silent);
    const who = whoIs({ user: "2" });
    const list = async (from: { createdAt: number; id: string }) =>
      (await store.list({}, { ...from, limit: 9 }, who)).map(({ id }) => id);
    expect(await list(START)).toEqual(["2"]);
    const [bob] = await store.list({}, { ...START, limit: 9 }, who);
    expect(await list(bob ?? START)).toEqual([]);
  });

  test("uses an index for every query and never sorts", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    await seed(database, { users: 5_000 }, silent);
    await database.write([{ text: "ANALYZE", values: [] }]);
    const plans: string[] = [];
    const store = createUserStore(explaining(database, plans), now);
    await store.byId("7", EVERYONE);
    await store.byEmail("carol@example.com", EVERYONE);
    const place = { createdAt: NOW - 365 * 24 * 60 * 60 * 1000, id: "7", limit: 21 };
    await store.list({}, place, EVERYONE);
    await store.list({}, place, whoIs({ user: "7" }));
    const expected = {
      sqlite: [
        "SEARCH users USING INDEX sqlite_autoindex_users_1 (id=?)",
        "SEARCH users USING INDEX users_by_folded_email (<expr>=?)",
        "SEARCH users USING INDEX users_by_age ((created_at,id)>(?,?))",
        "SEARCH users USING INDEX sqlite_autoindex_users_1 (id=?)",
      ],
      postgres: [
        "Index Scan using users_pkey on users",
        "Index Scan using users_by_folded_email on users",
        "Index Scan using users_by_age on users",
        "Index Scan using users_pkey on users",
      ],
    }[engine];
    for (const [index, plan] of plans.entries()) {
      expect(plan).toContain(expected[index] as string);
      // The owner and the place of the one row that the key has found are all that may be filtered.
      const filtered = plan
        .toLowerCase()
        .replace("filter: (($2 = ''::text)", "")
        .replace("filter: (row(created_at, id) > row($2, $3))", "");
      expect(filtered).not.toMatch(/sort|temp b-tree|seq scan|filter/);
    }
    expect(plans).toHaveLength(4);
  });

  test("is seeded with Alice and Bob, only once", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const said = async (options = {}) => (await seed(fresh.database, options, silent)).text;
    expect(await said()).toBe("seeded Alice (user 1) and Bob (user 2)");
    for (const options of [{}, { users: 5 }]) {
      expect(await said(options)).toBe("nothing to seed: the database already has users");
    }
    const page = await createUserStore(fresh.database, now).list(
      {},
      { ...START, limit: 10 },
      EVERYONE,
    );
    expect(page.map(({ value: { id, name } }) => [id, name])).toEqual([
      ["1", "Alice"],
      ["2", "Bob"],
    ]);
  });

  test("is not seeded again without Alice, and the text names her", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    await seed(fresh.database, {}, silent);
    await createUserStore(fresh.database, now).remove("1", EVERYONE);
    expect(await seed(fresh.database, {}, silent)).toEqual({
      isNew: true,
      text:
        "nothing to seed: the database already has users. The demo data is not whole: without " +
        "Alice (user 1)",
    });
  });

  test("is seeded in bulk with ids 1 to N and the same valid users in every run", async () => {
    const samples: User[][] = [];
    for (let run = 0; run < 2; run += 1) {
      await using fresh = await freshDatabase(engine, migrations);
      const { text } = await seed(fresh.database, { users: 250 }, silent);
      expect(text).toStartWith("seeded 250 users in ");
      const page = await createUserStore(fresh.database, now).list(
        {},
        { ...START, limit: 300 },
        EVERYONE,
      );
      samples.push(page.map(({ value }) => value));
    }
    const [first = [], second] = samples;
    expect(first.map(({ id }) => id)).toEqual(Array.from({ length: 250 }, (_, n) => String(n + 1)));
    for (const user of first) expect(Value.Errors(User, user).First()).toBeUndefined();
    expect(second).toEqual(first);
  });
});
