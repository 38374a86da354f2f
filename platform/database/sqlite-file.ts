/** The file of a database: created for its owner only, and watched for removal and truncation. */
import { Database as Sqlite, SQLiteError } from "bun:sqlite";

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
  /**
   * Returns an error if one of the files is no longer the one that was opened, or was cut off. Takes
   * 10 microseconds.
   */
  fault(): Error | undefined;
  /** The same for an idle process: does not load `node:fs`, which would delay the first response. */
  ask(): Promise<Error | undefined>;
  /** Closes the connection. The last one to close copies the log into the file and deletes it. */
  close(): Promise<void>;
}

/** What is compared of a file. */
interface Look {
  dev: number;
  ino: number;
  size: number;
}

/** No journal has a frame without these bytes (https://www.sqlite.org/fileformat2.html, 4.1). */
const LOG_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/**
 * Watches whether the file, its log and the index of the log are still the ones that this connection
 * has open, and hold what was committed.
 *
 * SQLite keeps writing to deleted, replaced and truncated files, and those writes are lost. The
 * index (`-shm`) also holds the locks: without it, another process gets a new one, and both overwrite
 * each other's writes in the log.
 */
export async function watchFile(sqlite: Sqlite): Promise<FileWatch> {
  const [main] = sqlite.query<{ file: string }, []>("PRAGMA database_list").all();
  const file = main?.file;
  if (!file) {
    return {
      fault: () => undefined,
      ask: async () => undefined,
      close: async () => sqlite.close(),
    };
  }

  const paths = ["", "-wal", "-shm"].map((end) => file + end);
  const schema = sqlite.query<{ schema_version: number }, []>("PRAGMA schema_version");
  // The read also makes SQLite create the log and its index.
  let version = schema.get()?.schema_version;
  const looking = lookAtAll();
  const page = sqlite.query<{ page_size: number }, []>("PRAGMA page_size").get();
  const frameBytes = FRAME_HEADER_BYTES + (page?.page_size ?? 0);
  const committed = sqlite.query<{ log: number }, []>("PRAGMA wal_checkpoint(NOOP)");
  const opened = await looking;
  let mainBytes = opened[0]?.size ?? 0;
  let guard: Sqlite | undefined;

  function lookAtAll(): Promise<(Look | undefined)[]> {
    return Promise.all(
      paths.map((path) =>
        Bun.file(path)
          .stat()
          .catch(() => undefined),
      ),
    );
  }

  /** The smallest size of a log that holds all that was committed. */
  function logBytesMin(): number {
    try {
      const frames = committed.get()?.log ?? 0;
      return frames > 0 ? LOG_HEADER_BYTES + frames * frameBytes : 0;
    } catch {
      // The transaction that follows fails for the same reason.
      return 0;
    }
  }

  /** Undefined if the file cannot be read. */
  function schemaVersion(): number | undefined {
    try {
      return schema.get()?.schema_version;
    } catch {
      return undefined;
    }
  }

  function faultIn(found: (Look | undefined)[], logBytes: number): Error | undefined {
    const [{ size = 0 } = {}, { size: logSize = 0 } = {}, index] = found;
    if (index && !isSame(opened[2], index)) leaveLog();
    const other = paths.findIndex((_, at) => !isSame(opened[at], found[at]));
    if (other >= 0) return removedError(paths[other] as string);
    // Only a VACUUM makes a database smaller, and it counts up this version.
    const foundVersion = schemaVersion() || version;
    const isCut = size < mainBytes && foundVersion === version;
    if (isCut || logSize < logBytes) {
      leaveLog();
      return truncatedError(paths[isCut ? 0 : 1] as string);
    }
    mainBytes = size;
    version = foundVersion;
    return undefined;
  }

  /**
   * Makes this connection close without copying the log and deleting it: the index says wrongly what
   * is in the log, or another process has a new one. A connection that may only read prevents both,
   * and does neither itself. Bun closes connections also when the process exits.
   */
  function leaveLog(): void {
    if (guard) return;
    try {
      guard = new Sqlite(file, { readonly: true });
      guard.run("SELECT count(*) FROM sqlite_schema");
    } catch {
      // Without the file there is nothing to spoil, and a failed read has the lock.
    }
  }

  function look(): Error | undefined {
    const logBytes = logBytesMin();
    return faultIn(paths.map(lookNow), logBytes);
  }

  // Another process may empty the log between the two steps of a look, but not of two in a row.
  const fault = () => look() && look();

  async function ask(): Promise<Error | undefined> {
    const logBytes = logBytesMin();
    return faultIn(await lookAtAll(), logBytes) && fault();
  }

  return {
    fault,
    ask,
    async close() {
      await ask();
      sqlite.close();
      guard?.close();
    },
  };
}

/** A file that cannot be looked at is undefined, like one that does not exist. */
function lookNow(path: string): Look | undefined {
  try {
    return fileSystem().statSync(path);
  } catch {
    return undefined;
  }
}

function isSame(opened: Look | undefined, found: Look | undefined): boolean {
  return opened !== undefined && opened.ino === found?.ino && opened.dev === found.dev;
}

function removedError(path: string): Error {
  const remedy = path.endsWith("-shm")
    ? "Restart all processes that use it. The confirmed writes are in the log"
    : "Put it back, or stop this process and restore a backup: a restart alone may create an empty " +
      "database";
  return new Error(`${path} was deleted, moved or replaced while it was open. ${remedy}`);
}

function truncatedError(path: string): Error {
  return new Error(
    `${path} was truncated while it was open. Stop all processes that use it and restore a backup`,
  );
}
