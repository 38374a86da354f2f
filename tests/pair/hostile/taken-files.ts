/** Deletes, moves, replaces or truncates the database files while clients create users. */
import { copyFileSync, renameSync, truncateSync, unlinkSync } from "node:fs";
import { join } from "node:path";

import { type Random, randomFrom } from "../../../platform/database/seed.ts";
import { json } from "../../support/ask.ts";
import { executable } from "../../support/executables.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { startService } from "../../support/processes.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";

export const name = "taken-files";
export const description =
  "No write to a deleted, moved, replaced or truncated database file is acknowledged";

/** Services that lose their files, per scale. */
const THEFTS = 6;
const CLIENTS = 8;
/** The files are taken among the first creations; then clients wait for more responses. */
const CREATED_MAX = 50;
const ANSWERS_AFTER = 50;

const WAYS: ((path: string) => void)[] = [
  (path) => unlinkSync(path),
  (path) => unlinkSync(`${path}-wal`),
  (path) => ["-wal", "-shm", ""].forEach((end) => unlinkSync(`${path}${end}`)),
  (path) => renameSync(path, `${path}.away`),
  (path) => replace(path),
  (path) => replace(`${path}-wal`),
  (path) => unlinkSync(`${path}-shm`),
  (path) => replace(`${path}-shm`),
  (path) => truncateSync(`${path}-wal`),
  (path) => truncateSync(path),
];

export async function run({ seed, scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const random = randomFrom(seed);
  const { attempted, expect, outcome } = createOutcome();
  const program = await executable("users");
  const thefts = THEFTS * scale;
  for (let theft = 0; theft < thefts; theft += 1) {
    progress(`${theft} of ${thefts}`);
    const { late, status } = await steal(program, random);
    attempted();
    expect(late === 0, "creations were confirmed after the file was gone", String(late));
    expect(status === 503, "the service was ready without its file", String(status));
  }
  return outcome();
}

/** Returns how many later creations were confirmed, and the status of readiness. */
async function steal(program: string, random: Random) {
  using folder = temporaryFolder();
  const path = join(folder.path, "users.db");
  const users = await startService("users", { DATABASE_URL: `sqlite://${path}` }, [program]);
  const takeAfter = 1 + Math.floor(random() * CREATED_MAX);
  const take = WAYS[Math.floor(random() * WAYS.length)] as (path: string) => void;
  let created = 0;
  let isGone = false;
  let answersAfter = 0;
  let late = 0;
  let next = 0;

  async function client() {
    while (answersAfter < ANSWERS_AFTER) {
      const sentAfter = isGone;
      const body = { name: "Carol", email: `carol.${(next += 1)}@example.com` };
      const { status } = await fetch(`${users.url}/users`, json("POST", body));
      if (sentAfter) answersAfter += 1;
      if (status !== 201) continue;
      created += 1;
      if (sentAfter) late += 1;
      if (created === takeAfter) {
        take(path);
        isGone = true;
      }
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const { status } = await fetch(`${users.url}/health/ready`);
  await users.stop();
  return { late, status };
}

/** Replaces a file with a copy, which is a different file. */
function replace(path: string): void {
  copyFileSync(path, `${path}.copy`);
  renameSync(`${path}.copy`, path);
}
