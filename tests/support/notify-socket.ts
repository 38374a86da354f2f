/** A socket that receives what a service tells systemd: a Unix datagram socket, which Bun has not. */
import { dlopen } from "bun:ffi";

import { socketAddress } from "../../platform/process/systemd.ts";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;
const DATAGRAM_BYTES_MAX = 4_096;

export interface NotifySocket extends Disposable {
  /** Waits for the next datagram, and returns its text. */
  next(): Promise<string>;
}

/** Binds a socket to a path, or to a name of the abstract namespace that begins with `@`. */
export function bindNotifySocket(name: string): NotifySocket {
  const { symbols, close } = dlopen("libc.so.6", {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
    recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
    close: { args: ["i32"], returns: "i32" },
  });
  const socket = symbols.socket(AF_UNIX, SOCK_DGRAM, 0);
  const address = socketAddress(name);
  if (symbols.bind(socket, address, address.length) !== 0) throw new Error(`cannot bind ${name}`);
  const buffer = new Uint8Array(DATAGRAM_BYTES_MAX);
  return {
    async next() {
      for (;;) {
        const length = Number(symbols.recv(socket, buffer, buffer.length, MSG_DONTWAIT));
        if (length > 0) return new TextDecoder().decode(buffer.subarray(0, length));
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    [Symbol.dispose]() {
      symbols.close(socket);
      close();
    },
  };
}
