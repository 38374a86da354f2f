/**
 * Where Bun responds before any code of the project runs, and differs from RFC 9110 and 9112.
 * docs/limits.md lists these cases. A failure here means that a new version of Bun behaves
 * differently: update the page.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";

import { listen } from "../../platform/http/server.ts";
import { type Opened, openService } from "../support/apps.ts";
import { exchange, statuses } from "../support/connection.ts";
import { ALL, bodyOf, FIRST, LIST, ONE } from "../support/first.ts";
import { ROOT } from "../support/folders.ts";

let service: Opened;
let server: Bun.Server<undefined>;

beforeAll(async () => {
  service = await openService(FIRST);
  server = listen({ app: service, host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await server.stop(true);
  await service.close();
});

const POST = `POST ${ALL} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
const CLOSE = "Connection: close\r\n\r\n";
const BODY = JSON.stringify(bodyOf(1));

/** What is sent, in the words of the page, and the statuses of the responses. */
const CASES: [what: string, sent: string, ...statuses: number[]][] = [
  ["an unknown method", `BREW ${ALL} HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`],
  ["`OPTIONS *`", `OPTIONS * HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`, 400],
  [
    "an empty line before the request",
    `\r\nGET ${ONE} HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`,
    400,
  ],
  ["an unknown `Transfer-Encoding`", `${POST}Transfer-Encoding: gzip\r\n${CLOSE}`, 400],
  [
    "`Expect: 100-continue` on a rejected request",
    `${POST}Expect: 100-continue\r\nContent-Length: 70000\r\n${CLOSE}`,
    100,
    413,
  ],
  [
    "`Expect: 100-continue` in HTTP/1.0",
    `${POST.replace("1.1", "1.0")}Expect: 100-continue\r\nContent-Length: 2\r\n${CLOSE}{}`,
    100,
    422,
  ],
  [
    "`Expect: 100-Continue` (other case)",
    `${POST}Expect: 100-Continue\r\nContent-Length: 2\r\n${CLOSE}{}`,
    422,
  ],
  [
    "`GET http://other.example/...`",
    `GET http://other.example${ONE} HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`,
    200,
  ],
  [
    "`GET /nowhere/../neither`",
    `GET /nowhere/../neither HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`,
    404,
  ],
  [
    "a trailer after a chunked body",
    `${POST}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Sum: 1\r\n\r\n`,
    422,
    400,
  ],
  [
    "a request behind one whose response has to wait (pipelining)",
    `${POST}Content-Length: ${Buffer.byteLength(BODY)}\r\n\r\n${BODY}GET ${ONE} HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`,
  ],
  ["no `Host` in HTTP/1.1", `GET ${ONE} HTTP/1.1\r\n${CLOSE}`, 400],
  ["a header of 20,000 characters", `${POST}X-Long: ${"x".repeat(20_000)}\r\n${CLOSE}`, 431],
];

describe("Bun's HTTP server", () => {
  test.each(CASES)("handles %s by its own rules", async (_what, sent, ...expected) => {
    expect(statuses(await exchange({ port: server.port ?? 0 }, sent))).toEqual(expected);
  });

  test("rejects a bad request without a body, so not with a problem document", async () => {
    const received = await exchange({ port: server.port ?? 0 }, `GET ${ONE} HTTP/1.1\r\n${CLOSE}`);
    expect(received).toBe("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  });

  test("decides exactly the cases that docs/limits.md lists", async () => {
    const page = await Bun.file(join(ROOT, "docs/limits.md")).text();
    const [, section = ""] = page.split("## Where Bun decides\n");
    const [table = ""] = section.split("\n## ", 1);
    const rows = Array.from(table.matchAll(/^\| (.*?) +\|/gm), ([, sent]) => sent);
    const [head, _line, ...said] = rows;
    expect(head).toBe("sent");
    expect(said.toSorted()).toEqual(CASES.map(([what]) => what).toSorted());
  });
});

describe("A request behind one whose response has to wait", () => {
  const GET = "GET / HTTP/1.1\r\nHost: localhost\r\n";

  test("closes the connection of a bare server too, without either response", async () => {
    const waiting = Promise.withResolvers<Response>();
    const left = Promise.withResolvers<void>();
    const bare = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch({ signal }) {
        signal.addEventListener("abort", () => left.resolve());
        return waiting.promise;
      },
    });
    const { port = 0 } = bare;
    expect(await exchange({ port }, `${GET}\r\n${GET}${CLOSE}`)).toBe("");
    await left.promise;
    waiting.resolve(new Response());
    await bare.stop(true);
  });

  test("does not undo what the first one does", async () => {
    const { port = 0 } = server;
    const count = async () =>
      ((await (await fetch(`http://127.0.0.1:${port}${LIST}`)).json()) as unknown[]).length;
    const before = await count();
    const body = JSON.stringify(bodyOf(2));
    const post = `${POST}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    expect(await exchange({ port }, `${post}${GET}${CLOSE}`)).toBe("");
    while ((await count()) === before) await Bun.sleep(1);
    expect(await count()).toBe(before + 1);
  });

  test("gets its response in order if the first one does not wait", async () => {
    const { port = 0 } = server;
    const received = await exchange({ port }, `${GET}\r\n${GET.replace(" /", ` ${ONE}`)}${CLOSE}`);
    expect(statuses(received)).toEqual([404, 200]);
  });
});

describe("Bun's HTTP server", () => {
  test("follows the RFCs: it sends 100 Continue to a client that waits for it", async () => {
    const post = `${POST}Expect: 100-continue\r\nContent-Length: 2\r\n${CLOSE}`;
    expect(statuses(await exchange({ port: server.port ?? 0 }, post, "{}"))).toEqual([100, 422]);
  });

  test.each(["TRACE", "PROPFIND", "PUT"])(
    "follows the RFCs: it passes %s on to the service, which rejects it with 405",
    async (method) => {
      const sent = `${method} ${ONE} HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`;
      const received = await exchange({ port: server.port ?? 0 }, sent);
      expect(statuses(received)).toEqual([405]);
      expect(received).toMatch(/^allow: GET\b.*, HEAD, OPTIONS/im);
    },
  );

  test("follows the RFCs: it responds to HTTP/1.0 and closes the connection", async () => {
    const sent = `GET ${ONE} HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n`;
    expect(statuses(await exchange({ port: server.port ?? 0 }, sent))).toEqual([200]);
  });
});
