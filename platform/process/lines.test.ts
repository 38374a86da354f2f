import { afterEach, beforeEach, expect, jest, test } from "bun:test";

import { createLines, type LinesOptions } from "./lines.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const accept = () => 0;
function full(): never {
  throw fault("ENOSPC");
}

/** A fake sink, because a real one is not full, slow or closed on demand. */
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
    /** Sets the outcome of all further writes. */
    endWith(next: () => number | Promise<number>) {
      outcome = next;
    },
  };
}

function fault(code: string): Error {
  return Object.assign(new Error(code), { code });
}

test("The first line after a pause is written immediately, the next ones together", () => {
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

test("end writes waiting lines immediately", async () => {
  const { sink, batches } = createSink();
  const lines = createLines({ sink });
  lines.write("last\n");
  const ended = lines.end();
  expect(batches).toEqual(["last\n"]);
  await ended;
});

test("Lines wait while the reader is slow, and end waits for the reader", async () => {
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

test("end waits at most one second for a reader that has stopped", async () => {
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
])("Lines are written later if a write to a full disk %s", async (_how, refuse) => {
  const { sink, batches, endWith } = createSink();
  const lines = createLines({ sink });
  endWith(refuse);
  lines.write("1\n");
  jest.advanceTimersByTime(10);
  await Promise.resolve();
  lines.write("2\n");
  endWith(accept);
  batches.length = 0;
  // Lets pending promises settle.
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  jest.advanceTimersByTime(1_000);
  expect(batches).toEqual(["\n1\n2\n"]);
});

test("Lines for a reader that has closed are dropped", () => {
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

test("At most four million characters wait, and dropped lines are counted", () => {
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
