/** The rule of amounts holds in every service that has some: it belongs to `shared/`. */
import { expect, test } from "bun:test";

import { DEFAULT_CURRENCY, WITHOUT_PLACES } from "../shared/money.ts";
import { openApps } from "./support/apps.ts";
import { ask, pointersOf, problemIn } from "./support/ask.ts";
import { bodiesOf, bodyOf, creationOf, resourcesOf } from "./support/resources.ts";

const MONEY = ["amount", "currency"];

test("A creation refuses a fraction of a currency that has none, and has a default currency", async () => {
  const [currency] = WITHOUT_PLACES;
  const apps = await openApps();
  for (const resource of await resourcesOf()) {
    const creation = creationOf(resource);
    const { properties = {} } = bodyOf(resource, creation) as { properties?: object };
    if (!MONEY.every((name) => name in properties)) continue;
    const [example] = bodiesOf(resource, creation);
    const create = (money: object) =>
      ask(apps[resource.service], creation.path, { body: { ...example, ...money } });
    const refused = await problemIn(await create({ amount: 1.5, currency }));
    expect([refused.status, pointersOf(refused)]).toEqual([422, ["/amount"]]);
    expect((await create({ amount: 1, currency })).status).toBe(201);
    const created = await (await create({ amount: 1.5, currency: undefined })).json();
    expect(created).toMatchObject({ amount: 1.5, currency: DEFAULT_CURRENCY });
  }
  await apps.close();
});
