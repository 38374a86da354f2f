import { describe, expect, test } from "bun:test";

import type { Clock } from "../process/clock.ts";
import { createLog } from "../process/log.ts";
import { shortHash } from "../process/short-hash.ts";
import { contextOf } from "./context.ts";
import { createFailureLog } from "./failure-log.ts";
import { type Failure, ProblemError } from "./failure.ts";
import * as failures from "./failures.ts";

const { insufficientScope, invalidToken, keysUnavailable, tokenNeeded, tooManyRequests } = failures;

/** A log of failures with its own clock. The address of a request is in a header. */
function openLog({ isHeldBack = true, level = "info" as const, windowMs = 1_000 } = {}) {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ service: "x", level, write: (line) => lines.push(JSON.parse(line)) });
  let endWindow: (() => void) | undefined;
  const delaysMs: number[] = [];
  const clock: Clock = {
    now: () => 0,
    after(delayMs, run) {
      delaysMs.push(delayMs);
      endWindow = run;
      return () => void (endWindow = undefined);
    },
  };
  let stop: (() => void) | undefined;
  const logFailure = createFailureLog({
    log,
    windowMs,
    clock,
    addressOf: ({ headers }) => headers.get("address") ?? "",
    ...(isHeldBack && { atEnd: (write: () => void) => void (stop = write) }),
  });

  /** Logs a failure of a caller, and returns its request id. */
  function fail(failure: Failure, { subject, address = "" }: Partial<Record<string, string>> = {}) {
    const request = new Request("http://localhost/", { headers: { address } });
    const context = contextOf(request);
    if (subject !== undefined) {
      context.caller = { subject, hash: shortHash(subject), scopes: new Set() };
    }
    logFailure(request, new ProblemError(failure));
    expect(context.failure).toBe(failure.code);
    return context.id;
  }
  return { lines, fail, delaysMs, endWindow: () => endWindow?.(), stop: () => stop?.() };
}

describe("The refusals of a caller", () => {
  test("are one line, written when the window ends, with their number and the address's hash", () => {
    const { lines, fail, delaysMs, endWindow } = openLog();
    const request_id = fail(tokenNeeded, { address: "192.0.2.1" });
    fail(invalidToken, { address: "192.0.2.1" });
    for (let n = 0; n < 40_000; n += 1) fail(tooManyRequests, { address: "192.0.2.1" });
    expect(lines).toEqual([]);
    endWindow();
    expect(lines).toEqual([
      {
        time: expect.any(String),
        level: "warn",
        service: "x",
        message: "refused",
        request_id,
        code: "token_needed",
        reason: tokenNeeded.detail,
        address_hash: new Bun.CryptoHasher("sha256").update("192.0.2.1").digest("hex").slice(0, 12),
        count: 40_002,
        codes: { token_needed: 1, invalid_token: 1, too_many_requests: 40_000 },
      },
    ]);
    expect(delaysMs).toEqual([1_000]);
  });

  test("are counted by subject if it is known, and otherwise by address", () => {
    const { lines, fail, endWindow } = openLog();
    fail(insufficientScope, { subject: "1", address: "192.0.2.1" });
    fail(insufficientScope, { subject: "1", address: "192.0.2.2" });
    fail(insufficientScope, { subject: "2", address: "192.0.2.1" });
    fail(invalidToken, { address: "192.0.2.1" });
    fail(invalidToken, { address: "192.0.2.2" });
    endWindow();
    expect(lines.map(({ subject, address_hash, count }) => [subject, address_hash, count])).toEqual(
      [
        ["1", shortHash("192.0.2.1"), 2],
        ["2", shortHash("192.0.2.1"), 1],
        [undefined, shortHash("192.0.2.1"), 1],
        [undefined, shortHash("192.0.2.2"), 1],
      ],
    );
  });

  test("begin a new line in the next window", () => {
    const { lines, fail, endWindow } = openLog();
    for (const count of [3, 1]) {
      for (let n = 0; n < count; n += 1) fail(tokenNeeded, { address: "192.0.2.1" });
      endWindow();
      expect(lines.at(-1)).toMatchObject({ count });
    }
    endWindow();
    expect(lines).toHaveLength(2);
  });

  test("are written at the stop, once", () => {
    const { lines, fail, endWindow, stop } = openLog();
    fail(tokenNeeded);
    stop();
    stop();
    endWindow();
    expect(lines).toMatchObject([{ message: "refused", count: 1 }]);
    expect(lines[0]).not.toContainKey("address_hash");
  });

  test("are counted together beyond 1,000 addresses, which displace no subject", () => {
    const { lines, fail, endWindow } = openLog();
    for (let n = 0; n < 5_000; n += 1) fail(invalidToken, { address: `10.0.${n >> 8}.${n & 255}` });
    for (let n = 0; n < 5_000; n += 1) fail(insufficientScope, { subject: String(n) });
    endWindow();
    expect(lines).toHaveLength(2_001);
    expect(lines.filter(({ subject }) => subject !== undefined)).toHaveLength(1_000);
    expect(lines.at(-1)).toMatchObject({
      message: "refused",
      code: "other_callers",
      count: 8_000,
      codes: { invalid_token: 4_000, insufficient_scope: 4_000 },
    });
  });

  test("are lines of their own, at once, if there is no end to write them at", () => {
    const { lines, fail } = openLog({ isHeldBack: false });
    fail(tokenNeeded, { address: "192.0.2.1" });
    fail(tokenNeeded, { address: "192.0.2.1" });
    expect(lines).toMatchObject([{ count: 1 }, { count: 1 }]);
  });
});

describe("Our own faults", () => {
  test("have a line each, at once, and are only counted beyond 100 of a code in a window", () => {
    const { lines, fail, endWindow } = openLog();
    for (let n = 0; n < 250; n += 1) fail(keysUnavailable, { subject: "1" });
    fail(failures.internal);
    expect(lines).toHaveLength(101);
    expect(lines[0]).toMatchObject({
      level: "error",
      message: keysUnavailable.detail,
      code: "keys_unavailable",
      caller: shortHash("1"),
    });
    endWindow();
    expect(lines.slice(101)).toMatchObject([
      { level: "error", message: "faults not logged", code: "keys_unavailable", count: 150 },
    ]);
    fail(keysUnavailable);
    expect(lines).toHaveLength(103);
  });

  test("have no line if the service is overloaded or the client made a mistake", () => {
    const { lines, fail, endWindow } = openLog();
    for (const failure of [
      failures.overloaded,
      failures.pathNotFound,
      failures.misdirectedRequest,
    ]) {
      fail(failure);
    }
    endWindow();
    expect(lines).toEqual([]);
  });
});
