/** What only a real connection shows: bytes that no Request holds, and what is left of it afterwards. */
import { afterAll, beforeAll, describe, expect, jest, test } from "bun:test";

import { listen } from "../shared/command/server.ts";
import { createLog } from "../shared/process/log.ts";
import { openApps, openService } from "./support/apps.ts";
import { problemIn } from "./support/ask.ts";
import { exchange as exchangeWith, statuses } from "./support/connection.ts";

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
  const log = createLog({ service: "users", level: "debug", write: keep });
  const environment = { ALLOWED_HOSTS: "localhost,a" };
  apps = await openApps({ log, draining: () => draining, environment });
  const { handle, routes } = apps.users;
  server = listen({ app: { fetch: handle, routes }, host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await server.stop(true);
  await apps.close();
});

const exchange = (...pieces: (string | Uint8Array)[]) =>
  exchangeWith({ port: server.port ?? 0 }, ...pieces);

/** A request of HTTP/1.1; without `Connection: close` it is for the server to end the connection. */
function request(line: string, headers: string[] = [], body = ""): string {
  return [`${line} HTTP/1.1`, "Host: localhost", ...headers, "", body].join("\r\n");
}
const CLOSE = "Connection: close";
const JSON_TYPE = "Content-Type: application/json";
const LAST = request("GET /users/2", [CLOSE]);

/** The head of an answer, in any order. */
function headOf(received: string): string[] {
  const [head = ""] = received.toLowerCase().split("\r\n\r\n", 1);
  // Bun writes no Date where there is a length already.
  const lines = head.split("\r\n").filter((line) => !line.startsWith("date:"));
  return lines.toSorted();
}

function chunk(size: number): string {
  return `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`;
}

describe("A body that is too large", () => {
  test("is a 413 as soon as its length is declared, and the end of the connection", async () => {
    const received = await exchange(
      request("POST /users", [JSON_TYPE, "Content-Length: 10485760"]),
    );
    expect(statuses(received)).toEqual([413]);
    expect(received).toContain("Content-Type: application/problem+json");
    expect(received).toContain('"code":"too_large"');
  });

  test("is a 413 for a client that waits to be told to go on", async () => {
    const headers = [JSON_TYPE, "Expect: 100-continue", "Content-Length: 10485760"];
    const received = await exchange(request("POST /users", headers));
    expect(statuses(received).at(-1)).toBe(413);
  });

  test("leaves nothing behind that the next request could be taken for", async () => {
    const post = request("POST /users", [JSON_TYPE, "Content-Length: 70000"], "x".repeat(70_000));
    expect(statuses(await exchange(post, LAST))).toEqual([413]);
  });

  test("is a 413 in chunks too, whether they end or not", async () => {
    const head = request("POST /users", [JSON_TYPE, "Transfer-Encoding: chunked"]);
    const ending = await exchange(head, chunk(40_000), chunk(40_000), "0\r\n\r\n", LAST);
    expect(statuses(ending)).toEqual([413]);
    const endless = await exchange(head, chunk(40_000), chunk(40_000));
    expect(statuses(endless)).toEqual([413]);
  });
});

test("A body that does not come is a 408, and the end of the connection", async () => {
  jest.useFakeTimers();
  const received = exchange(request("POST /users", [JSON_TYPE, "Content-Length: 20"], "{"));
  // Real ones: the socket is one.
  while (server.pendingRequests === 0) await new Promise(setImmediate);
  jest.advanceTimersByTime(2_000);
  jest.useRealTimers();
  expect(statuses(await received)).toEqual([408]);
  expect(await received).toContain('"code":"request_timeout"');
  expect((await received).toLowerCase()).toContain("connection: close");
});

describe("A connection lives on after", () => {
  test.each([
    ["a 404", request("GET /nope"), 404],
    ["a 405", request("PUT /users/1", ["Content-Length: 5"], "hello"), 405],
    ["a 415, its body unread", request("POST /users", ["Content-Length: 5"], "hello"), 415],
    ["a 400", request("POST /users", [JSON_TYPE, "Content-Length: 1"], "{"), 400],
    ["a 422", request("POST /users", [JSON_TYPE, "Content-Length: 2"], "{}"), 422],
    ["a 304", request("GET /users/1", ["If-None-Match: *"]), 304],
    ["a HEAD", request("HEAD /users/1"), 200],
    ["a HEAD of nothing", request("HEAD /nope"), 404],
    ["an OPTIONS", request("OPTIONS /users"), 204],
    ["a body nobody asked for", request("GET /users/1", ["Content-Length: 5"], "hello"), 200],
  ])("%s", async (_what, first, status) => {
    const received = await exchange(first, LAST);
    expect(statuses(received)).toEqual([status, 200]);
    expect(received).toContain('"name":"Bob"');
  });

  test("a small body in chunks", async () => {
    const post = request("POST /users", [JSON_TYPE, "Transfer-Encoding: chunked"]);
    const received = await exchange(post, "1\r\n{\r\n", "1\r\n}\r\n", "0\r\n\r\n", LAST);
    expect(statuses(received)).toEqual([422, 200]);
  });
});

describe("HEAD", () => {
  test.each(["/users/1", "/nope", "/users?limit=0"])(
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

describe("A path", () => {
  test.each([
    ["that climbs is a 400", "GET /nope/../users/1", 400],
    ["that climbs in escapes is a 400", "GET /users/%2e%2E/metrics", 400],
    ["that climbs with backslashes is a 400", "GET /users/x\\..\\1", 400],
    ["that climbs too far is a 400", "GET /../../users/1", 400],
    ["that stays where it is is a 400", "GET /users/./1", 400],
    ["with dots in a name is another", "GET /nope/..users", 404],
    ["with a slash at its end is the one without", "GET /users/1/", 200],
    ["with dots in its query leads where it says", "GET /metrics?x=/../users", 200],
    ["with half an escape is a 400", "GET /users/%Z", 400],
    ["with an overlong slash is a 400", "GET /users/%c0%af", 400],
    ["with a fragment, which no client sends, is a 400", "GET /users/1#x", 400],
    ["with another host in it is for this one", "GET http://example.com/users/1", 200],
    ["of two slashes is a 404", "GET //users", 404],
    ["of another server is a 400", "CONNECT example.com:443", 400],
  ])("%s", async (_what, line, status) => {
    expect(statuses(await exchange(request(line, [CLOSE])))).toEqual([status]);
  });

  test("with bytes that are no UTF-8 is a 400", async () => {
    const [before = "", after = ""] = request("GET /users/?", [CLOSE]).split("?");
    const bytes = Buffer.concat([Buffer.from(before), Buffer.from([0xff]), Buffer.from(after)]);
    expect(statuses(await exchange(bytes))).toEqual([400]);
  });
});

describe("The server itself refuses, with a 4xx,", () => {
  test.each([
    ["a request without a Host", "GET /users/1 HTTP/1.1\r\n\r\n"],
    ["two lengths", request("POST /users", [JSON_TYPE, "Content-Length: 2", "Content-Length: 3"])],
    ["a negative length", request("POST /users", [JSON_TYPE, "Content-Length: -1"])],
    [
      "a length beside chunks, the way to smuggle a request",
      request("POST /users", [JSON_TYPE, "Content-Length: 2", "Transfer-Encoding: chunked"]),
    ],
    ["a path of 20,000 characters", request(`GET /users/${"x".repeat(20_000)}`)],
    ["a header of 20,000 characters", request("GET /users/1", [`X-Long: ${"x".repeat(20_000)}`])],
    ["a control character in a header", request("GET /users/1", ["If-None-Match: \x01"])],
    ["what is no HTTP", "\x16\x03\x01\r\n\r\n"],
  ])("%s", async (_what, text) => {
    const [status = 0] = statuses(await exchange(text));
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });
});

/** What is received for a request of this line and with these lines of `Host`. */
function ask(line: string, ...hosts: string[]): Promise<string> {
  return exchange([line, ...hosts.map((host) => `Host: ${host}`), CLOSE, "", ""].join("\r\n"));
}

describe("A host", () => {
  test.each(["a", "A:80", "a:", "localhost.", "LOCALHOST:65535"])("may be %j", async (host) => {
    expect(statuses(await ask("GET /users/1 HTTP/1.1", host))).toEqual([200]);
  });

  test.each(
    [
      ["", " ", "a b", "u:p@localhost", "a#b", "a?b", "a/b", "a\\b", "a,localhost", "*"],
      ["[", "[::1", "[g]", ":80", "a:99999", "a:b:c", "1.2.3.4.5", "é", "%61", "xn--"],
    ].flat(),
  )("is not %j: 400", async (host) => {
    for (const path of ["/users/1", "/users?limit=1", "/nope", "/health/ready"]) {
      const received = await ask(`GET ${path} HTTP/1.1`, host);
      expect([path, ...statuses(received)]).toEqual([path, 400]);
      expect(received).toContain('"code":"invalid_host"');
      expect(received).toMatch(/^x-request-id: \S+\r$/im);
    }
  });

  test("is one: two are a 400, even the same twice", async () => {
    expect(statuses(await ask("GET /users/1 HTTP/1.1", "a", "b"))).toEqual([400]);
    expect(statuses(await ask("GET /users/1 HTTP/1.1", "a", "a"))).toEqual([400]);
  });

  test.each(["b", "a.b", "b.a", "127.0.0.1", "[::1]"])(
    "that is not allowed is a 421, unless a probe asks: %s",
    async (host) => {
      expect(await ask("GET /users/1 HTTP/1.1", host)).toContain('"code":"misdirected_request"');
      expect(statuses(await ask("DELETE /users/1 HTTP/1.1", host))).toEqual([421]);
      expect(statuses(await ask("GET /metrics HTTP/1.1", host))).toEqual([421]);
      expect(statuses(await ask("GET /health/ready HTTP/1.1", host))).toEqual([200]);
    },
  );

  test("may be left out by HTTP/1.0, for a probe", async () => {
    expect(statuses(await ask("GET /health/ready HTTP/1.0"))).toEqual([200]);
    expect(statuses(await ask("GET /users/1 HTTP/1.0"))).toEqual([421]);
    expect(statuses(await ask("GET /users/1 HTTP/1.0", "a"))).toEqual([200]);
  });

  test("makes no path another one", async () => {
    for (const host of ["", "a b", "b", "a"]) {
      const [status = 0] = statuses(await ask("DELETE /xxxxxxx/users/1 HTTP/1.1", host));
      expect([host, status]).toEqual([host, host === "a" ? 404 : host === "b" ? 421 : 400]);
    }
    expect(statuses(await ask("GET /users/1 HTTP/1.1", "a"))).toEqual([200]);
  });
});

test("What is refused before the app is counted and logged like anything else", async () => {
  lines.length = 0;
  const bytes = request("GET /users/1", [CLOSE, "X-Request-Id: refused"]).replace("localhost", "b");
  await exchange(bytes);
  expect(lines).toMatchObject([{ message: "request", status: 421, route: "/users/:id" }]);
  const metrics = await exchange(request("GET /metrics", [CLOSE]));
  expect(metrics).toContain('{method="GET",route="/users/:id",status="421"}');
});

test("What is refused before the app can be read by a page whose origin is named", async () => {
  const origin = "https://app.example.com";
  const users = await openService("users", {
    environment: { CORS_ORIGIN: origin, ALLOWED_HOSTS: "users" },
  });
  const headers = { origin, host: "other" };
  const response = await users.handle(new Request("http://other/users/1", { headers }));
  expect((await problemIn(response)).status).toBe(421);
  expect(response.headers.get("access-control-allow-origin")).toBe(origin);
  await users.close();
});

test("Requests that are sent without waiting are answered in their order", async () => {
  const gets = [1, 3, 2].map((id) => request(`GET /users/${id}`)).join("");
  expect(statuses(await exchange(gets, LAST))).toEqual([200, 404, 200, 200]);
});

test("A client that goes in the middle of its body is no fault of the service", async () => {
  lines.length = 0;
  const answered = Promise.withResolvers<void>();
  wake = () => lines.some(({ message }) => message === "request") && answered.resolve();
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port: server.port ?? 0,
    socket: { data() {} },
  });
  socket.write(request("POST /users", [JSON_TYPE, "Content-Length: 20"], "{}"));
  socket.flush();
  // Ended at once, the request would never have reached the service.
  while (server.pendingRequests === 0) await new Promise(setImmediate);
  socket.terminate();
  await answered.promise;
  wake = () => {};
  expect(lines).toMatchObject([{ message: "request", level: "info", status: 400 }]);
});

test("A service that is about to end closes the connection after its answer", async () => {
  draining = true;
  const received = await exchange(request("GET /users/1"), LAST);
  draining = false;
  expect(statuses(received)).toEqual([200]);
  expect(received.toLowerCase()).toContain("connection: close");
});
