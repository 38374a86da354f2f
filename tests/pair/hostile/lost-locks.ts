/**
 * Deletes the file that holds the locks of a database, `-shm`, while one or two processes use it, and
 * starts another one, which makes a new file.
 */
import { Database as Sqlite } from "bun:sqlite";
import { unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { pick, type Random, randomFrom } from "../../../platform/database/seed.ts";
import type { User } from "../../../shared/types.ts";
import { json } from "../../support/ask.ts";
import { executable } from "../../support/executables.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { type Running, startService } from "../../support/processes.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";

export const name = "lost-locks";
export const description =
  "No confirmed write is lost when the lock file of a database is deleted and another process starts";

/** Deletions at scale 1. */
const ROUNDS = 3;
const CLIENTS = 8;
/** The file is deleted among the first creations. */
const CREATED_MAX = 100;
/** Creations that the new process confirms while the old ones run. */
const CONFIRMED_AFTER = 200;

const WAYS: ((path: string) => void)[] = [
  (path) => unlinkSync(path),
  (path) => {
    unlinkSync(path);
    writeFileSync(path, "");
  },
];

export async function run({ seed, scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const random = randomFrom(seed);
  const { attempted, expect, outcome } = createOutcome();
  const program = await executable("users");
  for (let round = 0; round < ROUNDS * scale; round += 1) {
    progress(`${round} of ${ROUNDS * scale}`);
    const { late, statuses, missing } = await attack(program, random);
    attempted();
    expect(late === 0, "a process without its locks confirmed creations", String(late));
    expect(statuses === "200,503", "not exactly the new process was ready", statuses);
    expect(missing === "", "confirmed users were lost", missing);
  }
  return outcome();
}

async function attack(program: string, random: Random) {
  using folder = temporaryFolder();
  const path = join(folder.path, "users.db");
  const start = () => startService("users", { DATABASE_URL: `sqlite://${path}` }, [program]);
  const confirmed: string[] = [];
  let next = 0;

  /** Creates users one after the other until told to stop. */
  async function client({ url }: Running, goesOn: () => boolean): Promise<void> {
    while (goesOn()) {
      const body = { name: "Carol", email: `carol.${(next += 1)}@example.com` };
      const response = await fetch(`${url}/users`, json("POST", body));
      if (response.status === 201) confirmed.push(((await response.json()) as User).id);
    }
  }
  const clients = (target: Running, goesOn: () => boolean) =>
    Array.from({ length: CLIENTS }, () => client(target, goesOn));

  const first = await start();
  const old = random() < 0.5 ? [first] : [first, await start()];
  const takeAfter = Math.floor(random() * CREATED_MAX);
  await Promise.all(clients(first, () => confirmed.length < takeAfter));
  pick(random, WAYS)(`${path}-shm`);
  const before = confirmed.length;

  let isOver = false;
  const refused = old.map((one) => client(one, () => !isOver));
  // Nobody can confirm anything now, until the new process runs.
  const readyEarly = await Promise.all(old.map(readiness));
  const late = confirmed.length - before;
  const added = await start();
  await Promise.all(clients(added, () => confirmed.length < before + CONFIRMED_AFTER));
  const readyOld = await Promise.all(old.map(readiness));
  const statuses = new Set([await readiness(added), ...readyEarly, ...readyOld]);
  isOver = true;
  await Promise.all(refused);
  // In any order: what the old ones do when they stop must not spoil the log either.
  const [one, ...others] = random() < 0.5 ? [...old, added] : [added, ...old];
  await one?.stop();
  for (const { process, stop } of others) await (random() < 0.5 ? stop() : end(process));
  return { late, statuses: [...statuses].toSorted().join(), missing: missingIn(path, confirmed) };
}

async function readiness({ url }: Running): Promise<number> {
  return (await fetch(`${url}/health/ready`)).status;
}

async function end(process: Running["process"]): Promise<void> {
  process.kill("SIGKILL");
  await process.exited;
}

/** Returns what is wrong with the database; empty if it holds all these users. */
function missingIn(path: string, ids: readonly string[]): string {
  try {
    using database = new Sqlite(path);
    const [sound] = database.query("PRAGMA integrity_check").values().flat();
    const found = new Set(database.query("SELECT id FROM users").values().flat());
    const lost = ids.filter((id) => !found.has(id)).length;
    return sound === "ok" && lost === 0 ? "" : `${lost} of ${ids.length}, ${String(sound)}`;
  } catch (error) {
    return String(error);
  }
}
