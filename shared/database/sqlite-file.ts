/** The file of a database: made for its owner alone, and watched for being taken away. */
import { constants, Database as Sqlite, SQLiteError } from "bun:sqlite";

/** Opens the file. Where there is none it is made, and its folder with it, for their owner alone. */
export function openFile(path: string): Sqlite {
  const options = { readwrite: true, strict: true };
  try {
    return new Sqlite(path, options);
  } catch (error) {
    if (!(error instanceof SQLiteError) || error.code !== "SQLITE_CANTOPEN") throw error;
    make(path);
    return new Sqlite(path, options);
  }
}

/** SQLite itself would let everybody read it. The log and the index are given the mode of the file. */
function make(path: string): void {
  const { closeSync, mkdirSync, openSync } = fileSystem();
  const { dirname } = require("node:path") as typeof import("node:path");
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Another process may have made it in the meantime, and then it is as good.
  closeSync(openSync(path, "a", 0o600));
}

/** Loaded when it is first needed: it takes 3 ms, and a start on a file that is there can do without. */
function fileSystem() {
  return (loaded ??= require("node:fs") as typeof import("node:fs"));
}
let loaded: typeof import("node:fs") | undefined;

export interface FileWatch {
  /** To be called inside the first transaction that writes: until then the log may be missing. */
  begun(): void;
  /** What is wrong if the file or its log is no longer the one that was opened. Takes 5 microseconds. */
  fault(): Error | undefined;
}

/**
 * Watches whether the file and its log are still the ones that this connection has open. SQLite goes on
 * writing to files that were deleted or replaced, and whatever it writes there is gone with the process.
 */
export function watchFile(sqlite: Sqlite): FileWatch {
  const [main] = sqlite.query<{ file: string }, []>("PRAGMA database_list").all();
  const file = main?.file;
  if (!file) return { begun() {}, fault: () => undefined };

  const log = `${file}-wal`;
  const moved = new BigInt64Array(1);
  let begun = false;
  let opened: Identity | undefined;

  /** SQLite compares the inode of its file with the one at the path. */
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
      if (isMoved()) return taken(file);
      return begun && !isSame(opened, identityOf(log)) ? taken(log) : undefined;
    },
  };
}

interface Identity {
  dev: bigint;
  ino: bigint;
}

/** Nothing if there is no such file. */
function identityOf(path: string): Identity | undefined {
  return fileSystem().statSync(path, { bigint: true, throwIfNoEntry: false });
}

function isSame(opened: Identity | undefined, found: Identity | undefined): boolean {
  return opened !== undefined && opened.ino === found?.ino && opened.dev === found.dev;
}

function taken(path: string): Error {
  return new Error(
    `${path} was deleted, moved or replaced while it was open. Put it back, or stop this process and ` +
      "restore a backup: a restart alone may create an empty database",
  );
}
