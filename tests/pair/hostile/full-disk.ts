/** Fills the disk and makes room again, several times, while clients create users. */
import { join } from "node:path";

import { openDatabase } from "../../../platform/database/open-database.ts";
import { randomFrom } from "../../../platform/database/seed.ts";
import type { User } from "../../../shared/types.ts";
import { json } from "../../support/ask.ts";
import { executable } from "../../support/executables.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { type Running, startService } from "../../support/processes.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";

export const name = "full-disk";
export const description = "A full disk loses no acknowledged user and makes the service not ready";

/** How often the disk is full, per scale. */
const FULL = 2;
const CLIENTS = 8;
/** Largest file size on the full disk: less than the write-ahead log has by then. */
const ROOM_BYTES = 100_000;
/** Numbers of creations and of rejections per round. */
const CREATED_MAX = 200;
const REFUSED = 20;
/** The service repeats what failed every two seconds. */
const READY_TIMEOUT_MS = 10_000;

export async function run({ seed, scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const random = randomFrom(seed);
  const { attempted, expect, outcome } = createOutcome();
  using folder = temporaryFolder();
  const databaseUrl = `sqlite://${join(folder.path, "users.db")}`;
  const users = await startService("users", { DATABASE_URL: databaseUrl }, [
    await executable("users"),
  ]);
  const acknowledged: string[] = [];
  const rounds = FULL * scale;
  for (let round = 0; round < rounds; round += 1) {
    progress(`${round} of ${rounds}`);
    await createUntil(users, acknowledged, { created: 40 + random() * CREATED_MAX, refused: 1 });
    limit(users, ROOM_BYTES);
    await createUntil(users, acknowledged, { created: Infinity, refused: REFUSED });
    attempted(REFUSED);
    // The result of a check is kept for a second.
    expect(await becomes(503, users), "the service was ready on a full disk");
    expect((await read(users)) === 200, "nothing could be read on a full disk");
    limit(users, "unlimited");
    expect(await becomes(200, users), "the service did not become ready when there was room again");
  }
  users.process.kill("SIGKILL");
  await users.process.exited;

  const database = await openDatabase(databaseUrl);
  const kept = new Set((await database.read("SELECT id FROM users", [])).map(({ id }) => id));
  const [integrity] = await database.read("PRAGMA integrity_check", []);
  await database.close();
  const lost = acknowledged.filter((id) => !kept.has(id));
  expect(lost.length === 0, "confirmed writes were lost", `${lost.length} users`);
  expect(integrity?.["integrity_check"] === "ok", "the database is damaged");
  return outcome();
}

let named = 0;

/** Creates users until `created` are created or `refused` are rejected, whichever is first. */
async function createUntil(
  { url }: Running,
  acknowledged: string[],
  { created, refused }: { created: number; refused: number },
): Promise<void> {
  let done = 0;
  let failed = 0;
  async function client() {
    while (done < created && failed < refused) {
      const body = { name: "x".repeat(100), email: `carol.${(named += 1)}@example.com` };
      const response = await fetch(`${url}/users`, json("POST", body));
      if (response.status !== 201) {
        failed += 1;
        continue;
      }
      done += 1;
      acknowledged.push(((await response.json()) as User).id);
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** Sets the largest file size for the process. */
function limit({ process: { pid } }: Running, bytes: number | "unlimited"): void {
  const { success } = Bun.spawnSync([
    "prlimit",
    `--fsize=${bytes}:unlimited`,
    "--pid",
    String(pid),
  ]);
  if (!success) throw new Error("prlimit is missing: install util-linux");
}

const readiness = async ({ url }: Running) => (await fetch(`${url}/health/ready`)).status;
const read = async ({ url }: Running) => (await fetch(`${url}/users?limit=1`)).status;

async function becomes(status: 200 | 503, users: Running): Promise<boolean> {
  const until = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < until) {
    if ((await readiness(users)) === status) return true;
    await Bun.sleep(50);
  }
  return false;
}
