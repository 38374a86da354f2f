import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { failureOf, failures } from "../testing/calls.ts";
import { ALICE, Maker } from "../testing/family.ts";
import { createClient, createReader } from "./client.ts";
import { isAway, isFault, isPassing } from "./error.ts";

const PROBLEM = {
  type: "about:blank",
  title: "Not Found",
  status: 404,
  detail: "No maker has this id",
  code: "not_found",
  request_id: "r",
};

/** A stub of the service, on its own port. */
let answer: (request: Request) => Response | Promise<Response>;
let stub: Bun.Server<undefined>;
beforeAll(() => {
  stub = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => answer(request) });
});
afterAll(() => stub.stop(true));

const PATIENT = new AbortController().signal;
const NOW = Date.parse("2026-01-02T03:04:05Z");

function clientOf(baseUrl = stub.url.origin) {
  const client = createClient({ service: "it", baseUrl, failures, now: () => NOW });
  const read = createReader(Maker);
  return {
    get: (signal = PATIENT, headers = {}) => client.get("/makers/1", signal, { read, headers }),
    ping: (signal = PATIENT) => client.ping("/health/live", signal),
  };
}

function json(body: unknown, status = 200, type = "application/json"): Response {
  return text(JSON.stringify(body), status, type);
}

function text(body: string, status = 200, type = "application/json"): Response {
  return new Response(body, { status, headers: { "content-type": type } });
}

function problem(status: number, code: string): Response {
  return json({ ...PROBLEM, status, code }, status, "application/problem+json");
}

/** A TCP server that sends these bytes for every request, and then closes if `close` is set. */
function rawServer(bytes: string, { close = false } = {}) {
  return Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data(socket) {
        socket.write(bytes);
        if (close) socket.end();
      },
    },
  });
}

test("The cause of a failure has at most 100 characters of an invalid response", async () => {
  answer = () => json(ALICE, 200, "x".repeat(5_000));
  const { cause } = await failureOf(clientOf().get());
  expect((cause as Error).message).toBe(`it sent an invalid response: 200, ${"x".repeat(100)}`);
});

test("get returns a resource that matches the schema", async () => {
  answer = () => json(ALICE, 200, "Application/JSON; charset=utf-8");
  expect(await clientOf().get()).toEqual(ALICE);
});

test("get drops only the fields that the schema does not name", async () => {
  answer = () => text(`{"locale":{"of":["a","field"]},${JSON.stringify(ALICE).slice(1)}`);
  const maker = await clientOf().get();
  expect(maker).toEqual(ALICE);
  expect(Object.keys(maker ?? {})).toEqual(Object.keys(ALICE));
});

test("get returns undefined for a 404 that is a problem of the service", async () => {
  answer = () => json({ ...PROBLEM, hint: "new" }, 404, "application/problem+json");
  expect(await clientOf().get()).toBeUndefined();
});

test("A request asks for uncompressed JSON, and carries the given headers", async () => {
  const seen: (string | null)[] = [];
  answer = ({ method, url, headers }) => {
    seen.push(method, new URL(url).pathname, headers.get("x-request-id"));
    seen.push(headers.get("accept"), headers.get("accept-encoding"));
    return json(ALICE);
  };
  await clientOf().get(PATIENT, { "x-request-id": "r" });
  expect(seen).toEqual(["GET", "/makers/1", "r", "application/json", "identity"]);
});

describe("A call with an invalid response", () => {
  test.each<[string, () => Response]>([
    ["an HTML page", () => text("<html>", 200, "text/html")],
    ["a 404 in HTML", () => text("<html>Not Found", 404, "text/html")],
    ["a 404 without a body", () => new Response(null, { status: 404 })],
    ["a 404 with another code", () => problem(404, "path_not_found")],
    ["a problem of another media type", () => json(PROBLEM, 404)],
    ["a problem that does not match its schema", () => problem(404, "not found")],
    ["a redirect", () => Response.redirect("http://127.0.0.1:1/makers/1", 302)],
    ["an empty body", () => text("")],
    ["half an object", () => text('{"id":"1"')],
    ["null", () => text("null")],
    ["a list", () => json([ALICE])],
    ["a maker without an email", () => json({ ...ALICE, email: undefined })],
    ["a maker with an invalid time", () => json({ ...ALICE, created_at: "yesterday" })],
    ["a maker of another media type", () => json(ALICE, 200, "text/plain")],
    ["a maker without a media type", () => new Response(Buffer.from(JSON.stringify(ALICE)))],
    ["a maker with another status", () => json(ALICE, 203)],
    ["a maker with a 500", () => json(ALICE, 500)],
    ["a 400", () => problem(400, "invalid_path")],
    ["a 401", () => problem(401, "invalid_token")],
    ["a 403", () => problem(403, "insufficient_scope")],
    ["a 500", () => problem(500, "internal")],
    ["a response that is too large", () => text(JSON.stringify(ALICE).padEnd(70_000))],
    ["a compressed response", () => packed(JSON.stringify(ALICE))],
  ])("fails with a 502 for %s", async (_what, nonsense) => {
    answer = nonsense;
    const error = await failureOf(clientOf().get());
    expect(error).toMatchObject({ status: 502, code: "it_talks_nonsense" });
    expect(isPassing(error)).toBe(false);
    const isServerError = nonsense().status >= 500;
    expect([isFault(error), isAway(error)]).toEqual([isServerError, isServerError]);
  });

  test("fails with a 502 for an endless response, without waiting for its end", async () => {
    const left = Promise.withResolvers<void>();
    answer = () => endless({ left: left.resolve });
    const error = await failureOf(clientOf().get());
    expect(error).toMatchObject({ status: 502, code: "it_talks_nonsense" });
    await left.promise;
  });

  test("fails with a 502 for a response that is longer than its Content-Length", async () => {
    const head =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\n" +
      "Transfer-Encoding: chunked\r\n\r\n";
    const chunk = `10000\r\n${" ".repeat(0x10000)}\r\n`;
    using server = rawServer(`${head}${chunk}${chunk}0\r\n\r\n`);
    const error = await failureOf(clientOf(`http://127.0.0.1:${server.port}`).get());
    expect(error).toMatchObject({ status: 502, code: "it_talks_nonsense" });
  });
});

function packed(body: string): Response {
  const headers = { "content-type": "application/json", "content-encoding": "gzip" };
  return new Response(Bun.gzipSync(body), { headers });
}

function endless({ status = 200, headers = {}, left = () => {} }): Response {
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(10_000)),
    cancel: left,
  });
  return new Response(body, {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
}

async function expectUnavailable(baseUrl: string, retryAfter = "1") {
  const error = await failureOf(clientOf(baseUrl).get());
  expect(error).toMatchObject({ status: 503, code: "it_is_away" });
  expect(error.headers).toEqual({ "retry-after": retryAfter });
  expect([isPassing(error), isFault(error), isAway(error)]).toEqual([true, true, true]);
  return error;
}

describe("A call to an unavailable service", () => {
  test("fails with a retryable 503 for a port where nothing listens", async () => {
    const closed = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const { href } = closed.url;
    await closed.stop(true);
    await expectUnavailable(href);
  });

  test("fails with a retryable 503 for an unknown host name", async () => {
    await expectUnavailable("http://makers.invalid");
  });

  test.each([
    ["closes before the response", ""],
    [
      "closes during the response",
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"id":"1"',
    ],
    ["is not HTTP", "220 smtp.example.com ESMTP\r\n"],
  ])("fails with a retryable 503 for a connection that %s", async (_what, bytes) => {
    using server = rawServer(bytes, { close: true });
    const { cause } = await expectUnavailable(`http://127.0.0.1:${server.port}`);
    expect(Bun.inspect(cause)).toMatch(/it cannot be reached: \w+/);
    expect(Bun.inspect(cause)).not.toContain("/makers/1");
  });

  test.each([502, 503, 504])(
    "fails with a retryable 503 for a %i from the service or from a gateway",
    async (status) => {
      for (const type of ["application/problem+json", "text/plain", "text/html"]) {
        const headers = { "content-type": type, "retry-after": "30" };
        answer = () => new Response(JSON.stringify({ ...PROBLEM, status }), { status, headers });
        await expectUnavailable(stub.url.origin, "30");
      }
    },
  );
});

test("A 429 counts as unavailable, but neither as a fault nor as retryable", async () => {
  answer = () => new Response("slow down", { status: 429, headers: { "retry-after": "7" } });
  const error = await failureOf(clientOf().get());
  expect(error).toMatchObject({
    status: 503,
    headers: { "retry-after": "7" },
    retryAfterMs: 7_000,
  });
  expect([isPassing(error), isFault(error), isAway(error)]).toEqual([false, false, true]);
});

test.each([
  ["0", "1"],
  ["120", "120"],
  ["99999999", "3600"],
  ["9".repeat(400), "3600"],
  ["Fri, 02 Jan 2026 03:04:35 GMT", "30"],
  ["Friday, 02-Jan-26 03:04:35 GMT", "30"],
  ["Fri Jan  2 03:04:35 2026", "30"],
  ["Fri, 02 Jan 2026 03:04:05 GMT", "1"],
  ["Thu, 01 Jan 1970 00:00:00 GMT", "1"],
  ["Fri, 99 Jan 2026 03:04:35 GMT", "1"],
  ["tomorrow", "1"],
  ["2027", "2027"],
  ["-5", "1"],
  ["1.5", "1"],
])("A Retry-After of %j is passed on as %j", async (given, handedOn) => {
  answer = () => new Response("", { status: 503, headers: { "retry-after": given } });
  const error = await failureOf(clientOf().get());
  expect(error.headers).toEqual({ "retry-after": handedOn });
});

describe("An unread response", () => {
  test.each<[string, (left: () => void) => Response]>([
    ["a 503", (left) => endless({ left, status: 503 })],
    ["compressed", (left) => endless({ left, headers: { "content-encoding": "gzip" } })],
    ["from a ping", (left) => endless({ left })],
  ])("is canceled if it is %s", async (what, respond) => {
    const left = Promise.withResolvers<void>();
    answer = () => respond(left.resolve);
    const client = clientOf();
    await Promise.allSettled([what.includes("ping") ? client.ping() : client.get()]);
    await left.promise;
  });
});

describe("An aborted call", () => {
  const reason = new Error("Enough");

  test.each<[string, () => Response | Promise<Response>]>([
    ["a response that never starts", () => new Promise(() => {})],
    [
      "a response that never ends",
      () =>
        new Response(
          new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('{"id":')) }),
          { headers: { "content-type": "application/json" } },
        ),
    ],
  ])("throws the reason of the signal, and cancels %s", async (_what, respond) => {
    const arrived = Promise.withResolvers<Request>();
    answer = (request) => {
      arrived.resolve(request);
      return respond();
    };
    const controller = new AbortController();
    const failing = failureOf<Error>(clientOf().get(controller.signal));
    const request = await arrived.promise;
    const left = new Promise((resolve) => request.signal.addEventListener("abort", resolve));
    controller.abort(reason);
    expect(await failing).toBe(reason);
    await left;
  });
});

test("ping resolves for a 200 and rejects otherwise", async () => {
  answer = () => json({ status: "alive" });
  await clientOf().ping();
  answer = () => new Response("", { status: 503 });
  expect(await failureOf(clientOf().ping())).toMatchObject({ status: 502 });
});
