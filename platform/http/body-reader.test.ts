import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import { readBody } from "./body-reader.ts";
import type { ProblemError } from "./failure.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A body whose chunks the test sends. */
function createBody({ declared }: { declared?: number } = {}) {
  const { promise, resolve } = Promise.withResolvers<ReadableStreamDefaultController<Uint8Array>>();
  const request = new Request("http://localhost/", {
    method: "POST",
    headers: declared === undefined ? {} : { "content-length": String(declared) },
    body: new ReadableStream({ start: resolve }),
  });
  let ended: string | undefined;
  void readBody(request, 10_000).then(
    (bytes) => (ended = `${bytes.length} bytes`),
    (error: ProblemError) => (ended = error.code),
  );
  return {
    async send(length: number): Promise<void> {
      (await promise).enqueue(new Uint8Array(length));
      await settled();
    },
    async close(): Promise<void> {
      (await promise).close();
      await settled();
    },
    async after(ms: number): Promise<void> {
      await settled();
      jest.advanceTimersByTime(ms);
      await settled();
    },
    ended: () => ended,
  };
}

/** Runs the pending promises, until only timers are left. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

describe.each([
  ["in chunks", {}],
  ["with a Content-Length", { declared: 5_000 }],
])("A body %s", (_what, options) => {
  test("is read as it arrives", async () => {
    const body = createBody(options);
    await body.send(2_000);
    await body.send(3_000);
    expect(body.ended()).toBeUndefined();
    await body.close();
    expect(body.ended()).toBe("5000 bytes");
  });

  test("times out after 2 s without progress, however much has arrived", async () => {
    const body = createBody(options);
    await body.send(4_000);
    await body.after(1_999);
    expect(body.ended()).toBeUndefined();
    await body.after(1);
    expect(body.ended()).toBe("request_timeout");
  });

  test("times out after 10 s, however steadily it arrives", async () => {
    const body = createBody(options);
    for (let second = 1; second < 10; second += 1) {
      await body.after(1_000);
      await body.send(1);
    }
    expect(body.ended()).toBeUndefined();
    await body.after(1_000);
    expect(body.ended()).toBe("request_timeout");
  });
});

test("A body that fits in one packet times out if it is incomplete after 2 s", async () => {
  const body = createBody({ declared: 1_220 });
  await body.after(1_000);
  await body.send(1_219);
  await body.after(999);
  expect(body.ended()).toBeUndefined();
  await body.after(1);
  expect(body.ended()).toBe("request_timeout");
});

test("An endless body is rejected as soon as it is too large", async () => {
  const body = createBody();
  await body.send(10_000);
  expect(body.ended()).toBeUndefined();
  await body.send(1);
  expect(body.ended()).toBe("too_large");
});
