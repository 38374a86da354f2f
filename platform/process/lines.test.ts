import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import { join } from "node:path";

import { createLines, type Lines, type LinesOptions } from "./lines.ts";

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

/** Writes a line into the page, as bytes. Returns whether it was accepted. */
function writeBytes({ page }: Lines, line: string): boolean {
  const begin = page.begin();
  if (begin !== undefined) page.end(begin + page.bytes.write(line, begin));
  return begin !== undefined;
}

test("Lines of bytes keep their order among the other lines", () => {
  const { sink, batches } = createSink();
  const lines = createLines({ sink });
  writeBytes(lines, "1\n");
  jest.advanceTimersByTime(0);
  writeBytes(lines, "2\n");
  lines.write("3\u00e9\n");
  writeBytes(lines, "4\n");
  lines.write("5\n");
  writeBytes(lines, "6\n");
  jest.advanceTimersByTime(10);
  writeBytes(lines, "7\n");
  jest.advanceTimersByTime(10);
  expect(batches).toEqual(["1\n", "2\n3\u00e9\n4\n5\n6\n", "7\n"]);
});

const LONG = `${"x".repeat(999)}\n`;

test("A page that is almost full is written before its time", () => {
  const { sink, batches } = createSink();
  const lines = createLines({ sink });
  for (let count = 1; count <= 1_000; count += 1) writeBytes(lines, LONG);
  expect(batches.length).toBeGreaterThan(10);
  jest.advanceTimersByTime(10);
  expect(batches.join("")).toBe(LONG.repeat(1_000));
});

test("end writes waiting lines of bytes immediately", async () => {
  const { sink, batches } = createSink();
  const lines = createLines({ sink });
  writeBytes(lines, "last\n");
  const ended = lines.end();
  expect(batches).toEqual(["last\n"]);
  await ended;
});

test.each<[string, () => number | Promise<number>]>([
  ["throws", full],
  ["rejects", () => Promise.reject(fault("ENOSPC"))],
])("Lines of bytes are written later if a write %s, and beyond 4 MB dropped", async (_, refuse) => {
  const { sink, batches, endWith } = createSink();
  const dropped: number[] = [];
  const lines = createLines({ sink, onDropped: (count) => dropped.push(count) });
  endWith(refuse);
  let accepted = 0;
  const write = () => {
    for (let count = 1; count <= 3_000; count += 1) accepted += Number(writeBytes(lines, LONG));
  };
  write();
  // Lets pending promises settle.
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  write();
  jest.advanceTimersByTime(10);
  endWith(accept);
  batches.length = 0;
  jest.advanceTimersByTime(1_000);
  expect(accepted).toBeGreaterThan(4_000);
  expect(batches).toEqual([`\n${LONG.repeat(accepted)}`]);
  expect(dropped).toEqual([6_000 - accepted]);
  expect(lines.dropped()).toBe(6_000 - accepted);
});

test("Lines of bytes arrive through a pipe complete and in order", async () => {
  jest.useRealTimers();
  const program = `
    import { createLines } from ${JSON.stringify(join(import.meta.dir, "lines.ts"))};
    const lines = createLines({ sink: Bun.stdout.writer() });
    for (let line = 1; line <= 40_000; line += 1) {
      const begin = lines.page.begin();
      lines.page.end(begin + lines.page.bytes.write(\`line \${line}\\n\`, begin));
      // Lets batches be written, also while the reader has not taken the one before.
      if (line % 100 === 0) await new Promise(setImmediate);
    }
    await lines.end();`;
  const { stdout } = Bun.spawn([process.execPath, "-e", program], { stdout: "pipe" });
  const text = await new Response(stdout).text();
  expect(text.split("\n")).toEqual([
    ...Array.from({ length: 40_000 }, (_, index) => `line ${index + 1}`),
    "",
  ]);
});
