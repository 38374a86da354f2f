/** What needs a real connection: bytes that no `Request` can hold, and what happens afterwards. */
import { afterAll, beforeAll, describe, expect, jest, test } from "bun:test";

import { listen } from "../platform/http/server.ts";
import { createLog } from "../platform/process/log.ts";
import { openApps, openService } from "./support/apps.ts";
import { problemIn } from "./support/ask.ts";
import { exchange as exchangeWith, statuses } from "./support/connection.ts";
import { ALL, FIRST, LIST, listWith, NONE, ONE, ROUTE } from "./support/first.ts";

const lines: { message: string; level: string; status?: number }[] = [];
let wake = () => {};
let draining = false;
let apps: Awaited<ReturnType<typeof openApps>>;
let server: Bun.Server<undefined>;

function keep(line: string): void {
  lines.push(JSON.parse(line));
  wake();
}

beforeAll(async () => {
  const log = createLog({ service: FIRST, level: "debug", write: keep });
  const environment = { ALLOWED_HOSTS: "localhost,a" };
  apps = await openApps({ log, draining: () => draining, environment });
  const { handle, routes } = apps[FIRST];
  server = listen({ app: { fetch: handle, routes }, host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await server.stop(true);
  await apps.close();
});

const exchange = (...pieces: (string | Uint8Array)[]) =>
  exchangeWith({ port: server.port ?? 0 }, ...pieces);

/** A request of HTTP/1.1. Without `Connection: close` the server decides when to close. */
function request(line: string, headers: string[] = [], body = ""): string {
  return [`${line} HTTP/1.1`, "Host: localhost", ...headers, "", body].join("\r\n");
}
const CLOSE = "Connection: close";
const JSON_TYPE = "Content-Type: application/json";
const LAST = request(`GET ${ALL}/2`, [CLOSE]);

/** The sorted lines of a response's head. */
function headOf(received: string): string[] {
  const [head = ""] = received.toLowerCase().split("\r\n\r\n", 1);
  // Bun sends no Date with a response that already has a length.
  const lines = head.split("\r\n").filter((line) => !line.startsWith("date:"));
  return lines.toSorted();
}

function chunk(size: number): string {
  return `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`;
}

describe("A body that is too large", () => {
  test("is rejected with 413 as soon as its length is declared, and the connection closes", async () => {
    const received = await exchange(
      request(`POST ${ALL}`, [JSON_TYPE, "Content-Length: 10485760"]),
    );
    expect(statuses(received)).toEqual([413]);
    expect(received).toContain("Content-Type: application/problem+json");
    expect(received).toContain('"code":"too_large"');
  });

  test("is rejected with 413 if the client waits for 100 Continue", async () => {
    const headers = [JSON_TYPE, "Expect: 100-continue", "Content-Length: 10485760"];
    const received = await exchange(request(`POST ${ALL}`, headers));
    expect(statuses(received).at(-1)).toBe(413);
  });

  test("is never parsed as the next request", async () => {
    const post = request(`POST ${ALL}`, [JSON_TYPE, "Content-Length: 70000"], "x".repeat(70_000));
    expect(statuses(await exchange(post, LAST))).toEqual([413]);
  });

  test("is rejected with 413 in chunks, whether they end or not", async () => {
    const head = request(`POST ${ALL}`, [JSON_TYPE, "Transfer-Encoding: chunked"]);
    const ending = await exchange(head, chunk(40_000), chunk(40_000), "0\r\n\r\n", LAST);
    expect(statuses(ending)).toEqual([413]);
    const endless = await exchange(head, chunk(40_000), chunk(40_000));
    expect(statuses(endless)).toEqual([413]);
  });
});

test("A body that never arrives is rejected with 408, and the connection closes", async () => {
  jest.useFakeTimers();
  const received = exchange(request(`POST ${ALL}`, [JSON_TYPE, "Content-Length: 20"], "{"));
  // A real wait: the socket does not use fake timers.
  while (server.pendingRequests === 0) await new Promise(setImmediate);
  jest.advanceTimersByTime(2_000);
  jest.useRealTimers();
  expect(statuses(await received)).toEqual([408]);
  expect(await received).toContain('"code":"request_timeout"');
  expect((await received).toLowerCase()).toContain("connection: close");
});

describe("A connection", () => {
  test.each([
    ["a 404", request("GET /nope"), 404],
    ["a 405", request(`PUT ${ONE}`, ["Content-Length: 5"], "hello"), 405],
    ["a 415 with an unread body", request(`POST ${ALL}`, ["Content-Length: 5"], "hello"), 415],
    ["a 400", request(`POST ${ALL}`, [JSON_TYPE, "Content-Length: 1"], "{"), 400],
    ["a 422", request(`POST ${ALL}`, [JSON_TYPE, "Content-Length: 2"], "{}"), 422],
    ["a 304", request(`GET ${ONE}`, ["If-None-Match: *"]), 304],
    ["a HEAD", request(`HEAD ${ONE}`), 200],
    ["a HEAD with 404", request("HEAD /nope"), 404],
    ["an OPTIONS", request(`OPTIONS ${ALL}`), 204],
    ["a GET with a body", request(`GET ${ONE}`, ["Content-Length: 5"], "hello"), 200],
  ])("stays open after %s", async (_what, first, status) => {
    const received = await exchange(first, LAST);
    expect(statuses(received)).toEqual([status, 200]);
    expect(received).toContain('"id":"2"');
  });

  test("stays open after a small body in chunks", async () => {
    const post = request(`POST ${ALL}`, [JSON_TYPE, "Transfer-Encoding: chunked"]);
    const received = await exchange(post, "1\r\n{\r\n", "1\r\n}\r\n", "0\r\n\r\n", LAST);
    expect(statuses(received)).toEqual([422, 200]);
  });
});

describe("The response to HEAD", () => {
  test.each([LIST, ONE, listWith("limit=1"), NONE, "/nope", listWith("limit=0")])(
    "%s has the headers of GET and no body",
    async (path) => {
      const headers = [CLOSE, "X-Request-Id: same"];
      const get = await exchange(request(`GET ${path}`, headers));
      const head = await exchange(request(`HEAD ${path}`, headers));
      expect(headOf(head)).toEqual(headOf(get));
      expect(head).toEndWith("\r\n\r\n");
    },
  );
});

describe("The path", () => {
  test.each([
    ["with dot segments", `GET /nope/..${ONE}`, 400],
    ["with percent-encoded dot segments", `GET ${ALL}/%2e%2E/metrics`, 400],
    ["with dot segments and backslashes", `GET ${ALL}/x\\..\\1`, 400],
    ["with dot segments above the root", `GET /../..${ONE}`, 400],
    ["with a single dot segment", `GET ${ALL}/./1`, 400],
    ["with a name that starts with dots", "GET /nope/..dots", 404],
    ["with a trailing slash", `GET ${ONE}/`, 200],
    ["with dot segments in its query", `GET /metrics?x=/..${ALL}`, 200],
    ["with an incomplete percent-encoding", `GET ${ALL}/%Z`, 400],
    ["with an overlong encoding of a slash", `GET ${ALL}/%c0%af`, 400],
    ["with a fragment, which clients never send", `GET ${ONE}#x`, 400],
    ["as an absolute URL of another host", `GET http://example.com${ONE}`, 200],
    ["with two leading slashes", `GET /${ALL}`, 404],
    ["of a CONNECT", "CONNECT example.com:443", 400],
  ])("%s, %j, gets a %d", async (_what, line, status) => {
    expect(statuses(await exchange(request(line, [CLOSE])))).toEqual([status]);
  });

  test("with bytes that are not UTF-8 is rejected with 400", async () => {
    const [before = "", after = ""] = request(`GET ${ALL}/?`, [CLOSE]).split("?");
    const bytes = Buffer.concat([Buffer.from(before), Buffer.from([0xff]), Buffer.from(after)]);
    expect(statuses(await exchange(bytes))).toEqual([400]);
  });
});

describe("The HTTP server", () => {
  test.each([
    ["a request without a Host", `GET ${ONE} HTTP/1.1\r\n\r\n`],
    ["two lengths", request(`POST ${ALL}`, [JSON_TYPE, "Content-Length: 2", "Content-Length: 3"])],
    ["a negative length", request(`POST ${ALL}`, [JSON_TYPE, "Content-Length: -1"])],
    [
      "a length with chunks, which is how requests are smuggled",
      request(`POST ${ALL}`, [JSON_TYPE, "Content-Length: 2", "Transfer-Encoding: chunked"]),
    ],
    ["a path of 20,000 characters", request(`GET ${ALL}/${"x".repeat(20_000)}`)],
    ["a header of 20,000 characters", request(`GET ${ONE}`, [`X-Long: ${"x".repeat(20_000)}`])],
    ["a control character in a header", request(`GET ${ONE}`, ["If-None-Match: \x01"])],
    ["bytes that are not HTTP", "\x16\x03\x01\r\n\r\n"],
  ])("rejects %s with a 4xx", async (_what, text) => {
    const [status = 0] = statuses(await exchange(text));
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });
});

/** Sends a request with this request line and these `Host` headers. */
function ask(line: string, ...hosts: string[]): Promise<string> {
  return exchange([line, ...hosts.map((host) => `Host: ${host}`), CLOSE, "", ""].join("\r\n"));
}

describe("The Host header", () => {
  test.each(["a", "A:80", "a:", "localhost.", "LOCALHOST:65535"])(
    "is accepted as %j",
    async (host) => {
      expect(statuses(await ask(`GET ${ONE} HTTP/1.1`, host))).toEqual([200]);
    },
  );

  test.each(
    [
      ["", " ", "a b", "u:p@localhost", "a#b", "a?b", "a/b", "a\\b", "a,localhost", "*"],
      ["[", "[::1", "[g]", ":80", "a:99999", "a:b:c", "1.2.3.4.5", "é", "%61", "xn--"],
    ].flat(),
  )("is rejected as %j with 400", async (host) => {
    for (const path of [ONE, listWith("limit=1"), "/nope", "/health/ready"]) {
      const received = await ask(`GET ${path} HTTP/1.1`, host);
      expect([path, ...statuses(received)]).toEqual([path, 400]);
      expect(received).toContain('"code":"invalid_host"');
      expect(received).toMatch(/^x-request-id: \S+\r$/im);
    }
  });

  test("is rejected with 400 if it is sent twice, even with the same value", async () => {
    expect(statuses(await ask(`GET ${ONE} HTTP/1.1`, "a", "b"))).toEqual([400]);
    expect(statuses(await ask(`GET ${ONE} HTTP/1.1`, "a", "a"))).toEqual([400]);
  });

  test.each(["b", "a.b", "b.a", "127.0.0.1", "[::1]"])(
    "is rejected as %s with 421 because it is not allowed, except on health probes",
    async (host) => {
      expect(await ask(`GET ${ONE} HTTP/1.1`, host)).toContain('"code":"misdirected_request"');
      expect(statuses(await ask(`DELETE ${ONE} HTTP/1.1`, host))).toEqual([421]);
      expect(statuses(await ask("GET /metrics HTTP/1.1", host))).toEqual([421]);
      expect(statuses(await ask("GET /health/ready HTTP/1.1", host))).toEqual([200]);
    },
  );

  test("is optional in HTTP/1.0 for a health probe", async () => {
    expect(statuses(await ask("GET /health/ready HTTP/1.0"))).toEqual([200]);
    expect(statuses(await ask(`GET ${ONE} HTTP/1.0`))).toEqual([421]);
    expect(statuses(await ask(`GET ${ONE} HTTP/1.0`, "a"))).toEqual([200]);
  });

  test("never changes the path", async () => {
    for (const host of ["", "a b", "b", "a"]) {
      const [status = 0] = statuses(await ask(`DELETE /xxxxxxx${ONE} HTTP/1.1`, host));
      expect([host, status]).toEqual([host, host === "a" ? 404 : host === "b" ? 421 : 400]);
    }
    expect(statuses(await ask(`GET ${ONE} HTTP/1.1`, "a"))).toEqual([200]);
  });
});

test("A request rejected before the app is counted and logged like any other", async () => {
  lines.length = 0;
  const bytes = request(`GET ${ONE}`, [CLOSE, "X-Request-Id: refused"]).replace("localhost", "b");
  await exchange(bytes);
  expect(lines).toMatchObject([{ message: "request", status: 421, route: ROUTE }]);
  const metrics = await exchange(request("GET /metrics", [CLOSE]));
  expect(metrics).toContain(`{method="GET",route="${ROUTE}",status="421"}`);
});

test("A request rejected before the app has CORS headers for an allowed origin", async () => {
  const origin = "https://app.example.com";
  const service = await openService(FIRST, {
    environment: { CORS_ORIGIN: origin, ALLOWED_HOSTS: "shop" },
  });
  const headers = { origin, host: "other" };
  const response = await service.handle(new Request(`http://other${ONE}`, { headers }));
  expect((await problemIn(response)).status).toBe(421);
  expect(response.headers.get("access-control-allow-origin")).toBe(origin);
  await service.close();
});

test("Pipelined requests get their responses in order", async () => {
  const gets = [1, "nobody", 2].map((id) => request(`GET ${ALL}/${id}`)).join("");
  expect(statuses(await exchange(gets, LAST))).toEqual([200, 404, 200, 200]);
});

test("A client that disconnects during its body is logged as info, not as an error", async () => {
  lines.length = 0;
  const answered = Promise.withResolvers<void>();
  wake = () => lines.some(({ message }) => message === "request") && answered.resolve();
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port: server.port ?? 0,
    socket: { data() {} },
  });
  socket.write(request(`POST ${ALL}`, [JSON_TYPE, "Content-Length: 20"], "{}"));
  socket.flush();
  // If the socket closed now, the request would never reach the service.
  while (server.pendingRequests === 0) await new Promise(setImmediate);
  socket.terminate();
  await answered.promise;
  wake = () => {};
  expect(lines).toMatchObject([{ message: "request", level: "info", status: 400 }]);
});

test("A service that is shutting down closes the connection after its response", async () => {
  draining = true;
  const received = await exchange(request(`GET ${ONE}`), LAST);
  draining = false;
  expect(statuses(received)).toEqual([200]);
  expect(received.toLowerCase()).toContain("connection: close");
});
