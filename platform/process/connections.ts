/**
 * The maximum number of connections. Nothing counts a request before its header is complete, and an
 * unfinished header takes memory, so only the number of connections bounds that memory. Bun has no
 * such setting: it is the process's limit of open files, which then refuses further connections.
 */
import { ConfigError } from "./config.ts";
import type { Log } from "./log.ts";

/** Bun's limit of a request header. */
const HEADER_BYTES_MAX = 16 * 1024;
/** An unfinished header that arrives in pieces takes up to 1.4 times its length, and a socket. */
const CONNECTION_BYTES = 1.4 * HEADER_BYTES_MAX + 512;
/** The memory that a service needs besides its connections, under load. */
const SERVICE_BYTES = 48 * 1024 * 1024;
/** However little memory there is: fewer serve nobody. */
const CONNECTIONS_MIN = 64;

/**
 * When the limit is set. Loading the library takes 2 ms, which would delay the first response, and
 * no client fills the memory in that time.
 */
const SET_AFTER_MS = 100;

/** Linux's number of the limit of open files. */
const RLIMIT_NOFILE = 7;
/** As a limit: none. */
const UNLIMITED = 2n ** 64n - 1n;

/** The limits of open files: `ulimit -Sn` and `ulimit -Hn`. */
export interface OpenFiles {
  soft: number;
  hard: number;
}

/** The source of a ceiling. */
type Source = "MAX_CONNECTIONS" | "memory" | "ulimit -n";

export interface Ceiling {
  connections: number;
  from: Source;
  /** The limits of open files that enforce it. Undefined: it cannot be enforced */
  openFiles: OpenFiles | undefined;
}

export interface CeilingOptions {
  /** `MAX_CONNECTIONS`. */
  configured: string;
  /** The limits that the process started with. */
  openFiles: OpenFiles | undefined;
  /** The memory that the process may use. */
  memoryBytes: number;
  /** The open files that the service needs itself. */
  ownFiles: number;
}

/** Reads the limits of open files; undefined if the system does not tell. */
export async function readOpenFiles(): Promise<OpenFiles | undefined> {
  // `node:fs` could read it at once, and takes 2 ms of the start to load.
  const limits = await Bun.file("/proc/self/limits")
    .text()
    .catch(() => "");
  return limitsIn(limits);
}

/** The limits of open files in the text of `/proc/self/limits`. */
export function limitsIn(text: string): OpenFiles | undefined {
  const [, soft, hard] = /^Max open files\s+(\w+)\s+(\w+)/m.exec(text) ?? [];
  return soft && hard ? { soft: limitIn(soft), hard: limitIn(hard) } : undefined;
}

function limitIn(text: string): number {
  return text === "unlimited" ? Infinity : Number(text);
}

/**
 * Returns the maximum number of connections: as configured, or the smaller of what memory and the
 * limit of open files allow.
 *
 * @throws ConfigError if more are configured than the limit of open files allows
 */
export function ceilingOf({
  configured,
  openFiles,
  memoryBytes,
  ownFiles,
}: CeilingOptions): Ceiling {
  const enforcing = (connections: number) =>
    openFiles && {
      soft: Math.min(openFiles.hard, connections + ownFiles),
      hard: openFiles.hard,
    };
  if (configured !== "auto") {
    const connections = Number(configured);
    const most = (openFiles?.hard ?? Infinity) - ownFiles;
    if (connections > most) {
      throw new ConfigError(
        `MAX_CONNECTIONS: expected at most ${Math.max(0, most)}, because the process may open ` +
          `${openFiles?.hard} files and needs ${ownFiles} itself. Raise \`ulimit -Hn\`, or lower it`,
      );
    }
    return { connections, from: "MAX_CONNECTIONS", openFiles: enforcing(connections) };
  }
  const byMemory = Math.max(
    CONNECTIONS_MIN,
    Math.floor((memoryBytes - SERVICE_BYTES) / CONNECTION_BYTES),
  );
  const byFiles = Math.max(1, (openFiles?.soft ?? Infinity) - ownFiles);
  return byMemory < byFiles
    ? { connections: byMemory, from: "memory", openFiles: enforcing(byMemory) }
    : { connections: byFiles, from: "ulimit -n", openFiles };
}

/**
 * Sets the ceiling soon, and logs it.
 *
 * @returns a function that cancels it
 */
export function limitConnections({ connections, from, openFiles }: Ceiling, log: Log): () => void {
  const timer = setTimeout(() => {
    setOpenFiles(openFiles).then(
      () => log.info("connections limited", { max_connections: connections, by: from }),
      (error: Error) => log.info("connections not limited", { reason: error.message }),
    );
  }, SET_AFTER_MS);
  return () => clearTimeout(timer);
}

/** @throws Error where the C library of Linux cannot be called: macOS, Windows, musl */
async function setOpenFiles(openFiles: OpenFiles | undefined): Promise<void> {
  if (!openFiles) throw new Error("This system does not tell its limit of open files");
  const { dlopen } = await import("bun:ffi");
  const { symbols } = dlopen("libc.so.6", {
    setrlimit: { args: ["i32", "ptr"], returns: "i32" },
  });
  const limits = [openFiles.soft, openFiles.hard].map((limit) =>
    limit === Infinity ? UNLIMITED : BigInt(limit),
  );
  if (symbols.setrlimit(RLIMIT_NOFILE, new BigUint64Array(limits)) !== 0) {
    throw new Error("The system refused the limit of open files");
  }
}
