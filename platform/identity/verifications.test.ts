import { expect, test } from "bun:test";

import { createVerifications } from "./verifications.ts";

/** Verifications that the test ends. */
function pending() {
  const clock = { ms: 0 };
  const running = new Map<string, () => void>();
  const verify = createVerifications({
    verify(token) {
      const { promise, resolve } = Promise.withResolvers<string>();
      running.set(token, () => resolve(`caller of ${token}`));
      return promise;
    },
    requestsMax: 100,
    now: () => clock.ms,
  });
  return { clock, running, ask: (token: string, address = "") => verify(token, () => address) };
}

test("Tokens of one address are verified eight at a time, in the order of arrival", async () => {
  const { running, ask } = pending();
  const names = Array.from({ length: 50 }, (_, n) => `token-${n}`);
  const asked = names.map((name) => ask(name));
  for (const [n, name] of names.entries()) {
    expect([...running.keys()]).toEqual(names.slice(0, n + 8));
    running.get(name)?.();
    expect(await asked[n]).toBe(`caller of ${name}`);
  }
});

test("A token behind eight of its address that hang is refused, and one of another address is not", async () => {
  const { clock, running, ask } = pending();
  for (let n = 0; n < 8; n += 1) void ask(`slow-${n}`, "one");
  const early = ask("early", "one");
  clock.ms = 1_000;
  expect(ask("late", "one")).toBeUndefined();
  expect(await early).toBeUndefined();
  const other = ask("other", "two");
  running.get("other")?.();
  expect(await other).toBe("caller of other");
  expect(running.has("early")).toBe(false);
});

test("Tokens of many addresses are verified 32 at a time", () => {
  const { clock, running, ask } = pending();
  for (let n = 0; n < 40; n += 1) void ask(`slow-${n}`, `address-${n}`);
  expect(running.size).toBe(32);
  clock.ms = 1_000;
  expect(ask("late", "another")).toBeUndefined();
});
