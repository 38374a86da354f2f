import { describe, expect, setDefaultTimeout, test } from "bun:test";

import type { Place } from "../platform/index.ts";
import { create, whoIs } from "../platform/testing.ts";
import { NewSample } from "../shared/types.ts";
import { ENGINE_TIMEOUT_MS, ENGINES, freshDatabase } from "../tests/support/engines.ts";
import { migrations } from "./migrations.ts";
import { seed } from "./seed.ts";
import { createSampleStore } from "./store.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

const EVERYONE = whoIs();
const OWNER = whoIs({ user: "1" });
const OTHER = whoIs({ user: "2" });
const NOW = Date.UTC(2026, 1, 3);
const now = () => NOW;
const [EXAMPLE] = NewSample.examples;
const START: Place = { createdAt: -1, id: "", limit: 10 };

describe.each(ENGINES)("The sample store on %s", (engine) => {
  test("reads back exactly what it wrote", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const store = createSampleStore(fresh.database, now);
    const sample = await create(fresh.database, store.create(EXAMPLE));
    expect(sample).toMatchObject({ ...EXAMPLE, created_at: new Date(NOW).toISOString() });
    expect((await store.byId(sample.id, EVERYONE))?.value).toEqual(sample);
    expect(await store.byId("unknown", EVERYONE)).toBeUndefined();
  });

  test("changes and deletes a sample for its user, with the current tag, and for nobody else", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const store = createSampleStore(fresh.database, now);
    const { id } = await create(fresh.database, store.create(EXAMPLE));
    const { tag } = (await store.byId(id, OWNER)) ?? expect.unreachable();
    expect(await store.update(id, { title: "Stolen" }, OTHER)).toBeUndefined();
    expect(await store.remove(id, OTHER)).toBe(false);
    const changed = await store.update(id, { title: "New" }, whoIs({ user: "1", ifMatch: tag }));
    expect(changed?.value.title).toBe("New");
    expect(await store.remove(id, whoIs({ user: "1", ifMatch: tag }))).toBe(false);
    expect(await store.remove(id, OWNER)).toBe(true);
    expect(await store.byId(id, EVERYONE)).toBeUndefined();
  });

  test("lists the samples of a user, oldest first, and everyone's for an admin", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const store = createSampleStore(fresh.database, now);
    await seed(fresh.database, {}, { progress() {} });
    await create(fresh.database, store.create({ ...EXAMPLE, user_id: "2" }));
    const titles = async (who: typeof OWNER, place = START) =>
      (await store.list({}, place, who)).map(({ value }) => value.title);
    expect(await titles(OWNER)).toEqual(["First", "Second"]);
    expect(await titles(OTHER)).toEqual([EXAMPLE.title]);
    expect(await titles(EVERYONE)).toEqual(["First", "Second", EXAMPLE.title]);
    const [first = expect.unreachable()] = await store.list({}, { ...START, limit: 1 }, OWNER);
    expect(await titles(OWNER, { ...first, limit: 10 })).toEqual(["Second"]);
  });

  test("seeds as many samples as it is told, and no more the next time", async () => {
    await using fresh = await freshDatabase(engine, migrations);
    const store = createSampleStore(fresh.database, now);
    for (let run = 0; run < 2; run += 1) {
      await seed(fresh.database, { samples: 20 }, { progress() {} });
      expect(await store.list({}, { ...START, limit: 100 }, EVERYONE)).toHaveLength(20);
    }
  });
});
