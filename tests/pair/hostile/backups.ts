/**
 * Backups during writes: concurrent, killed, and to invalid targets. Then restores of damaged
 * files.
 */
import { Database as Sqlite } from "bun:sqlite";
import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { restore } from "../../../platform/database/backup.ts";
import { pick, type Random, randomFrom } from "../../../platform/database/seed.ts";
import { OperatorError } from "../../../platform/process/operator-error.ts";
import type { User } from "../../../shared/types.ts";
import { migrations } from "../../../users/migrations.ts";
import { json } from "../../support/ask.ts";
import { executable } from "../../support/executables.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { startService } from "../../support/processes.ts";
import { type AttackOptions, createOutcome, type Outcome } from "./attack.ts";

export const name = "backups";
export const description = "A backup or restore is complete or absent, and never overwrites a file";

/** Backups at scale 1. */
const BACKUPS = 8;
/** Damaged files at scale 1. */
const DAMAGED = 60;
const CLIENTS = 2;
/** A backup ends within this time. */
const KILL_MAX_MS = 150;
/** The limit of a file, smaller than any backup. */
const DISK_BYTES = 20_000;

export async function run({ seed, scale, progress = () => {} }: AttackOptions): Promise<Outcome> {
  const random = randomFrom(seed);
  const { attempted, expect, outcome } = createOutcome();
  using folder = temporaryFolder();
  const path = (file: string) => join(folder.path, file);
  const program = await executable("users");
  const environment = { DATABASE_URL: `sqlite://${path("live.db")}` };
  const users = await startService("users", environment, [program]);
  const acknowledged: string[] = [];
  const over = new AbortController();

  async function client(index: number): Promise<void> {
    for (let next = 0; !over.signal.aborted; next += 1) {
      const body = { name: "Carol", email: `carol.${index}.${next}@example.com` };
      const response = await fetch(`${users.url}/users`, json("POST", body));
      if (response.status === 201) acknowledged.push(((await response.json()) as User).id);
    }
  }

  function backUp(to: string, limits: string[] = []) {
    const words = [...limits, program, "backup", "--to", to];
    return Bun.spawn(words, { env: environment, stdio: ["ignore", "ignore", "pipe"] });
  }

  const isWhole = (file: string, ids: readonly string[]) => missingIn(path(file), ids) === "";

  const kinds = {
    async together(ids: readonly string[]) {
      const both = [backUp(path("copy.db")), backUp(path("copy.db"))];
      const codes = (await Promise.all(both.map(({ exited }) => exited))).toSorted();
      expect(
        codes.join() === "0,1",
        "of two backups to one file, not exactly one succeeded",
        codes.join(),
      );
      expect(isWhole("copy.db", ids), "one of two backups is incomplete");
    },
    async killed(ids: readonly string[]) {
      const child = backUp(path("copy.db"));
      await Bun.sleep(random() * KILL_MAX_MS);
      child.kill("SIGKILL");
      await child.exited;
      const isThere = existsSync(path("copy.db"));
      expect(!isThere || isWhole("copy.db", ids), "a killed backup is incomplete");
    },
    async refused() {
      const target = pick(random, ["live.db", "live.db-wal", "live.db-journal", "link", "folder"]);
      const before = lstatSync(path(target), { throwIfNoEntry: false })?.ino;
      await isRefused(backUp(path(target)), target);
      const after = lstatSync(path(target), { throwIfNoEntry: false })?.ino;
      expect(before === after, "a rejected backup overwrote a file", target);
    },
    async full() {
      await isRefused(backUp(path("copy.db"), ["prlimit", `--fsize=${DISK_BYTES}`]), "full disk");
      expect(!existsSync(path("copy.db")), "a backup exists that did not fit");
    },
  };

  async function isRefused(child: ReturnType<typeof backUp>, what: string): Promise<void> {
    const lines = (await new Response(child.stderr).text()).trimEnd();
    const code = await child.exited;
    expect(
      code === 1 && !lines.includes("\n"),
      "a rejection is not one line with exit code 1",
      what,
    );
    const left = readdirSync(folder.path).find((file) => file.includes(".partial"));
    expect(left === undefined, "a rejected backup left a file", `${what}: ${left}`);
  }

  symlinkSync(path("nowhere"), path("link"));
  mkdirSync(path("folder"));
  const writing = Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)));
  const order = Object.values(kinds);
  for (let round = 0; round < BACKUPS * scale; round += 1) {
    progress(`${round} of ${BACKUPS * scale} backups`);
    await order[round % order.length]?.([...acknowledged]);
    attempted();
    for (const file of readdirSync(folder.path)) {
      if (/^copy\.db|\.partial/.test(file)) rmSync(path(file));
    }
  }
  over.abort();
  await writing;
  expect((await backUp(path("copy.db")).exited) === 0, "the last backup failed");
  expect((await users.stop()) === 0, "the service did not end well");

  const backup = await Bun.file(path("copy.db")).bytes();
  for (let round = 0; round < DAMAGED * scale; round += 1) {
    progress(`${round} of ${DAMAGED * scale} restores`);
    await Bun.write(path("damaged.db"), damaged(backup, random));
    const url = `sqlite://${path("new/users.db")}`;
    const options = { migrations, progress: () => {} };
    const error = await restore(url, path("damaged.db"), options).catch((error: unknown) => error);
    attempted();
    const isRefusal = error instanceof OperatorError;
    expect(isRefusal || typeof error === "string", "a restore crashed", Bun.inspect(error));
    const missing = isRefusal ? "" : missingIn(path("new/users.db"), acknowledged);
    expect(missing === "", "a damaged backup was restored", missing);
    const left = isRefusal && existsSync(path("new")) ? readdirSync(path("new")) : [];
    expect(left.length === 0, "a rejected restore left a file", left.join());
    rmSync(path("new"), { recursive: true, force: true });
  }
  return outcome();
}

/** Returns what is wrong with a database that should contain these users; empty if nothing is. */
function missingIn(path: string, ids: readonly string[]): string {
  try {
    using database = new Sqlite(path, { readonly: true });
    const sound = database.query<{ integrity_check: string }, []>("PRAGMA integrity_check").get();
    const found = new Set(database.query("SELECT id FROM users").values().flat());
    const lost = ids.filter((id) => !found.has(id)).length;
    return sound?.integrity_check === "ok" && lost === 0 ? "" : `${lost} users are missing`;
  } catch (error) {
    return String(error);
  }
}

/**
 * Returns a truncated copy, or one with flipped bits, half of them in the first page (the schema).
 */
function damaged(file: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const anyIn = (length: number) => Math.floor(random() * length);
  const bytes = new Uint8Array(file);
  if (random() < 0.1) return bytes.slice(0, anyIn(bytes.length));
  for (let flips = 1 + anyIn(3); flips > 0; flips -= 1) {
    const at = anyIn(random() < 0.5 ? 4_096 : bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << anyIn(8));
  }
  return bytes;
}
