import { beforeEach, describe, expect, test } from "bun:test";

import { createLog } from "../../process/log.ts";
import { ProblemError } from "../failure.ts";
import { overloaded } from "../failures.ts";
import { bodyReceived, createBodyBudget } from "./body-budget.ts";

const MB = 1024 * 1024;

let now: number;
let lines: Record<string, unknown>[];
beforeEach(() => {
  now = 0;
  lines = [];
});

function createBudget(maxBodyBytes = MB, inFlightMax = 100_000) {
  const log = createLog({ service: "test", write: (line) => void lines.push(JSON.parse(line)) });
  const { enter } = createBodyBudget({ maxBodyBytes, inFlightMax, peerOf, log, now: () => now });
  return {
    enter,
    /** Whether the budget admits a body from this address. */
    admits(peer: string, length?: number): boolean {
      try {
        enter(request(peer, length));
        return true;
      } catch (error) {
        expect((error as ProblemError).failure).toBe(overloaded);
        return false;
      }
    },
  };
}

function peerOf({ headers }: Request): string {
  return headers.get("x-peer") ?? "";
}

/** Without a length, the body is chunked. */
function request(peer: string, length?: number, method = "POST"): Request {
  const size = length === undefined ? { "transfer-encoding": "chunked" } : lengthOf(length);
  return new Request("http://localhost/", { method, headers: { "x-peer": peer, ...size } });
}
const lengthOf = (length: number) => ({ "content-length": String(length) });

describe("The body budget", () => {
  test("reserves nothing for a request without a body", () => {
    const { enter } = createBudget();
    for (const method of ["GET", "HEAD"]) expect(enter(request("a", MB, method))).toBeUndefined();
    expect(enter(request("a", 0))).toBeUndefined();
    expect(enter(new Request("http://localhost/", { method: "DELETE" }))).toBeUndefined();
  });

  test("reserves the declared length of a body, or the maximum for a chunked body", () => {
    const { admits } = createBudget();
    for (let body = 0; body < 7; body += 1) expect(admits("a")).toBe(true);
    expect(admits("a", MB / 2)).toBe(true);
    expect(admits("a")).toBe(false);
    expect(admits("a", MB / 2)).toBe(true);
    expect(admits("a", 1)).toBe(false);
  });

  test("releases a reservation once, and shrinks it to the length of the received body", () => {
    const { enter, admits } = createBudget();
    const first = request("a");
    const leave = enter(first);
    for (let body = 1; body < 8; body += 1) expect(admits("a")).toBe(true);
    expect(admits("a", MB / 2)).toBe(false);
    bodyReceived(first, MB / 2);
    expect(admits("a", MB / 2)).toBe(true);
    leave?.();
    leave?.();
    expect(admits("a", MB / 2)).toBe(true);
    expect(admits("a", 1)).toBe(false);
  });

  test("rejects a body that declares more than the maximum with 413, without reading it", () => {
    const { enter } = createBudget();
    const refused = () => enter(request("a", MB + 1));
    expect(refused).toThrow(ProblemError);
    expect(refused).toThrow(`The body is larger than ${MB} bytes`);
  });

  test("admits at least one body, however large the maximum is", () => {
    const { admits } = createBudget(100 * MB);
    expect(admits("a")).toBe(true);
    expect(admits("b")).toBe(false);
  });
});

describe("Small bodies in transit", () => {
  test("occupy at most half of MAX_IN_FLIGHT, however small they are", () => {
    const { enter, admits } = createBudget(MB, 64);
    const slow = [request("a", 10), request("a", 10)];
    for (const one of slow) enter(one);
    for (let body = 2; body < 32; body += 1) expect(admits("a", 10)).toBe(true);
    expect(admits("a", 10)).toBe(false);
    for (const one of slow) bodyReceived(one, 10);
    expect(admits("a", 10)).toBe(true);
    expect(admits("a", 10)).toBe(false);
  });

  test("are admitted one at a time if MAX_IN_FLIGHT is 1", () => {
    const { enter, admits } = createBudget(MB, 1);
    const leave = enter(request("a", 10));
    expect(admits("b", 10)).toBe(false);
    leave?.();
    expect(admits("b", 10)).toBe(true);
  });
});

test("A rejected body gets Retry-After and a closed connection", () => {
  const { enter, admits } = createBudget(8 * MB);
  expect(admits("a")).toBe(true);
  try {
    enter(request("a"));
    expect.unreachable();
  } catch (error) {
    const { headers } = error as ProblemError;
    expect(headers).toEqual({ "retry-after": "2", connection: "close" });
  }
});

describe("One client address", () => {
  test("may use the whole body budget while no other address waits", () => {
    const { admits } = createBudget();
    for (let body = 0; body < 8; body += 1) expect(admits("a")).toBe(true);
  });

  test("may use at most a quarter of the body budget while another address waits", () => {
    const { enter, admits } = createBudget();
    const leaves = Array.from({ length: 8 }, () => enter(request("a")));
    expect(admits("b")).toBe(false);
    leaves.pop()?.();
    leaves.pop()?.();
    expect(admits("a")).toBe(false);
    expect(admits("b")).toBe(true);
    expect(admits("b")).toBe(true);
    for (let left = 0; left < 5; left += 1) leaves.pop()?.();
    expect(admits("a")).toBe(true);
    expect(admits("a")).toBe(false);
  });

  test("may use the whole body budget again if no other address has waited for ten seconds", () => {
    const { enter, admits } = createBudget();
    const leaves = Array.from({ length: 8 }, () => enter(request("a")));
    expect(admits("b")).toBe(false);
    leaves.pop()?.();
    expect(admits("a")).toBe(false);
    now += 10_000;
    expect(admits("a")).toBe(true);
  });
});

test("The body budget logs rejected bodies at most every ten seconds", () => {
  const { admits } = createBudget(8 * MB);
  admits("a");
  for (let refused = 0; refused < 100; refused += 1) admits("b");
  expect(lines).toMatchObject([{ level: "warn", message: "bodies refused", addresses: 1 }]);
  now += 10_000;
  admits("b");
  expect(lines).toHaveLength(2);
});
