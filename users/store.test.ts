import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { Value } from "@sinclair/typebox/value";

import type { Database } from "../platform/database/database.ts";
import { tagsAdmitted } from "../platform/http/etag.ts";
import { createCreations } from "../platform/http/idempotency.ts";
import { ANYONE, ownedBy } from "../platform/identity/owner.ts";
import { type NewUser, User } from "../shared/types.ts";
import { ENGINE_TIMEOUT_MS, ENGINES, explaining, freshDatabase } from "../tests/support/engines.ts";
import { migrations } from "./migrations.ts";
import { seed } from "./seed.ts";
import { createUserStore, newUser, type UserStore } from "./store.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

const ANY = tagsAdmitted(undefined);
const OTHER = tagsAdmitted('"101234567890123456789"');
const START = { createdAt: -1, id: "" };
const NOW = Date.UTC(2026, 1, 3);
const silent = { say() {}, progress() {}, print() {} };

async function create(
  { database, store }: { database: Database; store: UserStore },
  body: Partial<NewUser> = {},
): Promise<User> {
  const user = newUser(
    { name: "Carol", email: "carol@example.com", ...body },
    { owner: ANYONE, now: NOW },
  );
  const obstacle = () => store.obstacle(user);
  await createCreations({ database, now: () => NOW }).create({ key: undefined, body }, () => {
    return { resource: user, ...store.insertion(user), obstacle };
  });
  return user;
}

/** Admits only the current tag of a user. */
async function admitted(store: UserStore, id: string) {
  return tagsAdmitted((await store.byId(id, ANYONE))?.tag);
}

describe.each(ENGINES)("The user store on %s", (engine) => {
  test("reads back exactly what it wrote", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createUserStore(database);
    const user = await create({ database, store }, { name: "20 – ₂₀ 😀 '\\" });
    const tag = expect.stringMatching(/^"1\d{20}"$/);
    const stored = { id: user.id, createdAt: NOW, tag, user };
    expect(await store.byId(user.id, ANYONE)).toEqual(stored);
    expect(await store.byEmail("CAROL@example.COM", ANYONE)).toEqual([stored]);
    expect(await store.byId("unknown", ANYONE)).toBeUndefined();
    expect(await store.byEmail("nobody@example.com", ANYONE)).toEqual([]);
  });

  test("rejects an email that is already taken, ignoring case", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createUserStore(database);
    const taken = { status: 409, code: "email_taken", errors: [{ pointer: "/email" }] };
    await create({ database, store });
    const again = create({ database, store }, { email: "Carol@Example.com" });
    expect(await again.catch((error) => error)).toMatchObject(taken);
    const { id } = await create({ database, store }, { email: "dave@example.com" });
    const options = { tags: ANY, owner: ANYONE, now: NOW };
    const renamed = store.update(id, { email: "CAROL@example.com" }, options);
    expect(await renamed.catch((error) => error)).toMatchObject(taken);
    // A user may change the case of their own email.
    expect(await store.update(id, { email: "Dave@example.com" }, options)).toMatchObject({
      user: { email: "Dave@example.com" },
    });
  });

  test("updates only the given fields and changes the tag", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createUserStore(database);
    const user = await create({ database, store });
    const first = await admitted(store, user.id);
    const changed = await store.update(
      user.id,
      { name: "Caroline" },
      { tags: first, owner: ANYONE, now: NOW + 1 },
    );
    expect(changed).toEqual({
      id: user.id,
      createdAt: NOW,
      tag: expect.stringMatching(/^"2\d{20}"$/),
      user: { ...user, name: "Caroline", updated_at: new Date(NOW + 1).toISOString() },
    });
    expect(await store.byId(user.id, ANYONE)).toEqual(changed);
    const stale = await store.update(
      user.id,
      { name: "C." },
      { tags: first, owner: ANYONE, now: NOW },
    );
    expect(stale).toBeUndefined();
    expect(
      await store.update("unknown", { name: "C." }, { tags: ANY, owner: ANYONE, now: NOW }),
    ).toBe(undefined);
  });

  test("lets exactly one of many concurrent updates of the same tag succeed", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const stores = [database, await fresh.another()].map(createUserStore);
    const [store] = stores as [UserStore];
    const { id } = await create({ database, store });
    for (let round = 1; round <= 5; round += 1) {
      const tags = await admitted(store, id);
      const changes = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (stores[index % 2] as UserStore).update(
            id,
            { name: `Carol ${index}` },
            { tags, owner: ANYONE, now: NOW },
          ),
        ),
      );
      expect(changes.filter((change) => change !== undefined)).toHaveLength(1);
    }
    expect((await store.byId(id, ANYONE))?.tag).toMatch(/^"6\d{20}"$/);
  });

  test("removes a user only once, and only with an accepted tag", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createUserStore(database);
    const { id } = await create({ database, store });
    const first = await admitted(store, id);
    expect(await store.remove(id, { tags: OTHER, owner: ANYONE })).toBe(false);
    const removed = await Promise.all(
      Array.from({ length: 8 }, () => store.remove(id, { tags: first, owner: ANYONE })),
    );
    expect(removed.filter(Boolean)).toHaveLength(1);
    expect(await store.byId(id, ANYONE)).toBeUndefined();
    await create({ database, store });
  });

  test("never repeats the tag of a user who is created again", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createUserStore(database);
    const options = { owner: ownedBy("7"), now: NOW };
    const user = newUser({ name: "Carol", email: "carol@example.com" }, options);
    const seen = new Set<string>();
    for (let round = 0; round < 5; round += 1) {
      const { insert, tag } = store.insertion(user);
      await database.write([insert]);
      expect((await store.byId("7", ANYONE))?.tag).toBe(tag);
      seen.add(tag);
      await store.remove("7", { tags: tagsAdmitted(tag), owner: ANYONE });
    }
    expect(seen.size).toBe(5);
  });

  test("does not repeat a tag when a user is changed again after a backup was restored", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createUserStore(database);
    const { id } = await create({ database, store });
    const rename = async () =>
      (await store.update(id, { name: "X" }, { tags: ANY, owner: ANYONE, now: NOW }))?.tag;
    const copy = "CREATE TABLE backup AS SELECT * FROM users";
    await database.write([{ text: copy, values: [] }]);
    const lost = await rename();
    for (const text of ["DELETE FROM users", "INSERT INTO users SELECT * FROM backup"]) {
      await database.write([{ text, values: [] }]);
    }
    expect(await rename()).not.toBe(lost);
  });

  test("gives a new tag to each write of the previous version, which knows no revisions", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createUserStore(database);
    const seen = new Set<string>();
    const look = async (id: string) => {
      const tag = (await store.byId(id, ANYONE))?.tag ?? "";
      expect(seen.has(tag)).toBe(false);
      seen.add(tag);
      return tagsAdmitted(tag);
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
      await store.remove("old", { tags: await look("old"), owner: ANYONE });
      expect(await store.byId("old", ANYONE)).toBeUndefined();
    }
    const { id } = await create({ database, store });
    const first = await look(id);
    await write(update, [NOW, id]);
    const change = { owner: ANYONE, now: NOW };
    expect(await store.update(id, { name: "X" }, { tags: first, ...change })).toBeUndefined();
    expect(
      await store.update(id, { name: "X" }, { tags: await look(id), ...change }),
    ).toMatchObject({ user: { name: "X" } });
    await look(id);
  });

  test("never dates a change before the creation or an earlier change", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createUserStore(database);
    const { id } = await create({ database, store });
    const change = (now: number) =>
      store.update(id, { name: "X" }, { tags: ANY, owner: ANYONE, now });
    for (const [now, expected] of [
      [NOW - 5, NOW],
      [NOW + 5, NOW + 5],
      [NOW + 1, NOW + 5],
    ] as const) {
      expect((await change(now))?.user.updated_at).toBe(new Date(expected).toISOString());
    }
    const text = "UPDATE users SET updated_at = created_at - 9";
    await database.write([{ text, values: [] }]);
    expect((await change(NOW - 5))?.user.updated_at).toBe(new Date(NOW).toISOString());
  });

  test("hides a user from every caller except the owner", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createUserStore(database);
    const { id, email } = await create({ database, store });
    const other = ownedBy("other");
    expect(await store.byId(id, other)).toBeUndefined();
    expect(await store.byEmail(email, other)).toEqual([]);
    const change = { tags: ANY, now: NOW };
    expect(await store.update(id, { name: "X" }, { ...change, owner: other })).toBeUndefined();
    expect(await store.remove(id, { tags: ANY, owner: other })).toBe(false);

    const owner = ownedBy(id);
    expect((await store.byId(id, owner))?.user.id).toBe(id);
    expect(await store.byEmail(email, owner)).toHaveLength(1);
    expect(await store.update(id, { name: "X" }, { ...change, owner })).toMatchObject({
      user: { name: "X" },
    });
    expect(await store.remove(id, { tags: ANY, owner })).toBe(true);
  });

  test("creates a caller's user with the caller's subject as its id, and only once", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    const store = createUserStore(database);
    const options = { owner: ownedBy("auth0|7"), now: NOW };
    const user = newUser({ name: "Carol", email: "carol@example.com" }, options);
    expect(user.id).toBe("auth0|7");
    expect(await store.obstacle(user)).toBeUndefined();
    await database.write([store.insertion(user).insert]);
    const again = newUser({ name: "Carol", email: "other@example.com" }, options);
    expect(await store.obstacle(again)).toMatchObject({ status: 409, code: "user_exists" });
    const namesake = newUser(
      { name: "C", email: "CAROL@example.com" },
      { owner: ANYONE, now: NOW },
    );
    expect(await store.obstacle(namesake)).toMatchObject({ status: 409, code: "email_taken" });
  });

  test("uses an index for every query and never sorts", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const { database } = fresh;
    await seed(database, { users: 5_000 }, silent);
    await database.write([{ text: "ANALYZE", values: [] }]);
    const plans: string[] = [];
    const store = createUserStore(explaining(database, plans));
    await store.byId("7", ANYONE);
    await store.byEmail("carol@example.com", ANYONE);
    await store.list({ createdAt: NOW - 365 * 24 * 60 * 60 * 1000, id: "7" }, 21);
    const expected = {
      sqlite: [
        "SEARCH users USING INDEX sqlite_autoindex_users_1 (id=?)",
        "SEARCH users USING INDEX users_by_folded_email (<expr>=?)",
        "SEARCH users USING INDEX users_by_age ((created_at,id)>(?,?))",
      ],
      postgres: [
        "Index Scan using users_pkey on users",
        "Index Scan using users_by_folded_email on users",
        "Index Scan using users_by_age on users",
      ],
    }[engine];
    for (const [index, plan] of plans.entries()) {
      expect(plan).toContain(expected[index] as string);
      // The owner of the one row that the key has found is all that may be filtered.
      const filtered = plan.toLowerCase().replace("filter: (($2 = ''::text)", "");
      expect(filtered).not.toMatch(/sort|temp b-tree|seq scan|filter/);
    }
    expect(plans).toHaveLength(3);
  });

  test("is seeded with Alice and Bob, only once", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    expect(await seed(fresh.database, {}, silent)).toBe("seeded users 1, Alice, and 2, Bob");
    expect(await seed(fresh.database, { users: 5 }, silent)).toBe(
      "nothing to seed: the database already has users",
    );
    const page = await createUserStore(fresh.database).list(START, 10);
    expect(page.map(({ user: { id, name } }) => [id, name])).toEqual([
      ["1", "Alice"],
      ["2", "Bob"],
    ]);
  });

  test("is seeded in bulk with ids 1 to N and the same valid users in every run", async () => {
    const samples: User[][] = [];
    for (let run = 0; run < 2; run += 1) {
      await using fresh = await freshDatabase(engine, migrations);
      const said = await seed(fresh.database, { users: 250 }, silent);
      expect(said).toStartWith("seeded 250 users in ");
      const page = await createUserStore(fresh.database).list(START, 300);
      samples.push(page.map(({ user }) => user));
    }
    const [first = [], second] = samples;
    expect(first.map(({ id }) => id)).toEqual(Array.from({ length: 250 }, (_, n) => String(n + 1)));
    for (const user of first) expect(Value.Errors(User, user).First()).toBeUndefined();
    expect(second).toEqual(first);
  });
});
