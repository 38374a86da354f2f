import { expect, test } from "bun:test";

import { createLog, type Fields, LEVELS, type LogOptions } from "./log.ts";

function written(log: (options: LogOptions) => void, format: "json" | "pretty" = "json"): string[] {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  log({ service: "test", format, now: () => 0, level: "debug", write });
  return lines;
}

function logged(fields: Fields, message = "event"): Record<string, any> {
  const [line = ""] = written((options) => createLog(options).info(message, fields));
  expect(line.indexOf("\n")).toBe(line.length - 1);
  return JSON.parse(line);
}

test("A log line is a JSON object that starts with time, level, service and message", () => {
  const [line] = written((options) => createLog(options).warn("event", { n: 1 }));
  expect(line).toBe(
    '{"time":"1970-01-01T00:00:00.000Z","level":"warn","service":"test","message":"event","n":1}\n',
  );
});

test("A newline in a message or a field does not start a second log line", () => {
  expect(logged({ text: 'a\r\n{"level":"error"}\u2028b' }, "two\nlines")).toMatchObject({
    message: "two\nlines",
    text: 'a\r\n{"level":"error"}\u2028b',
  });
});

test("A field cannot replace the level, service, time or message", () => {
  expect(logged({ level: "error", service: "other", time: "now", message: "x" })).toMatchObject({
    level: "info",
    service: "test",
    time: "1970-01-01T00:00:00.000Z",
    message: "event",
  });
});

test("An error is logged with its stack and its chain of causes", () => {
  const error = new TypeError("outer", { cause: new Error("inner", { cause: "root" }) });
  expect(logged({ error })["error"]).toMatchObject({
    name: "TypeError",
    message: "outer",
    stack: expect.stringContaining("log.test.ts"),
    cause: { name: "Error", message: "inner", cause: "root" },
  });
});

const circle: Fields = { name: "circle" };
circle["self"] = circle;
const circular = new Error("round");
circular.cause = circular;
const throwing = {
  toJSON() {
    throw new Error("no");
  },
};

test.each<[string, Fields, string]>([
  ["a BigInt", { n: 12345678901234567890n }, "12345678901234567890"],
  ["a circular object", { circle }, "circle"],
  ["an error that is its own cause", { error: circular }, "round"],
  ["an object whose toJSON throws", { throwing }, "toJSON"],
  ["a function and a symbol", { name: "x", f() {}, s: Symbol("s") }, "x"],
])("The log accepts %s in a field, in both formats", (_what, fields, shown) => {
  expect(JSON.stringify(logged(fields))).toContain(shown);
  const [line] = written((options) => createLog(options).info("event", fields), "pretty");
  expect(line).toContain("event");
});

test("An error that is its own cause is logged with its stack, and the chain is cut", () => {
  const { error } = logged({ error: circular });
  expect(error).toMatchObject({ message: "round", cause: { message: "round" } });
  expect(JSON.stringify(error).length).toBeLessThan(20_000);
});

test("Messages below the level are not logged", () => {
  for (const [index, level] of LEVELS.entries()) {
    const lines = written((options) => {
      const log = createLog({ ...options, level });
      for (const each of LEVELS) log[each](each);
      expect(LEVELS.filter((each) => log.enabled(each))).toEqual(LEVELS.slice(index));
    });
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(LEVELS.slice(index));
  }
});

test("A pretty line is short: time, level, service, message, fields", () => {
  const [line = ""] = written((options) => {
    const log = createLog({ ...options, nameWidth: 6 });
    log.info("listening", { url: "http://localhost:8080", tries: 2, tags: ["a"] });
  }, "pretty");
  expect(line).toBe(
    '00:00:00.000 info  test   listening url=http://localhost:8080 tries=2 tags=[ "a" ]\n',
  );
});

test.each(["json", "pretty"] as const)("A %s line omits a field that is undefined", (format) => {
  const lines = [
    { n: 1, none: undefined },
    { none: undefined, list: [2] },
  ].flatMap((fields) => written((options) => createLog(options).info("event", fields), format));
  expect(lines.join("")).not.toMatch(/none|undefined/);
});

test("A pretty line colors only the level, and only if colors are enabled", () => {
  const [plain, coloured] = [false, true].map((colours) =>
    written(
      (options) => createLog({ ...options, colours }).warn("event", { n: 1 }),
      "pretty",
    ).join(),
  );
  expect(coloured).toBe(plain?.replace("warn ", "\x1b[33mwarn \x1b[0m"));
});

test("A field cannot forge a pretty line", () => {
  const [line = ""] = written((options) => {
    createLog(options).info("event", { path: "/a\n00:00:00.000 error test forged" });
  }, "pretty");
  expect(line.trimEnd().split("\n")).toHaveLength(1);
});
