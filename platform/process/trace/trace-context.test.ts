import { describe, expect, test } from "bun:test";

import * as fc from "fast-check";

import { readTraceContext, traceHeaders } from "./trace-context.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const PARENT = `00-${TRACE}-${SPAN}-01`;

function read(traceparent: string, tracestate?: string) {
  return readTraceContext(new Headers({ traceparent, ...(tracestate && { tracestate }) }));
}

describe("The traceparent header", () => {
  test("is read, and passed on with another span", () => {
    const context = read(PARENT);
    expect(context).toEqual({ traceId: TRACE, spanId: SPAN, sampled: true, state: "" });
    if (context) expect(traceHeaders(context)).toEqual({ traceparent: PARENT });
    const own = { traceId: TRACE, spanId: "00f067aa0ba902b7", sampled: false, state: "a=1" };
    expect(traceHeaders(own)).toEqual({
      traceparent: `00-${TRACE}-00f067aa0ba902b7-00`,
      tracestate: "a=1",
    });
  });

  test("starts a new trace if it is missing, whatever tracestate says", () => {
    expect(readTraceContext(new Headers())).toBeUndefined();
    expect(readTraceContext(new Headers({ tracestate: "a=1" }))).toBeUndefined();
  });

  test.each([
    ["00", false],
    ["01", true],
    ["02", false],
    ["03", true],
    ["ff", true],
  ])("is sampled with the flags %s: %p, and other flags are not passed on", (flags, sampled) => {
    const context = read(`00-${TRACE}-${SPAN}-${flags}`);
    expect(context?.sampled).toBe(sampled);
    if (context) {
      expect(traceHeaders(context).traceparent).toEndWith(sampled ? "-01" : "-00");
    }
  });

  test.each([
    ["of a later version", `cc-${TRACE}-${SPAN}-01`],
    ["of a later version with more fields", `cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`],
    ["of a later version with a trailing dash", `01-${TRACE}-${SPAN}-01-`],
  ])("is read and passed on as version 00 if it is %s", (_what, text) => {
    const context = read(text);
    expect(context).toEqual({ traceId: TRACE, spanId: SPAN, sampled: true, state: "" });
    if (context) expect(traceHeaders(context)).toEqual({ traceparent: PARENT });
  });

  test.each([
    ["of a later version, and too long to keep", `cc-${TRACE}-${SPAN}-01-${"x".repeat(257)}`],
    ["of version ff", `ff-${TRACE}-${SPAN}-01`],
    ["of version 00 with more fields", `${PARENT}-00`],
    ["of version 00 with a trailing dash", `${PARENT}-`],
    ["of a later version without a separator", `cc-${TRACE}-${SPAN}-01.what`],
    ["without a trace id", `00-${"0".repeat(32)}-${SPAN}-01`],
    ["without a span id", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["in upper case", PARENT.toUpperCase()],
    ["with a trace id in upper case", `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ["with a trace id that is too short", `00-${TRACE.slice(1)}-${SPAN}-01`],
    ["with a trace id that is too long", `00-${TRACE}0-${SPAN}-01`],
    ["with a span id that is too short", `00-${TRACE}-${SPAN.slice(1)}-01`],
    ["with flags that are too short", `00-${TRACE}-${SPAN}-1`],
    ["with flags that are too long", `00-${TRACE}-${SPAN}-001`],
    ["with an invalid character", `00-${TRACE.replace("a", "g")}-${SPAN}-01`],
    ["with spaces in place of dashes", `00 ${TRACE} ${SPAN} 01`],
    ["without a version", `${TRACE}-${SPAN}-01`],
    ["of a one-digit version", `0-${TRACE}-${SPAN}-01`],
    ["sent twice", `${PARENT}, ${PARENT}`],
    ["that is empty", ""],
    ["that is too long", `00-${TRACE}-${SPAN}-01${"-x".repeat(5_000)}`],
  ])("starts a new trace for a value %s", (_what, text) => {
    expect(read(text, "a=1")).toBeUndefined();
  });
});

/** The part of a `tracestate` that is passed on. */
function state(text: string): string | undefined {
  return read(PARENT, text)?.state;
}

function members(count: number): string {
  return Array.from({ length: count }, (_, n) => `k${n}=v${n}`).join(",");
}

describe("The tracestate header", () => {
  test.each([
    ["congo=t61rcWkgMzE", "congo=t61rcWkgMzE"],
    ["rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"],
    ["a=1 , \t b=2,, ,c=3", "a=1,b=2,c=3"],
    ["fw529a3039@dt=FfAAw", "fw529a3039@dt=FfAAw"],
    ["1tenant@dt=1", "1tenant@dt=1"],
    ["a_-*/0=!\"#$%&'()*+-./:;<>?@[]^_`{|}~ x", "a_-*/0=!\"#$%&'()*+-./:;<>?@[]^_`{|}~ x"],
    [`${"k".repeat(256)}=1`, `${"k".repeat(256)}=1`],
    [`k=${"v".repeat(256)}`, `k=${"v".repeat(256)}`],
    [members(32), members(32)],
  ])("is passed on if it is %s", (text, expected) => {
    expect(state(text)).toBe(expected);
  });

  test.each([
    ["no value", "a"],
    ["an empty value", "a="],
    ["no key", "=1"],
    ["a key in upper case", "A=1"],
    ["a simple key that starts with a digit", "1a=1"],
    ["a key that starts with a dash", "-a=1"],
    ["two equals signs", "a=1=2"],
    ["two tenants", "a@b@c=1"],
    ["no system after the tenant", "a@=1"],
    ["a system that is too long", `a@${"b".repeat(15)}=1`],
    ["a key that is too long", `${"k".repeat(257)}=1`],
    ["a value that is too long", `k=${"v".repeat(257)}`],
    ["a tab inside a value", "a=1\t2"],
    ["a key twice", "a=1,b=2,a=3"],
    ["33 members", members(33)],
    ["a character beyond ASCII", "a=\xe9"],
  ])("is dropped if it has %s, and the trace continues", (_what, text) => {
    expect(state(text)).toBe("");
    expect(read(PARENT, text)?.traceId).toBe(TRACE);
  });

  test("loses large members first, then the last ones, if it is too long", () => {
    const large = `large=${"x".repeat(123)}`;
    expect(large.length).toBe(129);
    const small = Array.from({ length: 8 }, (_, n) => `s${n}=${"x".repeat(61)}`);
    expect(state([large, ...small.slice(0, 7)].join(","))).toBe(small.slice(0, 7).join(","));
    const kept = state(small.join(",")) ?? "";
    expect(kept).toBe(small.slice(0, 7).join(","));
    expect(kept.length).toBeLessThanOrEqual(512);
  });
});

test("The headers that are passed on conform to the standard, whatever was received", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary-ascii", maxLength: 80 }),
    fc.constantFrom(PARENT, `01-${TRACE}-${SPAN}-00-x`, "a=1,b=2", "a=1;b=2", "a@b=1"),
    fc.stringMatching(/^[0-9a-f]{2}-[0-9a-f]{31,33}-[0-9a-f]{16}-[0-9a-f]{2}$/),
  );
  fc.assert(
    fc.property(text, text, (traceparent, tracestate) => {
      const headers = {
        get: (name: string) => (name === "traceparent" ? traceparent : tracestate),
      };
      const context = readTraceContext(headers);
      if (!context) return;
      const sent = traceHeaders(context);
      expect(sent.traceparent).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]$/);
      expect(sent.tracestate ?? "a=1").toMatch(/^[\x20-\x7e]+$/);
      expect((sent.tracestate ?? "").length).toBeLessThanOrEqual(512);
    }),
    { seed: 20_260_102, numRuns: 2_000 },
  );
});
