import { afterAll, describe, expect, test } from "bun:test";

import { temporaryFolder } from "../../tests/support/folders.ts";
import { bindNotifySocket } from "../../tests/support/notify-socket.ts";
import { socketAddress, tellSystemd } from "./systemd.ts";

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const WARNS_NEVER = {
  warn: (message: string) => {
    throw new Error(message);
  },
};
const ready = async () => true;

describe.if(process.platform === "linux")("systemd", () => {
  test.each([
    ["a path", `${folder.path}/notify`],
    ["a path with other letters than ASCII", `${folder.path}/größe`],
    ["an abstract name", `@notified-${process.pid}`],
    ["the longest abstract name", `@${process.pid}-`.padEnd(107, "x")],
  ])("is told at %s that a service is ready, and that it stops", async (_, address) => {
    using socket = bindNotifySocket(address);
    const stopping = tellSystemd({ address, isReady: ready, log: WARNS_NEVER });
    expect(await socket.next()).toBe("READY=1");
    stopping();
    expect(await socket.next()).toBe("STOPPING=1");
  });

  test("is told that a service is ready when it is, however often it was not", async () => {
    const address = `${folder.path}/later`;
    using socket = bindNotifySocket(address);
    const results = [false, new Error("cannot tell"), true];
    const isReady = async () => {
      const result = results.shift();
      if (result instanceof Error) throw result;
      return result ?? false;
    };
    tellSystemd({ address, isReady, log: WARNS_NEVER });
    expect(await socket.next()).toBe("READY=1");
    expect(results).toEqual([]);
  });

  test("is not told that a service is ready after it stopped", async () => {
    const address = `${folder.path}/stopped`;
    using socket = bindNotifySocket(address);
    const looked = Promise.withResolvers<boolean>();
    const stopping = tellSystemd({ address, isReady: () => looked.promise, log: WARNS_NEVER });
    stopping();
    looked.resolve(true);
    await looked.promise;
    tellSystemd({ address, isReady: ready, log: WARNS_NEVER });
    expect([await socket.next(), await socket.next()]).toEqual(["STOPPING=1", "READY=1"]);
  });

  test.each([
    ["nobody receives", () => `${folder.path}/nobody`, "Nobody receives at NOTIFY_SOCKET"],
    [
      "it has no address of a socket",
      () => "vsock:2:1234",
      "NOTIFY_SOCKET: expected /PATH or @NAME",
    ],
    [
      "its address is too long",
      () => `/${"x".repeat(107)}`,
      "NOTIFY_SOCKET: too long for a socket",
    ],
  ])("cannot be told if %s, which is a warning", async (_, address, reason) => {
    const warned = Promise.withResolvers<unknown>();
    const log = { warn: (_: string, fields?: object) => warned.resolve(fields) };
    tellSystemd({ address: address(), isReady: ready, log });
    expect(await warned.promise).toEqual({ state: "READY=1", error: new Error(reason) });
  });
});

test("An address is that of unix(7): a path ends with a zero byte, an abstract name begins with one", () => {
  expect([...socketAddress("/a")]).toEqual([1, 0, 47, 97, 0]);
  expect([...socketAddress("@a")]).toEqual([1, 0, 0, 97]);
});
