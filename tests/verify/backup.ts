/** Backup and restore with the executables: under load, killed, and on another machine. */
import { Database as Sqlite } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, statSync, watch } from "node:fs";
import { join } from "node:path";

import { serveCalleesOf } from "../support/apps.ts";
import { json } from "../support/ask.ts";
import { command, executables } from "../support/executables.ts";
import { temporaryFolder } from "../support/folders.ts";
import { type Running, startService } from "../support/processes.ts";
import { creationOf, newBody, resourcesOf } from "../support/resources.ts";

setDefaultTimeout(120_000);

const CLIENTS = 8;
const CREATED_BEFORE = 200;

describe.each(await resourcesOf())("Of $service,", (resource) => {
  const { service, table } = resource;
  let program = "";
  let callees: Awaited<ReturnType<typeof serveCalleesOf>>;
  const folder = temporaryFolder();
  const path = (name: string) => join(folder.path, name);
  beforeAll(async () => {
    program = (await executables())[service];
    callees = await serveCalleesOf(service);
  });
  afterAll(async () => {
    await callees.stop();
    folder[Symbol.dispose]();
  });

  /** Runs a command on a database in the folder. */
  function run(database: string, args: string) {
    return command([program, ...args.split(" ")], {
      environment: { DATABASE_URL: `sqlite://${database}` },
      folder: folder.path,
    });
  }

  function start(database: string): Promise<Running> {
    const environment = { DATABASE_URL: `sqlite://${path(database)}`, ...callees.environment };
    return startService(service, environment, [program]);
  }

  let number = 0;
  const another = () => newBody(resource, (number += 1), "1");

  /** Clients that each create one after the other and record the acknowledged ids. */
  function startClients({ url }: Running) {
    const acknowledged: string[] = [];
    const stopping = new AbortController();
    async function work() {
      while (!stopping.signal.aborted) {
        const response = await fetch(`${url}${creationOf(resource).path}`, json("POST", another()));
        if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
        acknowledged.push(((await response.json()) as { id: string }).id);
      }
    }
    const working = Promise.all(Array.from({ length: CLIENTS }, work));
    return {
      acknowledged,
      /** Resolves once this many are acknowledged. */
      async reached(count: number) {
        while (acknowledged.length < count) await Promise.race([working, Bun.sleep(1)]);
      },
      async stop() {
        stopping.abort();
        await working;
      },
    };
  }

  test("a backup restored on another machine has everything acknowledged before the backup began", async () => {
    const running = await start("live.db");
    const clients = startClients(running);
    await clients.reached(CREATED_BEFORE);
    const before = [...clients.acknowledged];
    const made = await run(path("live.db"), `backup --to ${path("copy.db")}`);
    expect(made).toMatchObject({ exitCode: 0, stdout: "" });
    expect(made.stderr).toMatch(/^backed up [\d.]+ MiB from \S+ to \S+copy\.db in [\d.]+ s\n$/);
    // The load continued during the backup.
    await clients.reached(clients.acknowledged.length + CLIENTS);
    await clients.stop();
    expect(await running.stop()).toBe(0);

    const restored = await run(path("elsewhere/live.db"), `restore --from ${path("copy.db")}`);
    expect(restored).toMatchObject({ exitCode: 0, stdout: "" });
    const elsewhere = await start("elsewhere/live.db");
    for (const id of before)
      expect((await fetch(`${elsewhere.url}/${table.name}/${id}`)).status).toBe(200);
    const created = await fetch(
      `${elsewhere.url}${creationOf(resource).path}`,
      json("POST", another()),
    );
    expect(created.status).toBe(201);
    expect(await elsewhere.stop()).toBe(0);
    const database = new Sqlite(path("elsewhere/live.db"));
    expect(database.query("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    database.close();
  });

  test("a killed backup leaves no file under its final name, and the next backup is complete", async () => {
    const running = await start("large.db");
    const database = new Sqlite(path("large.db"));
    database.run("CREATE TABLE padding AS SELECT zeroblob(64000000) AS zeros");
    database.close();

    const begun = Promise.withResolvers<void>();
    const watcher = watch(folder.path, (_event, name) => {
      if (name?.startsWith("killed.db.")) begun.resolve();
    });
    const child = Bun.spawn([program, "backup", "--to", path("killed.db")], {
      env: { DATABASE_URL: `sqlite://${path("large.db")}` },
      stdio: ["ignore", "ignore", "pipe"],
    });
    await begun.promise;
    child.kill("SIGKILL");
    await child.exited;
    watcher.close();
    expect(existsSync(path("killed.db"))).toBe(false);
    // The partial file is marked as such, and only its owner can read it.
    const left = readdirSync(folder.path).filter((name) => name.endsWith(".partial"));
    expect(left).toHaveLength(1);
    expect(statSync(path(left[0] ?? "")).mode & 0o777).toBe(0o600);

    expect((await fetch(`${running.url}/health/ready`)).status).toBe(200);
    const again = await run(path("large.db"), `backup --to ${path("killed.db")} --full-check`);
    expect(again.exitCode).toBe(0);
    expect(await running.stop()).toBe(0);
    const copy = new Sqlite(path("killed.db"));
    expect(copy.query("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    copy.close();
  });

  test("a restore onto an existing database prints one line and exits with 1", async () => {
    expect((await run(path("first.db"), "migrate")).exitCode).toBe(0);
    expect((await run(path("first.db"), `backup --to ${path("first.copy")}`)).exitCode).toBe(0);
    const refused = await run(path("first.db"), `restore --from ${path("first.copy")}`);
    expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
    expect(refused.stderr).toMatch(
      new RegExp(
        `^${service}: \\S+first\\.db exists\\. A restore never overwrites a file: [^\\n]+\\n$`,
      ),
    );
  });

  test.each(["backup --to", "restore --from"])(
    "%s on Postgres prints one line that names pg_dump, and exits with 2",
    async (words) => {
      const environment = { DATABASE_URL: "postgres://someone:s3cret@127.0.0.1:1/name" };
      const { exitCode, stderr } = await command([program, ...words.split(" "), path("postgres")], {
        environment,
      });
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(new RegExp(`^${service}: [^\\n]*pg_dump[^\\n]*\\n$`));
      expect(stderr).not.toContain("s3cret");
      expect(existsSync(path("postgres"))).toBe(false);
    },
  );
});
