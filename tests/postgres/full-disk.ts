/** `bun run postgres`: a tablespace without room (needs root, for a file system of 2 MiB). */
import { expect, test } from "bun:test";
import { chownSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { DatabaseUnavailable } from "../../platform/database/database.ts";
import { openPostgres } from "../../platform/database/postgres.ts";
import { createDatabase } from "../support/postgres.ts";
import { startDebian, trials } from "./support/debian.ts";

const THINGS = {
  version: 1,
  name: "things",
  sql: "CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY, note TEXT)",
};
/** Not compressed away. */
const noise = () => Buffer.from(crypto.getRandomValues(new Uint8Array(1_500))).toString("base64");
const insert = (id: number) => ({
  text: "INSERT INTO things (id, note) VALUES ($1, $2)",
  values: [String(id), noise()],
});

const canMount = process.platform === "linux" && process.getuid?.() === 0;

trials("A Postgres whose disk is full", () => {
  test.skipIf(!canMount)("is not ready until there is room, and loses nothing", async () => {
    const server = await startDebian();
    const disk = join(server.data, "../disk");
    mkdirSync(disk);
    run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk);
    try {
      const { uid, gid } = statSync(server.data);
      chownSync(disk, uid, gid);
      await using fresh = await createDatabase(server);
      let now = 0;
      const database = await openPostgres(fresh.url, { now: () => now });
      await database.migrate([THINGS]);
      await using administrator = new Bun.SQL(server.url, { max: 1 });
      const { username } = new URL(fresh.url);
      await administrator.unsafe(`CREATE TABLESPACE small LOCATION '${disk}'`);
      await administrator.unsafe(`ALTER TABLE ${username}.things SET TABLESPACE small`);

      let written = 0;
      async function fill(): Promise<unknown> {
        try {
          for (; ; written += 1) await database.write([insert(written)]);
        } catch (cause) {
          return cause;
        }
      }
      const error = await fill();
      expect(error).toBeInstanceOf(DatabaseUnavailable);
      expect((error as Error).message).toContain("No space left on device");
      const isReady = () =>
        database.ping().then(
          () => true,
          () => false,
        );
      // Needs no space, and so says nothing about new rows.
      await database.write([{ text: "DELETE FROM things WHERE id = $1", values: ["0"] }]);
      for (let test = 0; test < 5; test += 1) {
        expect(await isReady()).toBe(false);
        now += 2_000;
      }
      expect(await isReady()).toBe(false);
      run("mount", "-o", "remount,size=20m", disk);
      now += 2_000;
      expect(await isReady()).toBe(true);
      await database.write([insert(written)]);
      const [row] = await database.read("SELECT count(*) AS count FROM things", []);
      expect(row).toEqual({ count: written });
      await database.close();
    } finally {
      await server.stop();
      run("umount", disk);
    }
  });
});

function run(...command: string[]): void {
  const { success, stderr } = Bun.spawnSync(command);
  if (!success) throw new Error(`${command[0]} failed: ${stderr.toString()}`);
}
