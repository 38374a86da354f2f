import { expect, test } from "bun:test";

import { createFakeClock, failures } from "../testing/calls.ts";
import { ALICE, Maker } from "../testing/family.ts";
import { createClient, createReader } from "./client.ts";
import { createRenewal } from "./renewal.ts";

/** Which of the next requests end their connections, from 1. */
function lastOf(isLast: () => boolean, requests: number): number[] {
  return Array.from({ length: requests }, (_, index) => index + 1).filter(isLast);
}

test("Every hundredth request ends its connection", () => {
  const { clock } = createFakeClock();
  expect(lastOf(createRenewal(clock), 350)).toEqual([100, 200, 300]);
});

test("If there are fewer requests, one a minute ends its connection", async () => {
  const { clock, pass } = createFakeClock();
  const isLast = createRenewal(clock);
  expect(lastOf(isLast, 50)).toEqual([]);
  await pass(59_999);
  expect(lastOf(isLast, 1)).toEqual([]);
  await pass(1);
  expect(lastOf(isLast, 100)).toEqual([1]);
  await pass(60_000);
  expect(lastOf(isLast, 101)).toEqual([1, 101]);
});

test("A client ends its connection to the service with a hundredth request, and opens another", async () => {
  const ports: number[] = [];
  await using stub = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request, server) {
      ports.push(server.requestIP(request)?.port ?? 0);
      return Response.json(ALICE);
    },
  });
  const client = createClient({ service: "it", baseUrl: stub.url.href, failures });
  const read = createReader(Maker);
  const { signal } = new AbortController();
  for (let sent = 0; sent < 250; sent += 1) await client.get("/makers/1", signal, { read });
  // A minute may pass on a busy machine; then a connection ends sooner.
  expect(new Set(ports).size).toBeGreaterThanOrEqual(3);
  const used = Object.values(Object.groupBy(ports, String)).map((requests) => requests?.length);
  expect(Math.max(...used.map(Number))).toBeLessThanOrEqual(100);
});
