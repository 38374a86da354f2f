import { expect, test } from "bun:test";

import { samplesOf } from "../../tests/support/exposition.ts";
import { createMetrics } from "../process/metrics.ts";
import type { Tracer } from "../process/trace/tracer.ts";
import type { Database } from "./database.ts";
import { measureCommits, measured } from "./measured.ts";
import { openSqlite } from "./sqlite.ts";

function insert(id: string) {
  return { text: "INSERT INTO things (id) VALUES ($1)", values: [id] };
}

test("Reads and writes are timed, and counted in flight and by kind of failure", async () => {
  const metrics = createMetrics();
  const sample = (series: string) => samplesOf(metrics.text()).get(series);
  const database = measured(await openSqlite(":memory:"), { metrics });
  await database.write([{ text: "CREATE TABLE things (id TEXT PRIMARY KEY)", values: [] }]);
  const writing = database.write([insert("1")]);
  expect(sample("database_operations_in_flight")).toBe(1);
  await writing;
  expect(sample("database_operations_in_flight")).toBe(0);
  await expect(database.write([insert("1")])).rejects.toMatchObject({ name: "UniqueViolation" });
  expect(await database.read("SELECT id FROM things", [])).toEqual([{ id: "1" }]);
  expect(() => database.read("SELECT zeroblob(3000000000)", [])).toThrow();

  expect(sample('database_operation_duration_seconds_count{operation="write"}')).toBe(3);
  expect(sample('database_operation_duration_seconds_count{operation="read"}')).toBe(2);
  expect(sample('database_failures_total{kind="unique"}')).toBe(1);
  expect(sample('database_failures_total{kind="other"}')).toBe(1);
  expect(sample('database_failures_total{kind="unavailable"}')).toBe(0);
  expect(sample("database_operations_in_flight")).toBe(0);
  await database.close();
});

test.each([
  ["SELECT id FROM things", "SELECT things"],
  ["\n  UPDATE things SET id = (SELECT max(id) FROM others)", "UPDATE things"],
  ['update only "things" set id = id', "UPDATE things"],
  ["INSERT INTO things (id) SELECT id FROM others", "INSERT things"],
  ["INSERT INTO things (id) VALUES (1) ON CONFLICT DO UPDATE SET id = 2", "INSERT things"],
  ["DELETE FROM things WHERE id IN (SELECT id FROM others)", "DELETE things"],
  ["SELECT 1", "SELECT"],
  ["PRAGMA quick_check", "PRAGMA"],
])("The span of %j is named %s", async (text, name) => {
  const names: string[] = [];
  const context = { traceId: "0".repeat(32), spanId: "0".repeat(16), sampled: true, state: "" };
  const tracer: Tracer = {
    start(given, { attributes }) {
      names.push(given);
      const { "db.operation.name": operation, "db.collection.name": table } = attributes ?? {};
      expect(given).toBe([operation, table].filter(Boolean).join(" "));
      return { context, end() {} };
    },
    counts: { exported: 0, dropped: 0, refused: 0 },
    end: () => Promise.resolve(),
  };
  const database: Database = { ...(await openSqlite(":memory:")), read: () => [] };
  await measured(database, { metrics: createMetrics(), tracer }).read(text, [], context);
  expect(names).toEqual([name]);
});

test("Writes that arrive together are one commit, whose size is measured", async () => {
  const metrics = createMetrics();
  const database = await openSqlite(":memory:", { onCommit: measureCommits(metrics) });
  await database.write([{ text: "CREATE TABLE things (id TEXT PRIMARY KEY)", values: [] }]);
  await Promise.all(["1", "2", "3"].map((id) => database.write([insert(id)])));
  const samples = samplesOf(metrics.text());
  expect(samples.get("database_commit_units_count")).toBe(2);
  expect(samples.get("database_commit_units_sum")).toBe(4);
  expect(samples.get('database_commit_units_bucket{le="1"}')).toBe(1);
  expect(samples.get("database_commit_duration_seconds_count")).toBe(2);
  await database.close();
});
