/** Two processes of each service on one Postgres. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { openDatabase } from "../../platform/database/open-database.ts";
import { serveCalleesOf } from "../support/apps.ts";
import { json } from "../support/ask.ts";
import { ENGINE_TIMEOUT_MS } from "../support/engines.ts";
import { createDatabase } from "../support/postgres.ts";
import { startService } from "../support/processes.ts";
import { creationOf, newBody, resourcesOf, type Shown } from "../support/resources.ts";
import { definitionOf } from "../support/services.ts";

setDefaultTimeout(ENGINE_TIMEOUT_MS);

const CLIENTS = 64;
const KEYS = 8;

const RESOURCES = (await resourcesOf()).map((one) => [one.table.name, one] as const);

test.each(RESOURCES)(
  "64 clients that send the same keys to two processes get one of %s per key",
  async (table, resource) => {
    const { service } = resource;
    const { migrations } = await definitionOf(service);
    await using fresh = await createDatabase();
    const callees = await serveCalleesOf(service);
    const environment = { DATABASE_URL: fresh.url, ...callees.environment };
    // Both start at the same time on an empty database.
    const replicas = await Promise.all([1, 2].map(() => startService(service, environment)));
    // They take turns at the migrations, each of which is applied once.
    const applied = replicas.flatMap(
      ({ log }) => log().match(/"applied migration","version":\d+/g) ?? [],
    );
    expect(new Set(applied).size).toBe(migrations.length);
    expect(applied).toHaveLength(migrations.length);

    let inUse = 0;
    async function create(client: number, key: string) {
      for (let attempt = client; ; attempt += 1) {
        const body = newBody(resource, key, "1");
        const url = `${replicas[attempt % 2]?.url}${creationOf(resource).path}`;
        const response = await fetch(url, json("POST", body, { "idempotency-key": `"${key}"` }));
        if (response.status === 201) {
          const { headers } = response;
          const [etag, location] = [headers.get("etag"), headers.get("location")];
          const replayed = headers.get("idempotency-replayed") === "true";
          return { answer: JSON.stringify([etag, location, await response.text()]), replayed };
        }
        expect(response.status).toBe(409);
        inUse += 1;
      }
    }
    const keys = Array.from({ length: KEYS }, (_, index) => `key-${index}`);
    const answers = await Promise.all(
      keys.flatMap((key) => Array.from({ length: CLIENTS }, (_, client) => create(client, key))),
    );
    // Every client got the same bytes for a key, and exactly one response was not a replay.
    const distinct = [...new Set(answers.map(({ answer }) => answer))];
    expect(distinct).toHaveLength(KEYS);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(KEYS);

    const database = await openDatabase(fresh.url);
    const stored = await database.read(`SELECT id FROM ${table}`, []);
    await database.close();
    const answered = distinct.map((answer) => {
      const [, location, body] = JSON.parse(answer) as [string, string, string];
      return `${location} ${(JSON.parse(body) as Shown).id}`;
    });
    const expected = stored.map(({ id }) => `/${table}/${id} ${id}`);
    expect(answered.toSorted()).toEqual(expected.toSorted());
    // Proves that requests were concurrent.
    expect(inUse).toBeGreaterThan(0);

    await Promise.all(replicas.map(({ stop }) => stop()));
    await callees.stop();
  },
  30_000,
);
