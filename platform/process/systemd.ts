/**
 * Tells systemd when a service is ready and when it stops: `sd_notify(3)` without its library. Loaded
 * only if systemd asks for it by NOTIFY_SOCKET.
 */
import type { Log } from "./log.ts";

/** Numbers of Linux, `sys/socket.h`. */
const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 0o2000002;
const MSG_NOSIGNAL = 0x4000;

/** The size of `sun_path` in `sockaddr_un`. */
const PATH_BYTES_MAX = 108;

/** How long to wait before the next look at whether the service is ready: twice as long each time. */
const PAUSE_MIN_MS = 50;
/** Each look that finds it not ready is a line in the log. */
const PAUSE_MAX_MS = 1_000;

export interface SystemdOptions {
  /** `NOTIFY_SOCKET`. */
  address: string;
  isReady: () => Promise<boolean>;
  log: Pick<Log, "warn">;
}

/** Tells it that the service is ready when it is. Returns a function that tells that it stops. */
export function tellSystemd({ address, isReady, log }: SystemdOptions): () => void {
  const stopping = new AbortController();
  const tell = (state: string) => {
    try {
      send(address, state);
    } catch (error) {
      log.warn("systemd was not told", { state, error });
    }
  };
  void (async () => {
    const { signal } = stopping;
    let pauseMs = PAUSE_MIN_MS;
    while (!signal.aborted && !(await isReady().catch(() => false))) {
      await Bun.sleep(pauseMs);
      pauseMs = Math.min(2 * pauseMs, PAUSE_MAX_MS);
    }
    if (!signal.aborted) tell("READY=1");
  })();
  return () => {
    stopping.abort();
    tell("STOPPING=1");
  };
}

/** @throws Error if nobody receives there, or if this is not Linux with glibc */
function send(name: string, state: string): void {
  const { dlopen } = require("bun:ffi") as typeof import("bun:ffi");
  const { symbols, close } = dlopen("libc.so.6", {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    sendto: { args: ["i32", "ptr", "u64", "i32", "ptr", "u32"], returns: "i64" },
    close: { args: ["i32"], returns: "i32" },
  });
  const address = socketAddress(name);
  const bytes = new TextEncoder().encode(state);
  const socket = symbols.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  try {
    const { length } = bytes;
    const sent = symbols.sendto(socket, bytes, length, MSG_NOSIGNAL, address, address.length);
    if (Number(sent) !== length) throw new Error("Nobody receives at NOTIFY_SOCKET");
  } finally {
    symbols.close(socket);
    close();
  }
}

/**
 * Returns the `sockaddr_un` of a path, or of a name in the abstract namespace, which begins with `@`.
 *
 * @throws Error if it is neither, or too long
 */
export function socketAddress(name: string): Uint8Array {
  if (!/^[/@]./s.test(name)) throw new Error("NOTIFY_SOCKET: expected /PATH or @NAME");
  const path = new TextEncoder().encode(name);
  if (path.length >= PATH_BYTES_MAX) throw new Error("NOTIFY_SOCKET: too long for a socket");
  const isAbstract = name.startsWith("@");
  // An abstract name ends with the address, a path with a zero byte.
  const address = new Uint8Array(2 + path.length + (isAbstract ? 0 : 1));
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(path, 2);
  if (isAbstract) address[2] = 0;
  return address;
}
