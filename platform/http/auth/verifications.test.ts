import { expect, test } from "bun:test";

import { createVerifications } from "./verifications.ts";

/** Verifications that the test ends. */
function pending(waitMs: number) {
  const running = new Map<string, () => void>();
  const verify = createVerifications({
    verify(token) {
      const { promise, resolve } = Promise.withResolvers<string>();
      running.set(token, () => resolve(`caller of ${token}`));
      return promise;
    },
    requestsMax: 100,
    waitMs,
  });
  return { running, ask: (token: string, address = "") => verify(token, () => address) };
}

test("Tokens of one address are verified eight at a time, in the order of arrival", async () => {
  const { running, ask } = pending(60_000);
  const names = Array.from({ length: 50 }, (_, n) => `token-${n}`);
  const asked = names.map((name) => ask(name));
  for (const [n, name] of names.entries()) {
    expect([...running.keys()]).toEqual(names.slice(0, n + 8));
    running.get(name)?.();
    expect(await asked[n]).toBe(`caller of ${name}`);
  }
});

test("A token that gets no place in time is refused, and tokens of another address are not", async () => {
  const { running, ask } = pending(1);
  for (let n = 0; n < 8; n += 1) void ask(`slow-${n}`, "one");
  expect(await ask("late", "one")).toBeUndefined();
  const other = ask("other", "two");
  running.get("other")?.();
  expect(await other).toBe("caller of other");
  expect(running.has("late")).toBe(false);
});
