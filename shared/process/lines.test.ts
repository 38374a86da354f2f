import { afterEach, beforeEach, expect, jest, test } from "bun:test";

import { createLines, type LinesOptions } from "./lines.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const accept = () => 0;
function full(): never {
  throw fault("ENOSPC");
}

/** A sink that does as it is told: nothing real can be full, slow and gone at will. */
function createSink() {
  const batches: string[] = [];
  let outcome: () => number | Promise<number> = accept;
  const sink: LinesOptions["sink"] = {
    write(batch) {
      const taken = outcome();
      batches.push(String(batch));
      return taken as number;
    },
    flush: () => 0,
  };
  return {
    sink,
    batches,
    /** From now on batches end so. */
    endWith(next: () => number | Promise<number>) {
      outcome = next;
    },
  };
}

function fault(code: string): Error {
  return Object.assign(new Error(code), { code });
}

test("a line after a pause goes out at once, and those that follow it together, in their order", () => {
  const { sink, batches } = createSink();
  const lines = createLines({ sink });
  lines.write("1\n");
  expect(batches).toEqual([]);
  jest.advanceTimersByTime(0);
  lines.write("2\n");
  jest.advanceTimersByTime(5);
  lines.write("3\n");
  expect(batches).toEqual(["1\n"]);
  jest.advanceTimersByTime(5);
  expect(batches).toEqual(["1\n", "2\n3\n"]);
});

test("the end writes what waits at once", async () => {
  const { sink, batches } = createSink();
  const lines = createLines({ sink });
  lines.write("last\n");
  const ended = lines.end();
  expect(batches).toEqual(["last\n"]);
  await ended;
});

test("while the reader is slow nothing else is handed to it, and the end waits for it", async () => {
  const { sink, batches, endWith } = createSink();
  const lines = createLines({ sink });
  const taken = Promise.withResolvers<number>();
  endWith(() => taken.promise);
  lines.write("1\n");
  jest.advanceTimersByTime(10);
  lines.write("2\n");
  jest.advanceTimersByTime(1_000);
  expect(batches).toEqual(["1\n"]);
  const ended = lines.end();
  endWith(accept);
  taken.resolve(0);
  await ended;
  expect(batches).toEqual(["1\n", "2\n"]);
});

test("the end waits for a reader that has stopped no longer than a second", async () => {
  const { sink, endWith } = createSink();
  const lines = createLines({ sink });
  endWith(() => new Promise(() => {}));
  lines.write("1\n");
  const ended = lines.end();
  jest.advanceTimersByTime(1_000);
  await ended;
});

test.each([
  ["throws", full],
  ["rejects", () => Promise.reject(fault("ENOSPC"))],
])("what a full disk refuses is written when there is room: it %s", async (_how, refuse) => {
  const { sink, batches, endWith } = createSink();
  const lines = createLines({ sink });
  endWith(refuse);
  lines.write("1\n");
  jest.advanceTimersByTime(10);
  await Promise.resolve();
  lines.write("2\n");
  endWith(accept);
  batches.length = 0;
  // Real promises settle meanwhile.
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  jest.advanceTimersByTime(1_000);
  expect(batches).toEqual(["\n1\n2\n"]);
});

test("the lines for a reader who has gone are dropped", () => {
  const { sink, batches, endWith } = createSink();
  const lines = createLines({ sink });
  endWith(() => {
    throw fault("EPIPE");
  });
  lines.write("1\n");
  jest.advanceTimersByTime(10);
  endWith(accept);
  lines.write("2\n");
  jest.advanceTimersByTime(1_000);
  expect(batches).toEqual(["2\n"]);
});

test("no more than four million characters wait, and what is dropped is counted", () => {
  const { sink, batches, endWith } = createSink();
  const dropped: number[] = [];
  const lines = createLines({ sink, onDropped: (count) => dropped.push(count) });
  endWith(full);
  const line = `${"x".repeat(999_999)}\n`;
  for (let count = 1; count <= 7; count += 1) lines.write(line);
  jest.advanceTimersByTime(10);
  expect(dropped).toEqual([]);
  endWith(accept);
  jest.advanceTimersByTime(1_000);
  expect(batches.at(-1)).toBe(`\n${line.repeat(5)}`);
  expect(dropped).toEqual([2]);
  expect(lines.dropped()).toBe(2);
});
