/** Backup and restore of a SQLite database. A backup does not block writes. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { backup as copyPages, DatabaseSync } from "node:sqlite";

import { OperatorError, UsageError } from "../process/operator-error.ts";
import type { Output } from "../process/output.ts";
import { DatabaseError, type Migration } from "./database.ts";
import { APPLIED_MIGRATIONS, type AppliedRow, newestOf, schemaOf } from "./migrations.ts";
import { sqlitePathOf } from "./sqlite-url.ts";

/**
 * Files that SQLite keeps beside a database. Beside another database they would be taken for its
 * own.
 */
const COMPANIONS = ["-wal", "-shm", "-journal"] as const;

/** Pages between two progress reports: 4 MiB, copied in about 10 ms. */
const PAGES_PER_STEP = 1_024;

/** How long the copy waits for another process that recovers the database after a crash. */
const BUSY_TIMEOUT_MS = 10_000;

export interface CopyOptions {
  /** The migrations of the service: a copy of another program's database is rejected. */
  migrations: readonly Migration[];
  /** Receives progress reports. */
  progress: Output["progress"];
}

export interface BackupOptions extends CopyOptions {
  /**
   * Whether to compare every index with its table too, which takes most of the time of a backup. A
   * restore always does it: it decides what will be served. Default: no
   */
  fullCheck?: boolean;
}

interface CheckOptions extends CopyOptions {
  check: "quick_check" | "integrity_check";
}

/**
 * Copies the database at `url` into a new file, as of this moment, while others read and write.
 *
 * A read transaction around SQLite's backup API fixes the moment. Without it, every commit of
 * another process restarts the copy, so under load it would never finish. The price: the
 * write-ahead log grows by what is written in the meantime. The file gets its final name after it
 * is complete, checked and on disk.
 *
 * @returns a sentence about what was done
 * @throws UsageError for a database that is not a SQLite file
 * @throws OperatorError if the file exists, or the copy fails or is damaged
 */
export async function backUp(
  url: string,
  file: string,
  { fullCheck = false, ...options }: BackupOptions,
): Promise<string> {
  const database = pathOf(url);
  if (!existsSync(database)) throw new OperatorError(`There is no database at ${database}`);
  const inTheWay = takenOf(file);
  if (inTheWay) {
    throw new OperatorError(
      `${inTheWay} exists. A backup never overwrites a file: choose another name`,
    );
  }
  const check = fullCheck ? "integrity_check" : "quick_check";
  return `backed up ${await copy(database, file, { ...options, check })}`;
}

/**
 * Copies a backup to the location of the database at `url`, where no database may exist.
 *
 * @returns a sentence about what was done
 * @throws UsageError for a database that is not a SQLite file
 * @throws OperatorError if a database or one of its files exists, or the backup is damaged
 */
export async function restore(url: string, file: string, options: CopyOptions): Promise<string> {
  const database = pathOf(url);
  const inTheWay = takenOf(database);
  if (inTheWay) {
    throw new OperatorError(
      `${inTheWay} exists. A restore never overwrites a file: stop the service, move ${database} and ` +
        "all files whose names begin with it to another place, and try again",
    );
  }
  if (!existsSync(file)) throw new OperatorError(`There is no backup at ${file}`);
  // These hold the latest writes, or how to undo them. A backup made by this program has none.
  const log = [`${file}-wal`, `${file}-journal`].find(existsSync);
  if (log) {
    throw new OperatorError(
      `${log} exists, so ${file} was copied from under a running service. Restore what ` +
        "the command backup wrote",
    );
  }
  mkdirSync(dirname(database), { recursive: true, mode: 0o700 });
  return `restored ${await copy(file, database, { ...options, check: "integrity_check" })}`;
}

/** @throws UsageError for a database that is not a SQLite file */
function pathOf(url: string): string {
  if (!url.startsWith("sqlite://")) {
    throw new UsageError(
      "DATABASE_URL is not a SQLite file. Postgres is backed up with its own pg_dump and restored " +
        "with pg_restore",
    );
  }
  const path = sqlitePathOf(url);
  if (path === ":memory:") throw new UsageError("DATABASE_URL is a database in memory");
  return path;
}

/** Copies a database into a file that gets its final name when complete. Returns a description. */
async function copy(from: string, to: string, options: CheckOptions): Promise<string> {
  const startedAt = performance.now();
  const unfinished = `${to}.${Bun.randomUUIDv7().slice(-12)}.partial`;
  try {
    requireOther(to, from);
    // Created here, so that nobody else can ever read it.
    closeSync(openSync(unfinished, "wx", 0o600));
    const bytes = await copyInto(unfinished, from, options);
    requireSound(unfinished, from, options);
    synchronise(unfinished, "r+");
    publish(unfinished, to);
    // Windows cannot open folders.
    if (process.platform !== "win32") synchronise(dirname(to), "r");
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    return `${mebibytes(bytes)} from ${from} to ${to} in ${seconds} s`;
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    const { message } = error as Error;
    throw new OperatorError(`Cannot copy ${from} to ${to}: ${message}`, { cause: error });
  } finally {
    options.progress("");
    for (const path of namesOf(unfinished).filter(isTaken)) rmSync(path);
  }
}

/** The path of a database, and those of the files that SQLite keeps beside it. */
function namesOf(path: string): string[] {
  return ["", ...COMPANIONS].map((end) => path + end);
}

/** Returns the first of these paths that exists. */
function takenOf(path: string): string | undefined {
  return namesOf(path).find(isTaken);
}

/** Returns whether the path exists, also as a broken link. */
function isTaken(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** @throws OperatorError if SQLite would treat the file as part of this database, and delete it */
function requireOther(file: string, database: string): void {
  const path = join(realpathSync(dirname(file)), basename(file));
  if (!namesOf(realpathSync(database)).includes(path)) return;
  throw new OperatorError(`${file} is a name that SQLite uses for ${database}: choose another one`);
}

/** @throws OperatorError if the file was created in the meantime */
function publish(unfinished: string, file: string): void {
  try {
    // A rename would overwrite it.
    linkSync(unfinished, file);
  } catch {
    if (isTaken(file)) throw new OperatorError(`${file} was created in the meantime`);
    // The file system has no hard links.
    renameSync(unfinished, file);
  }
}

/** Returns the size of the copy in bytes. */
async function copyInto(file: string, from: string, { progress }: CopyOptions): Promise<number> {
  const source = new DatabaseSync(from, { timeout: BUSY_TIMEOUT_MS });
  try {
    const pageBytes = Number(source.prepare("PRAGMA page_size").get()?.["page_size"]);
    source.exec("BEGIN");
    // A transaction begins with its first read.
    source.prepare("SELECT count(*) FROM sqlite_schema").get();
    const pages = await copyPages(source, file, {
      rate: PAGES_PER_STEP,
      progress({ totalPages, remainingPages }) {
        const percent = Math.floor((100 * (totalPages - remainingPages)) / totalPages);
        progress(`copied ${percent} % of ${mebibytes(totalPages * pageBytes)}`);
      },
    });
    return pages * pageBytes;
  } finally {
    source.close();
  }
}

/** @throws DatabaseError unless the copy is intact and belongs to this program */
function requireSound(file: string, from: string, options: CheckOptions): void {
  const { migrations, progress, check } = options;
  progress("checking the copy");
  const copy = new DatabaseSync(file);
  try {
    // Opening it turned WAL on. Without WAL it is a single file, which can be read from a read-only
    // folder.
    copy.exec("PRAGMA journal_mode = DELETE");
    const finding = copy.prepare(`PRAGMA ${check}(1)`).get()?.[check];
    if (finding !== "ok") throw new DatabaseError(`${from} is damaged: ${finding}`);
    if (copy.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'").get()) {
      const rows = copy.prepare(APPLIED_MIGRATIONS).all() as AppliedRow[];
      const { version, pending } = schemaOf(migrations, rows);
      const applied = migrations.filter((migration) => !pending.includes(migration));
      // How a newer program may have changed these tables is not known here.
      const changed = version > newestOf(migrations) ? undefined : changedIn(copy, applied);
      if (changed) throw new DatabaseError(`${from} is damaged: ${changed} is missing or changed`);
    } else {
      throw new DatabaseError(`${from} is no database of this program`);
    }
  } finally {
    copy.close();
  }
}

/**
 * Returns the name of a table or an index of these migrations that is missing or defined otherwise.
 * Neither check of SQLite verifies names and definitions.
 */
function changedIn(copy: DatabaseSync, applied: readonly Migration[]): string | undefined {
  const made = new DatabaseSync(":memory:");
  try {
    for (const { sql } of applied) made.exec(sql);
    const found = definitionsOf(copy);
    return Array.from(definitionsOf(made)).find(([name, sql]) => found.get(name) !== sql)?.[0];
  } finally {
    made.close();
  }
}

/** Returns the CREATE statements of a database by name. */
function definitionsOf(database: DatabaseSync): Map<string, string> {
  const rows = database.prepare("SELECT name, coalesce(sql, '') AS sql FROM sqlite_schema").all();
  return new Map(rows.map(({ name, sql }) => [String(name), String(sql).replaceAll(/\s+/g, " ")]));
}

/** Waits until a file, or the entries of a folder, are on disk. */
function synchronise(path: string, flags: "r" | "r+"): void {
  const descriptor = openSync(path, flags);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
