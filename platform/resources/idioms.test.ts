/** What Elysia's documentation shows works in the routes of a service, inside the whole app. */
import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { type AnyElysia, Elysia, file, redirect, sse, status } from "elysia";

import { ask, problemIn } from "../../tests/support/ask.ts";
import { Id } from "../contract/schemas.ts";
import { appOf } from "../testing/app.ts";
import { fail, failure } from "./answers.ts";
import { door } from "./door.ts";
import { responses } from "./responses.ts";

const Thing = Type.Object(
  { id: Id },
  { $id: "Thing", description: "A thing.", additionalProperties: false },
);
const missing = failure.notFound("thing");
const text = Type.String({ description: "Any.", examples: ["1"] });
const N = Type.Object({ n: text }, { additionalProperties: false });
const declaredAnew = () =>
  ({
    needs: "things:read",
    response: {
      200: responses.of(Thing, "The thing"),
      202: responses.of(Thing, "The thing, later"),
      302: responses.empty("Elsewhere"),
      ...responses.failures(missing),
    },
    detail: { operationId: "get", summary: "Get", description: "Returns the thing." },
  }) as const;
const declared = declaredAnew();
const routes = () => new Elysia({ tags: ["things"] }).use(door);

const late = () => ({ id: "late" });
const failing = () => {
  throw new Error("No more paper");
};
const accepted = () => new Response("x", { status: 202, headers: { "x-own": "1" } });
function* parts() {
  yield "a";
  yield "b";
}
async function* partsLater() {
  yield "a";
  await Promise.resolve();
  yield "b";
}
function* noParts() {
  yield failing();
}
function* events() {
  yield sse({ event: "one", data: { id: "1" } });
}

const PROBLEM = {
  type: "about:blank",
  title: "Not Found",
  status: 404,
  detail: "No",
  code: "not_found",
  request_id: "r",
} as const;

const cookieOf = (context: { cookie: object }) => ({ id: String(context.cookie) });

/** Asks the app of these routes once. Returns the response with what the app says of it. */
async function get(declaredRoutes: AnyElysia, path = "/a", headers: Record<string, string> = {}) {
  const app = await appOf(declaredRoutes, {
    environment: { DOCS: "on" },
    contract: { Thing },
  });
  const given = app.fetch(new Request(`http://localhost${path}`, { headers }));
  const response = await given;
  const document = async () => (await ask(app, "/swagger/json")).json();
  return {
    response,
    status: response.status,
    text: await response.clone().text(),
    atOnce: given instanceof Response,
    logged: app.lines.find(({ message }) => message === "request"),
    errors: app.lines.filter(({ level }) => level === "error"),
    metrics: app.metrics.text(),
    document,
  };
}

/** Checks what every response has, wherever it comes from, and returns its status and text. */
async function complete(got: Awaited<ReturnType<typeof get>>, route = "/a") {
  const { response, status, logged, metrics, document } = got;
  const id = response.headers.get("x-request-id");
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(logged).toMatchObject({ request_id: id, method: "GET", route, status });
  expect(metrics).toMatch(
    new RegExp(`^http_request_duration_seconds_count\\{.*${status}.*\\} 1$`, "m"),
  );
  const { paths } = (await document()) as { paths: Record<string, any> };
  const { responses } = paths[route.replaceAll(/:(\w+)/g, "{$1}")].get;
  expect(Object.keys(responses)).toContain(String(status));
  return [status, got.text];
}

describe("A handler", () => {
  test("returns a value, and is not awaited", async () => {
    const got = await get(routes().get("/a", () => ({ id: "1" }), declared));
    expect(await complete(got)).toEqual([200, '{"id":"1"}']);
    expect(got.atOnce).toBe(true);
  });

  test("is async", async () => {
    const got = await get(routes().get("/a", async () => ({ id: "1" }), declared));
    expect(await complete(got)).toEqual([200, '{"id":"1"}']);
    expect(got.atOnce).toBe(false);
  });

  test("is a constant, which is sent each time", async () => {
    for (const value of [{ id: "1" }, Response.json({ id: "1" })]) {
      const constant = routes().get("/a", value as never, declared);
      const app = await appOf(constant);
      for (let times = 0; times < 2; times += 1) {
        expect(await (await ask(app, "/a")).json()).toEqual({ id: "1" });
      }
    }
  });

  test("returns status(), which is checked against the schema of that status", async () => {
    const good = await get(routes().get("/a", ({ status }) => status(202, { id: "1" }), declared));
    expect(await complete(good)).toEqual([202, '{"id":"1"}']);
    expect(good.atOnce).toBe(true);
    const named = await get(
      routes().get("/a", ({ status }) => status("Accepted", { id: "1" }), declared),
    );
    expect(await complete(named)).toEqual([202, '{"id":"1"}']);
    const wrong = await get(routes().get("/a", () => status(202, { id: 1 }) as never, declared));
    expect(await problemIn(wrong.response)).toMatchObject({ status: 500, code: "internal" });
    const other = await get(routes().get("/a", () => status(418, { id: "1" }) as never, declared));
    expect(await problemIn(other.response)).toMatchObject({ status: 500, code: "internal" });
    expect(other.errors[0]?.["error"].message).toBe(
      "The route declares no response with status 418",
    );
  });

  test("throws status(), at once or later", async () => {
    const handlers = [
      () => {
        throw status(202, { id: "1" });
      },
      async () => {
        await Promise.resolve();
        throw status(202, { id: "1" });
      },
    ];
    for (const handler of handlers) {
      const got = await get(routes().get("/a", handler, declared));
      expect(await complete(got)).toEqual([202, '{"id":"1"}']);
      expect(got.errors).toEqual([]);
    }
  });

  test("returns and throws a problem with status()", async () => {
    for (const handler of [
      () => status(404, PROBLEM),
      () => {
        throw status(404, PROBLEM);
      },
    ]) {
      const got = await get(routes().get("/a", handler, declared));
      expect(await complete(got)).toEqual([404, JSON.stringify(PROBLEM)]);
      expect(got.response.headers.get("content-type")).toBe("application/problem+json");
      expect(got.metrics).toContain('code="not_found"');
    }
  });

  test("returns and throws a failure, at once or later", async () => {
    for (const handler of [
      () => fail(missing),
      async () => fail(missing),
      () => {
        throw fail(missing);
      },
      async () => {
        throw fail(missing);
      },
    ]) {
      const got = await get(routes().get("/a", handler, declared));
      await complete(got);
      expect(await problemIn(got.response)).toMatchObject({ status: 404, code: "not_found" });
    }
  });

  test("returns and throws a Response", async () => {
    for (const handler of [
      accepted,
      async () => accepted(),
      () => {
        throw accepted();
      },
    ]) {
      const got = await get(routes().get("/a", handler, declared));
      expect(await complete(got)).toEqual([202, "x"]);
      expect(got.response.headers.get("x-own")).toBe("1");
    }
  });

  test("returns no Response with a status that the route does not declare", async () => {
    const got = await get(
      routes().get("/a", () => new Response("secret", { status: 418 }), declared),
    );
    expect(await problemIn(got.response)).toMatchObject({ status: 500, code: "internal" });
  });

  test("redirects", async () => {
    for (const handler of [
      ({ redirect }: { redirect: (url: string) => Response }) => redirect("/b"),
      () => redirect("/b"),
    ]) {
      const got = await get(routes().get("/a", handler as never, declared));
      expect(await complete(got)).toEqual([302, ""]);
      expect(got.response.headers.get("location")).toBe("/b");
    }
  });

  test("sets headers and the status, by number or name", async () => {
    for (const code of [202, "Accepted"] as const) {
      const got = await get(
        routes().get(
          "/a",
          ({ set }) => {
            set.headers["x-own"] = "1";
            set.status = code;
            return { id: "1" };
          },
          declared,
        ),
      );
      expect(await complete(got)).toEqual([202, '{"id":"1"}']);
      expect(got.response.headers.get("x-own")).toBe("1");
    }
  });

  test("sends text of its own type, as it is", async () => {
    const csv = routes().get(
      "/a",
      ({ set }) => {
        set.headers["content-type"] = "text/csv";
        return "id\n1\n";
      },
      { ...declared, response: { 200: Type.String() } },
    );
    const { status, text, response } = await get(csv);
    expect([status, text, response.headers.get("content-type")]).toEqual([
      200,
      "id\n1\n",
      "text/csv",
    ]);
  });

  test("reads all headers of a request, also beside those that are checked", async () => {
    const path = { params: Type.Object({ id: Id }), response: responses.read(Thing, missing) };
    const got = await get(
      routes().get("/a/:id", ({ headers }) => ({ id: headers["x-own"] ?? "" }), {
        ...declared,
        ...path,
      }),
      "/a/1",
      { "x-own": "7" },
    );
    expect(await complete(got, "/a/:id")).toEqual([200, '{"id":"7"}']);
    const without = await get(
      routes().get("/a", ({ headers }) => ({ id: headers["x-own"] ?? "" }), declared),
      "/a",
      { "x-own": "8" },
    );
    expect(await complete(without)).toEqual([200, '{"id":"8"}']);
  });
});

describe("A stream", () => {
  test("of a generator is sent, at once or later", async () => {
    for (const handler of [parts, partsLater]) {
      const got = await get(routes().get("/a", handler as never, declared));
      expect(await complete(got)).toEqual([200, "ab"]);
    }
  });

  test("of events is sent as such", async () => {
    const got = await get(routes().get("/a", events as never, declared));
    expect(await complete(got)).toEqual([200, 'event: one\ndata: {"id":"1"}\n\n']);
    expect(got.response.headers.get("content-type")).toStartWith("text/event-stream");
  });

  test("of bytes, a blob and a file are sent", async () => {
    const path = import.meta.path;
    for (const [value, text] of [
      [new Blob(["x"]).stream(), "x"],
      [new Blob(["x"]), "x"],
      [new Uint8Array([120]), "x"],
      [file(path), await Bun.file(path).text()],
      [Bun.file(path), await Bun.file(path).text()],
    ] as const) {
      const got = await get(routes().get("/a", () => value as never, declared));
      expect(await complete(got)).toEqual([200, text]);
    }
  });

  test("that fails before its first part is a 500", async () => {
    const got = await get(routes().get("/a", noParts as never, declared));
    expect(await problemIn(got.response)).toMatchObject({ status: 500, code: "internal" });
    expect(got.errors[0]?.["error"].message).toBe("No more paper");
  });

  test("has a declared status", async () => {
    const teapot = routes().get(
      "/a",
      ({ set }) => {
        set.status = 418;
        return new Blob(["x"]).stream() as never;
      },
      declared,
    );
    expect(await problemIn((await get(teapot)).response)).toMatchObject({ status: 500 });
  });
});

describe("In the chain,", () => {
  test("derive, resolve, decorate and state add to the context", async () => {
    const chain = routes()
      .decorate("unit", "m")
      .state("count", 7)
      .derive(({ request, headers }) => ({ verb: request.method + (headers["x-own"] ?? "") }))
      .resolve(async ({ verb }) => ({ both: `${verb}-` }))
      .get(
        "/a",
        ({ verb, both, unit, store, who }) => ({
          id: [verb, both, unit, store.count, who.isEveryone].join("."),
        }),
        declared,
      );
    const got = await get(chain, "/a", { "x-own": "8" });
    expect(await complete(got)).toEqual([200, '{"id":"GET8.GET8-.m.7.true"}']);
  });

  test("derive and resolve respond with status(), returned or thrown, and with a failure", async () => {
    for (const answer of [status(202, { id: "early" }), fail(missing)]) {
      const isFailure = !("response" in answer);
      for (const hook of [
        () => answer as never,
        () => {
          throw answer;
        },
        async () => {
          throw answer;
        },
      ]) {
        for (const chain of [routes().derive(hook), routes().resolve(hook)]) {
          const got = await get(chain.get("/a", () => ({ id: "late" }), declared));
          await complete(got);
          expect(got.status).toBe(isFailure ? 404 : 202);
          expect(got.text).not.toContain("late");
        }
      }
    }
  });

  test("resolve runs after the input is checked, derive before", async () => {
    const ran: string[] = [];
    const chain = routes()
      .derive(() => void ran.push("derive"))
      .resolve(({ query }) => void ran.push(`resolve ${query["n"]}`))
      .get("/a", ({ query }) => ({ id: query.n }), { ...declared, query: N });
    expect((await get(chain, "/a")).status).toBe(400);
    expect(ran).toEqual(["derive"]);
    expect(await complete(await get(chain, "/a?n=2"))).toEqual([200, '{"id":"2"}']);
    expect(ran).toEqual(["derive", "derive", "resolve 2"]);
  });

  test("a failing hook is a 500", async () => {
    for (const chain of [
      routes().derive(failing),
      routes().resolve(failing),
      routes().onBeforeHandle(failing),
      routes().onAfterHandle(failing),
      routes().mapResponse(failing),
    ]) {
      const got = await get(chain.get("/a", () => ({ id: "1" }), declared));
      expect(await problemIn(got.response)).toMatchObject({ status: 500, code: "internal" });
    }
  });

  test("beforeHandle responds early, and afterHandle and mapResponse change what is sent", async () => {
    const before = { ...declaredAnew(), beforeHandle: () => ({ id: "early" }) };
    expect(await complete(await get(routes().get("/a", late, before)))).toEqual([
      200,
      '{"id":"early"}',
    ]);
    const after = routes()
      .onAfterHandle(({ set, responseValue }) => {
        set.headers["x-after"] = JSON.stringify(responseValue);
      })
      .get("/a", late, { ...declared, afterHandle: () => ({ id: "other" }) });
    const got = await get(after);
    expect(await complete(got)).toEqual([200, '{"id":"other"}']);
    expect(got.response.headers.get("x-after")).toBe('{"id":"late"}');
    const mapped = routes()
      .mapResponse(({ responseValue }) => new Response(JSON.stringify([responseValue])))
      .get("/a", late, declared);
    expect(await complete(await get(mapped))).toEqual([200, '[{"id":"late"}]']);
  });

  test("guard adds schemas and hooks", async () => {
    const guarded = routes().guard(
      { query: N, beforeHandle: ({ set }) => void (set.headers["x-guard"] = "1") },
      (inner) => inner.get("/a", ({ query }) => ({ id: query.n }), declared),
    );
    const got = await get(guarded, "/a?n=5");
    expect(await complete(got)).toEqual([200, '{"id":"5"}']);
    expect(got.response.headers.get("x-guard")).toBe("1");
    expect((await get(guarded, "/a")).status).toBe(400);
    const standalone = routes()
      .guard({ schema: "standalone", query: N })
      .get("/a", ({ query }) => ({ id: `${query.n}${query.m}` }), {
        ...declared,
        query: Type.Object({ m: text }),
      });
    expect(await complete(await get(standalone, "/a?n=5&m=6"))).toEqual([200, '{"id":"56"}']);
    expect((await get(standalone, "/a?m=6")).status).toBe(400);
  });

  test("macros add schemas, hooks and context", async () => {
    const own = routes()
      .macro({
        sized: (size: number) => ({ query: N, resolve: () => ({ size }) }),
        tagged: { beforeHandle: ({ set }) => void (set.headers["x-tag"] = "1") },
      })
      .get("/a", ({ query, size, who }) => ({ id: `${query.n}${size}${who.owner}` }), {
        ...declared,
        sized: 3,
        tagged: true,
      });
    const got = await get(own, "/a?n=5");
    expect(await complete(got)).toEqual([200, '{"id":"53"}']);
    expect(got.response.headers.get("x-tag")).toBe("1");
    expect((await get(own, "/a")).status).toBe(400);
  });

  test("groups, prefixes and plugins, loaded later too, add routes", async () => {
    const plugin = new Elysia({ prefix: "/b" }).use(door).get("/c", () => ({ id: "c" }), declared);
    const grouped = routes().group("/a", (inner) => inner.use(plugin));
    expect(await complete(await get(grouped, "/a/b/c"), "/a/b/c")).toEqual([200, '{"id":"c"}']);
    const lazy = routes().use(Promise.resolve({ default: plugin }));
    expect((await get(lazy, "/b/c")).text).toBe('{"id":"c"}');
  });
});

test("A handler that passes its whole context on gets what its route has", async () => {
  const controller = {
    get: (context: { query: object; who: { owner: string } }) => ({
      id: JSON.stringify([context.query, context.who.owner]),
    }),
  };
  for (const handler of [
    (context: never) => controller.get(context),
    controller.get.bind(controller) as (context: never) => { id: string },
  ]) {
    const got = await get(
      routes().get("/a", handler as never, {
        ...declared,
        response: { 200: Type.Object({ id: Type.String() }) },
      }),
    );
    expect([got.status, got.text]).toEqual([200, '{"id":"[{},\\"\\"]"}']);
  }
});

test("A handler that reads the cookies of the context passed on fails, by the name of the route", async () => {
  const got = await get(routes().get("/a", (context) => cookieOf(context), declared));
  expect(await problemIn(got.response)).toMatchObject({ status: 500 });
  expect(got.errors[0]?.["error"].message).toBe(
    "GET /a uses its cookie, but callers authenticate with a token",
  );
});
