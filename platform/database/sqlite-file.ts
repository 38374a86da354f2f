/** The file of a database: created for its owner only, and watched for removal. */
import { constants, Database as Sqlite, SQLiteError } from "bun:sqlite";

/** Opens the file. Creates it and its folder if they are missing, for their owner only. */
export function openFile(path: string): Sqlite {
  const options = { readwrite: true, strict: true };
  try {
    return new Sqlite(path, options);
  } catch (error) {
    if (!(error instanceof SQLiteError) || error.code !== "SQLITE_CANTOPEN") throw error;
    create(path);
    return new Sqlite(path, options);
  }
}

/**
 * SQLite itself would make it readable by everyone. The -wal and -shm files get the mode of this
 * file.
 */
function create(path: string): void {
  const { closeSync, mkdirSync, openSync } = fileSystem();
  const { dirname } = require("node:path") as typeof import("node:path");
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Another process may have created it in the meantime, which is fine.
  closeSync(openSync(path, "a", 0o600));
}

/** Loaded on first use: it takes 3 ms, and a start on an existing file does not need it. */
function fileSystem() {
  return (loaded ??= require("node:fs") as typeof import("node:fs"));
}
let loaded: typeof import("node:fs") | undefined;

export interface FileWatch {
  /** Call inside the first write transaction: until then the write-ahead log may be missing. */
  begun(): void;
  /**
   * Returns an error if the file or its log is no longer the one that was opened. Takes 5
   * microseconds.
   */
  fault(): Error | undefined;
}

/**
 * Watches whether the file and its log are still the ones that this connection has open. SQLite
 * keeps writing to deleted or replaced files, and those writes are lost when the process exits.
 */
export function watchFile(sqlite: Sqlite): FileWatch {
  const [main] = sqlite.query<{ file: string }, []>("PRAGMA database_list").all();
  const file = main?.file;
  if (!file) return { begun() {}, fault: () => undefined };

  const log = `${file}-wal`;
  const moved = new BigInt64Array(1);
  let begun = false;
  let opened: Identity | undefined;

  /** SQLite compares the inode of its open file with the one at the path. */
  function isMoved(): boolean {
    sqlite.fileControl(constants.SQLITE_FCNTL_HAS_MOVED, moved);
    return moved[0] !== 0n;
  }

  return {
    begun() {
      if (begun) return;
      begun = true;
      opened = identityOf(log);
    },
    fault() {
      if (isMoved()) return removedError(file);
      return begun && !isSame(opened, identityOf(log)) ? removedError(log) : undefined;
    },
  };
}

interface Identity {
  dev: bigint;
  ino: bigint;
}

/** Undefined if the file does not exist. */
function identityOf(path: string): Identity | undefined {
  return fileSystem().statSync(path, { bigint: true, throwIfNoEntry: false });
}

function isSame(opened: Identity | undefined, found: Identity | undefined): boolean {
  return opened !== undefined && opened.ino === found?.ino && opened.dev === found.dev;
}

function removedError(path: string): Error {
  return new Error(
    `${path} was deleted, moved or replaced while it was open. Put it back, or stop this process and ` +
      "restore a backup: a restart alone may create an empty database",
  );
}
