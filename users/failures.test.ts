import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import { type Opened, openService } from "../tests/support/apps.ts";
import { ask, pointersOf, problemIn } from "../tests/support/ask.ts";

let users: Opened;
beforeEach(async () => {
  users = await openService("users", { environment: { MAX_BODY_BYTES: "1000" } });
});
afterEach(() => users.close());

async function refusal(path: string, options?: Parameters<typeof ask>[2]) {
  return problemIn(await ask(users, path, options));
}

describe("The path", () => {
  test.each(["/", "/nope", "/users/1/orders", "/Users", "/users/1//", "/favicon.ico"])(
    "%s is rejected with 404",
    async (path) => {
      expect(await refusal(path)).toMatchObject({ status: 404, code: "path_not_found" });
    },
  );

  test.each([
    ["that is not percent-encoded", "%ZZ"],
    ["that is a lone percent sign", "%"],
    ["that is a NUL", "%00"],
    ["that ends with a NUL", "1%00"],
    ["that is not UTF-8", "%ff"],
    ["that is a slash", "%2F"],
    ["that starts with a dot", ".a"],
    ["that is an emoji", "%F0%9F%98%80"],
    ["that is a space", "%20"],
    ["with 65 characters", "x".repeat(65)],
    ["with 10,000 characters", "x".repeat(10_000)],
    ["that is an SQL injection", "1'%20OR%20'1'='1"],
  ] as const)("of an id %s is rejected with 400, and the error names /id", async (_what, id) => {
    for (const method of ["GET", "DELETE"]) {
      const problem = await refusal(`/users/${id}`, { method });
      expect(problem).toMatchObject({ status: 400, code: "invalid_path" });
      expect(pointersOf(problem)).toEqual(["/id"]);
    }
  });

  test("has its dot segments resolved before routing", async () => {
    expect((await refusal("/users/%2e%2e/%2e%2e/etc/passwd")).status).toBe(404);
    expect((await ask(users, "/nope/%2e%2e/users/1")).status).toBe(200);
  });
});

// Over the network, Bun's fetch drops the body of a response to TRACE.
const TRACE = process.env["TEST_EXECUTABLES"] ? [] : ["TRACE"];

describe("The router", () => {
  test.each([
    ["/users", "GET, POST, HEAD, OPTIONS", ["PUT", "PATCH", "DELETE"]],
    ["/users/1", "GET, PATCH, DELETE, HEAD, OPTIONS", ["PUT", "POST", ...TRACE, "PROPFIND"]],
    ["/health/ready", "GET, HEAD, OPTIONS", ["POST", "DELETE"]],
    ["/metrics", "GET, HEAD, OPTIONS", ["POST"]],
  ])("rejects other methods on %s with 405 and sends Allow: %s", async (path, allow, methods) => {
    for (const method of methods) {
      const answer = await ask(users, path, { method });
      expect(answer.headers.get("allow")).toBe(allow);
      expect(await problemIn(answer)).toMatchObject({ status: 405, code: "method_not_allowed" });
    }
    const answer = await ask(users, path, { method: "OPTIONS" });
    expect(answer.status).toBe(204);
    expect(answer.headers.get("allow")).toBe(allow);
    expect(await answer.text()).toBe("");
  });

  test("responds to HEAD with 304 as it does to GET, without a length", async () => {
    const options = { method: "HEAD", headers: { "if-none-match": "*" } };
    const answer = await ask(users, "/users/1", options);
    expect(answer.status).toBe(304);
    expect(answer.headers.get("content-length")).toBeNull();
  });
});

describe("The query", () => {
  test.each([
    ["limit=0", "/limit"],
    ["limit=-1", "/limit"],
    ["limit=1.5", "/limit"],
    ["limit=1e1", "/limit"],
    ["limit=0x10", "/limit"],
    ["limit=", "/limit"],
    ["limit", "/limit"],
    ["limit=%205", "/limit"],
    ["limit=+5", "/limit"],
    ["limit=05", "/limit"],
    ["limit=٣", "/limit"],
    ["limit=101", "/limit"],
    ["limit=99999999999999999999", "/limit"],
    ["limit=NaN", "/limit"],
    ["limit=5&limit=5", "/limit"],
    ["limit=5&limit=6&limit=7", "/limit"],
    ["cursor=", "/cursor"],
    ["cursor=garbled", "/cursor"],
    ["cursor=%00", "/cursor"],
    [`cursor=${"x".repeat(513)}`, "/cursor"],
    ["email=", "/email"],
    ["email=nobody", "/email"],
    ["email=%ZZ", "/email"],
    ["email=a%00@example.com", "/email"],
    ["nope=1", "/nope"],
    ["nope=1&nope=2&nope=3", "/nope"],
    ["__proto__=1", "/__proto__"],
    ["__proto__[limit]=1", "/__proto__[limit]"],
    ["constructor=1", "/constructor"],
    ["limit[]=1", "/limit[]"],
    ["a/b~c=1", "/a~1b~0c"],
    ["=1", "/"],
  ])("?%s is rejected with 400, and the error names %s", async (query, pointer) => {
    const problem = await refusal(`/users?${query}`);
    expect(problem).toMatchObject({ status: 400, code: "invalid_query" });
    expect(pointersOf(problem)).toEqual([pointer]);
  });

  test("with several errors is rejected with 400, and the response names each field once", async () => {
    const problem = await refusal("/users?limit=0&limit=1&email=x&cursor=!&nope=1&nope=2");
    expect(pointersOf(problem).toSorted()).toEqual(["/cursor", "/email", "/limit", "/nope"]);
  });

  test("with 2,000 unknown names is rejected with 400, and the response names only 100 of them", async () => {
    const names = Array.from({ length: 2_000 }, (_, n) => `n${n}`);
    const problem = await refusal(`/users?${names.join("&")}`);
    expect(pointersOf(problem)).toHaveLength(100);
  });

  test("is rejected on a route that takes no query", async () => {
    const requests = [
      ["GET", "/users/1"],
      ["DELETE", "/users/1"],
    ] as const;
    for (const [method, path] of requests) {
      const problem = await refusal(`${path}?debug=1`, { method });
      expect(pointersOf(problem)).toEqual(["/debug"]);
    }
    const created = await refusal("/users?debug=1", {
      body: { name: "A", email: "a@example.com" },
    });
    expect(pointersOf(created)).toEqual(["/debug"]);
    expect((await ask(users, "/users/1")).status).toBe(200);
  });

  test("with a cursor from another list is rejected with 400", async () => {
    const link = (await ask(users, "/users?limit=1")).headers.get("link") ?? "";
    const cursor = /cursor=([^>]*)>/.exec(link)?.[1];
    expect(cursor).toBeDefined();
    const problem = await refusal(`/users?cursor=${cursor}&email=alice@example.com`);
    expect(pointersOf(problem)).toEqual(["/cursor"]);
  });
});

describe("The header", () => {
  test.each([
    "",
    " ",
    "a b",
    "é",
    "x".repeat(256),
    "a\tb",
    '""',
    '"',
    '"a',
    '"a"b"',
    '"a";b=1',
    '"\\a"',
    `"${"x".repeat(256)}"`,
  ])("Idempotency-Key: %j is rejected with 400", async (key) => {
    const body = { name: "A", email: "a@example.com" };
    const problem = await refusal("/users", { body, headers: { "idempotency-key": key } });
    expect(problem).toMatchObject({ status: 400, code: "invalid_headers" });
    expect(pointersOf(problem)).toEqual(["/idempotency-key"]);
  });

  test("Idempotency-Key is accepted with 255 characters", async () => {
    const body = { name: "A", email: "a@example.com" };
    for (const key of ["~".repeat(255), `"${"~".repeat(255)}"`]) {
      const answer = await ask(users, "/users", { body, headers: { "idempotency-key": key } });
      expect(answer.status).toBe(201);
    }
  });

  test.each(["", "1", '"1', '1"', "W/1", 'w/"1"', '"1",', '"1" "2"', '*, "1"', "**"])(
    "If-Match or If-None-Match: %s is rejected with 400",
    async (tags) => {
      const get = await refusal("/users/1", { headers: { "if-none-match": tags } });
      expect(get).toMatchObject({ status: 400, code: "invalid_headers" });
      expect(pointersOf(get)).toEqual(["/if-none-match"]);
      const headers = { "if-match": tags };
      for (const change of [{ method: "DELETE" }, { method: "PATCH", body: { name: "A" } }]) {
        const problem = await refusal("/users/1", { ...change, headers });
        expect(pointersOf(problem)).toEqual(["/if-match"]);
      }
    },
  );

  test("If-Match is rejected with 400 if it has more than 16 tags", async () => {
    const headers = { "if-match": Array.from({ length: 17 }, () => '"1"').join(",") };
    const problem = await refusal("/users/1", { method: "DELETE", headers });
    expect(pointersOf(problem)).toEqual(["/if-match"]);
  });

  // If-None-Match only saves a response body, so a long one must not fail the request (RFC 9110,
  // 13.1.2).
  test("If-None-Match is accepted with as many tags as fit in the server's header limit", async () => {
    const all = Array.from({ length: 2_000 }, (_, tag) => `W/"${tag + 2}"`).join(",");
    const others = all.slice(0, all.lastIndexOf(",", 16_000));
    const tag = (await ask(users, "/users/1")).headers.get("etag");
    for (const [tags, status] of [[others, 200] as const, [`${others},${tag}`, 304] as const]) {
      const response = await ask(users, "/users/1", { headers: { "if-none-match": tags } });
      expect(response.status).toBe(status);
    }
  });

  test.each(["abc", "A-1_2.3", "x".repeat(128)])(
    "X-Request-Id: %s is used as the request's id",
    async (id) => {
      for (const path of ["/users/1", "/nope", "/users?limit=0"]) {
        const answer = await ask(users, path, { headers: { "x-request-id": id } });
        expect(answer.headers.get("x-request-id")).toBe(id);
        if (!answer.ok) expect((await problemIn(answer)).request_id).toBe(id);
      }
    },
  );

  test.each(["", "a b", "<script>", "x".repeat(129), "a, b"])(
    "X-Request-Id: %j is replaced by a new id",
    async (id) => {
      const answer = await ask(users, "/users/1", { headers: { "x-request-id": id } });
      expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    },
  );
});

describe("The body", () => {
  const json = { "content-type": "application/json" };

  test.each([
    ["of type text/plain", { "content-type": "text/plain" }],
    ["that is a form", { "content-type": "application/x-www-form-urlencoded" }],
    ["that is a multipart form", { "content-type": "multipart/form-data; boundary=x" }],
    ["without a type", { "content-type": "" }],
    ["of another JSON type", { "content-type": "application/vnd.api+json" }],
    ["that is a merge patch", { "content-type": "application/merge-patch+json" }],
    ["in Latin-1", { "content-type": "application/json; charset=latin1" }],
    ["in UTF-16", { "content-type": 'application/json; x=y; charset="utf-16"' }],
    ["in no UTF", { "content-type": "application/json; charset=utf88" }],
    ["with gzip encoding", { ...json, "content-encoding": "gzip" }],
  ])("%s is rejected by POST /users with 415 and an Accept header", async (_what, headers) => {
    const answer = await ask(users, "/users", { body: "{}", headers });
    expect(answer.headers.get("accept")).toBe("application/json");
    expect(await problemIn(answer)).toMatchObject({ status: 415, code: "unsupported_media_type" });
  });

  test("of PATCH with another type is rejected with 415, and Accept lists both types", async () => {
    const options = { method: "PATCH", body: "{}", headers: { "content-type": "text/plain" } };
    const answer = await ask(users, "/users/1", options);
    expect(answer.headers.get("accept")).toBe("application/json, application/merge-patch+json");
    expect((await problemIn(answer)).status).toBe(415);
  });

  test("is rejected with 415 if it is missing, because no header declares it as JSON", async () => {
    expect((await refusal("/users", { method: "POST" })).status).toBe(415);
  });

  test.each([
    "application/json;charset=UTF-8",
    'Application/JSON; charset="utf-8"',
    "application/json; charset=utf8",
    'application/json;charset="UTF8"',
  ])("of type %s is accepted", async (type) => {
    const body = '{"name":"A","email":"a@example.com"}';
    const answer = await ask(users, "/users", { body, headers: { "content-type": type } });
    expect(answer.status).toBe(201);
  });

  test.each([
    ["that is empty", ""],
    ["with half an object", '{"name":'],
    ["with NaN", '{"name":NaN}'],
    ["with two values", "{}{}"],
    ["with a byte that is not UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
    ["with an overlong encoding", new Uint8Array([0x22, 0xc0, 0xaf, 0x22])],
    ["with a byte order mark", "\ufeff{}"],
    ["in UTF-16", new Uint8Array([0x7b, 0, 0x7d, 0])],
    ["with 17 levels of nesting", `${"[".repeat(17)}${"]".repeat(17)}`],
    ["with levels that are never closed", "[".repeat(1_000)],
  ])("%s is rejected with 400", async (_what, body) => {
    const problem = await refusal("/users", { body, headers: json });
    expect(problem).toMatchObject({ status: 400, code: "malformed_json" });
  });

  test("with 100,000 levels of nesting is rejected with 400", async () => {
    const users = await openService("users", { environment: { MAX_BODY_BYTES: "1000000" } });
    for (const body of ["[".repeat(100_000), `${"[".repeat(100_000)}${"]".repeat(100_000)}`]) {
      const problem = await problemIn(await ask(users, "/users", { body, headers: json }));
      expect(problem.code).toBe("malformed_json");
    }
    await users.close();
  });

  test("is rejected with 413 one byte above the limit, and accepted at the limit", async () => {
    const fitting = JSON.stringify({ name: "A", email: "a@example.com" }).padEnd(1_000);
    const problem = await refusal("/users", { body: `${fitting} ` });
    expect(problem).toMatchObject({ status: 413, code: "too_large" });
    expect((await ask(users, "/users", { body: fitting })).status).toBe(201);
  });

  test.each(["null", "[]", '"text"', "1", "true"])(
    "%s is rejected with 422 because it is not an object",
    async (body) => {
      const problem = await refusal("/users", { body, headers: json });
      expect(problem).toMatchObject({ status: 422, code: "invalid_body" });
      expect(problem.errors).toEqual([{ pointer: "", detail: "Expected an object" }]);
    },
  );

  const email = '"email":"a@example.com"';
  test.each([
    ["{}", ["/name", "/email"]],
    [`{${email}}`, ["/name"]],
    [`{"name":1,${email}}`, ["/name"]],
    [`{"name":null,${email}}`, ["/name"]],
    [`{"name":["A"],${email}}`, ["/name"]],
    [`{"name":{"first":"A"},${email}}`, ["/name"]],
    [`{"name":"",${email}}`, ["/name"]],
    [`{"name":"  ",${email}}`, ["/name"]],
    [`{"name":"a\\u0000",${email}}`, ["/name"]],
    [`{"name":"a\\nb",${email}}`, ["/name"]],
    [`{"name":"a\\ud800",${email}}`, ["/name"]],
    [`{"name":"${"x".repeat(101)}",${email}}`, ["/name"]],
    ['{"name":"A","email":"nobody"}', ["/email"]],
    ['{"name":"A","email":"a@b@c"}', ["/email"]],
    [`{"name":"A","email":"${"a".repeat(65)}@example.com"}`, ["/email"]],
    ['{"name":"A","email":"ä@example.com"}', ["/email"]],
    [`{"name":"A",${email},"id":"1"}`, ["/id"]],
    [`{"name":"A",${email},"__proto__":{"x":1}}`, ["/__proto__"]],
    [`{"name":"A",${email},"constructor":1}`, ["/constructor"]],
    [`{"name":"A",${email},"a/b~c":1}`, ["/a~1b~0c"]],
    ['{"__proto__":{"name":"A"}}', ["/name", "/email", "/__proto__"]],
    ['{"name":1,"email":2,"x":3,"y":4}', ["/x", "/y", "/name", "/email"]],
  ])("%s is rejected with 422, and the errors name %j", async (body, pointers) => {
    const problem = await refusal("/users", { body, headers: json });
    expect(problem).toMatchObject({ status: 422, code: "invalid_body" });
    expect(pointersOf(problem)).toEqual(pointers);
  });

  test("gets an error for each invalid field that says what was expected", async () => {
    const problem = await refusal("/users", { body: { name: "", email: "", age: 7 } });
    expect(problem.errors).toEqual([
      { pointer: "/age", detail: "Unknown name" },
      { pointer: "/name", detail: "Expected printable text of 1 to 100 characters, not blank" },
      { pointer: "/email", detail: "Expected text of 3 to 254 characters like alice@example.com" },
    ]);
  });

  test("with a name too long for a pointer is rejected with 422, and the error names its parent", async () => {
    const body = { name: "A", email: "a@example.com", ["x".repeat(300)]: 1 };
    expect(pointersOf(await refusal("/users", { body }))).toEqual([""]);
  });

  test("of PATCH is rejected with 422 if it is an empty object", async () => {
    const problem = await refusal("/users/1", { method: "PATCH", body: {} });
    expect(problem.errors).toEqual([
      { pointer: "", detail: "Expected an object that is not empty" },
    ]);
  });
});

test("No error response repeats anything that the client sent", async () => {
  const secret = "hunter2";
  const headers = {
    authorization: `Bearer ${secret}`,
    cookie: `session=${secret}`,
    "x-request-id": `<${secret}>`,
    "if-match": secret,
    "if-none-match": secret,
    "idempotency-key": `${secret} ${secret}`,
  };
  const requests: [string, Parameters<typeof ask>[2]?][] = [
    [`/${secret}`],
    [`/users/${secret}`],
    [`/users/${secret}%00`],
    [`/users?limit=${secret}`],
    [`/users?limit=1&limit=${secret}`],
    [`/users?cursor=${secret}`],
    [`/users?email=${secret}`],
    [`/users?token=${secret}`],
    ["/users/1", { headers }],
    ["/users/1", { method: "DELETE", headers }],
    ["/users", { method: "PUT", headers }],
    ["/users", { body: { name: "A", email: "alice@example.com" }, headers }],
    ["/users", { body: { name: `${secret}\0`, email: secret, password: secret } }],
    ["/users", { body: { name: "A", email: "alice@example.com", password: [secret, { secret }] } }],
    ["/users", { body: { name: secret, email: "alice@example.com" } }],
    ["/users", { body: secret }],
    ["/users", { body: secret, headers: { "content-type": secret } }],
    ["/users", { body: secret.repeat(200) }],
  ];
  for (const [path, options] of requests) {
    const answer = await ask(users, path, options);
    const shown = JSON.stringify([answer.headers.toJSON(), await answer.clone().text()]);
    expect((await problemIn(answer)).status).toBeLessThan(500);
    expect(shown).not.toContain(secret);
  }
});
