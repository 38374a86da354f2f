/** Authentication and rate limits that need a real socket: addresses and bodies in transit. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";

import { caller, IDENTITY } from "../support/callers.ts";
import { ALL, FIRST, NONE, ONE } from "../support/first.ts";
import { temporaryFolder } from "../support/folders.ts";
import { type Running, startService } from "../support/processes.ts";

setDefaultTimeout(60_000);

const folder = temporaryFolder();
let direct: Running;
let behindProxy: Running;

beforeAll(async () => {
  const environment = { ...IDENTITY, HOST: "127.0.0.1", RATE_LIMIT: "5/3600s" };
  [direct, behindProxy] = await Promise.all([
    startService(FIRST, { ...environment, DATABASE_URL: `sqlite://${folder.path}/a.db` }),
    startService(FIRST, {
      ...environment,
      DATABASE_URL: `sqlite://${folder.path}/b.db`,
      TRUSTED_PROXIES: "127.0.0.0/8,::1",
    }),
  ]);
});
afterAll(async () => {
  await Promise.all([direct.stop(), behindProxy.stop()]);
  folder[Symbol.dispose]();
});

/** The statuses of requests without a token that claim to come from these addresses. */
async function statusesFrom(url: string, addresses: readonly string[]): Promise<number[]> {
  const statuses: number[] = [];
  for (const address of addresses) {
    const response = await fetch(`${url}${ONE}`, { headers: { "x-forwarded-for": address } });
    statuses.push(response.status);
  }
  return statuses;
}

describe("The rate limit by address", () => {
  test("ignores addresses that a client invents", async () => {
    const made = Array.from({ length: 8 }, (_, n) => `192.0.2.${n}`);
    expect(await statusesFrom(direct.url, made)).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    const good = await fetch(`${direct.url}${NONE}`, { headers: await caller("7") });
    expect(good.status).toBe(404);
    expect(good.headers.get("ratelimit")).toStartWith('"default";r=4;t=');
    expect((await fetch(`${direct.url}/health/ready`)).status).toBe(200);
  });

  test("counts the address that a trusted proxy reports, not the one that the client claims", async () => {
    const made = Array.from({ length: 8 }, (_, n) => `192.0.2.${n}, 198.51.100.1`);
    const statuses = await statusesFrom(behindProxy.url, made);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    expect(await statusesFrom(behindProxy.url, ["198.51.100.2"])).toEqual([401]);
    const network = Array.from({ length: 7 }, (_, n) => `2001:db8::${n}:1`);
    expect((await statusesFrom(behindProxy.url, network)).at(-1)).toBe(429);
  });
});

function refusalsIn(log: string): Record<string, unknown>[] {
  const lines = log.split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line)).filter(({ message }) => message === "refused");
}

async function flood(url: string, requests: number): Promise<void> {
  for (let sent = 0; sent < requests; sent += 1) await fetch(`${url}${ONE}`);
}

describe("Refusals", () => {
  const LIMITED = { ...IDENTITY, RATE_LIMIT: "2/1s", LOG_REQUESTS: "off" };
  const hash = new Bun.CryptoHasher("sha256").update("127.0.0.1").digest("hex").slice(0, 12);

  test("of a caller are one line when the window ends, with LOG_REQUESTS=off", async () => {
    const limited = await startService(FIRST, {
      ...LIMITED,
      HOST: "127.0.0.1",
      DATABASE_URL: `sqlite://${folder.path}/c.db`,
    });
    await flood(limited.url, 20);
    while (refusalsIn(limited.log()).length === 0) await fetch(`${limited.url}/health/live`);
    const [line] = refusalsIn(limited.log());
    expect(line).toMatchObject({ level: "warn", code: "token_needed", address_hash: hash });
    expect(line?.["count"]).toBeWithin(1, 21);
    expect(await limited.stop()).toBe(0);
  });

  test.each(["127.0.0.1", "::"])("that are held back are written at the stop: %s", async (HOST) => {
    const limited = await startService(FIRST, {
      ...LIMITED,
      HOST,
      RATE_LIMIT: "2/3600s",
      DATABASE_URL: `sqlite://${folder.path}/d.db`,
    });
    const { port } = new URL(limited.url);
    await flood(`http://127.0.0.1:${port}`, 300);
    expect(refusalsIn(limited.log())).toEqual([]);
    expect(await limited.stop()).toBe(0);
    expect(refusalsIn(limited.log())).toMatchObject([
      { count: 300, codes: { token_needed: 2, too_many_requests: 298 }, address_hash: hash },
    ]);
    expect(limited.log()).toEndWith('"message":"stopped"}\n');
  });
});

describe("A request without a valid token", () => {
  test("is rejected after its headers, before its body of 1 GB", async () => {
    const head = [
      `POST ${ALL} HTTP/1.1`,
      "Host: localhost",
      "X-Forwarded-For: 203.0.113.1",
      "Content-Type: application/json",
      "Content-Length: 1073741824",
      "",
      "",
    ];
    const { hostname, port } = new URL(behindProxy.url);
    const received = Promise.withResolvers<string>();
    const socket = await Bun.connect({
      hostname,
      port: Number(port),
      socket: { data: (_socket, bytes) => received.resolve(bytes.toString()) },
    });
    socket.write(head.join("\r\n"));
    // No byte of the body was sent.
    expect(await received.promise).toMatch(/^HTTP\/1\.1 (?:401|413) /);
    socket.end();
  });

  test.each([
    ["two tokens", ["Authorization: Bearer a", "Authorization: Bearer b"], 400],
    ["a token over two lines", ["Authorization: Bearer a\r\n b"], 400],
    ["a token in the query", [], 401],
  ])("is rejected with %s", async (_what, headers, status) => {
    const { hostname, port } = new URL(behindProxy.url);
    const lines = [
      `GET ${ONE}?access_token=a HTTP/1.1`,
      "Host: localhost",
      "X-Forwarded-For: 203.0.113.2",
      ...headers,
      "Connection: close",
    ];
    const received = Promise.withResolvers<string>();
    let text = "";
    const socket = await Bun.connect({
      hostname,
      port: Number(port),
      socket: {
        data: (_socket, bytes) => void (text += bytes.toString()),
        close: () => received.resolve(text),
      },
    });
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    expect(await received.promise).toStartWith(`HTTP/1.1 ${status} `);
  });
});
