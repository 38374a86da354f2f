import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { openApps } from "../support/apps.ts";
import { ask, pointersOf, problemIn } from "../support/ask.ts";

// No test here changes data, so all share one pair of apps. users/failures.test.ts tests what both
// services have in common.
let apps: Awaited<ReturnType<typeof openApps>>;
beforeAll(async () => void (apps = await openApps()));
afterAll(() => apps.close());

async function refusal(path: string, options?: Parameters<typeof ask>[2]) {
  return problemIn(await ask(apps.orders, path, options));
}

describe("GET /orders", () => {
  test.each([
    ["user_id=", ["/user_id"]],
    ["user_id=%00", ["/user_id"]],
    ["user_id=a/b", ["/user_id"]],
    ["user_id=1&user_id=1", ["/user_id"]],
    ["user_id=1&status=", ["/status"]],
    ["user_id=1&status=PAID", ["/status"]],
    ["user_id=1&status=paid&status=paid", ["/status"]],
    ["user_id=1&email=a@example.com", ["/email"]],
    ["limit=0&status=lost&cursor=!", ["/limit", "/cursor", "/status"]],
  ])("rejects ?%s with 400 naming %j", async (query, pointers) => {
    const problem = await refusal(`/orders?${query}`);
    expect(problem).toMatchObject({ status: 400, code: "invalid_query" });
    expect(pointersOf(problem)).toEqual(pointers);
  });

  test("rejects a cursor from a list of users with 400", async () => {
    const answer = await ask(apps.users, "/users?limit=1");
    const cursor = /cursor=([^>]*)>/.exec(answer.headers.get("link") ?? "")?.[1];
    expect(cursor).toBeDefined();
    const problem = await refusal(`/orders?user_id=1&cursor=${cursor}`);
    expect(pointersOf(problem)).toEqual(["/cursor"]);
  });

  test("rejects a cursor of another user's orders or of another status with 400", async () => {
    const lists = ["user_id=1", "user_id=2", "user_id=1&status=pending", "", "status=pending"];
    let cursor: string | undefined;
    for (const list of lists) {
      const answer = await ask(apps.orders, `/orders?limit=1&${list}`);
      cursor = /cursor=([^>]*)>/.exec(answer.headers.get("link") ?? "")?.[1] ?? cursor;
      expect(cursor).toBeDefined();
      for (const other of lists) {
        if (other === list || list === "user_id=2") continue;
        const problem = await refusal(`/orders?${other}&cursor=${cursor}`);
        expect(pointersOf(problem)).toEqual(["/cursor"]);
      }
    }
    const users = await ask(apps.users, `/users?cursor=${cursor}`);
    expect(pointersOf(await problemIn(users))).toEqual(["/cursor"]);
  });
});

describe("GET /orders/{id}", () => {
  test.each(["expand=", "expand=users", "expand=user&expand=user", "expand=user,user"])(
    "rejects ?%s with 400 naming /expand",
    async (query) => {
      const problem = await refusal(`/orders/1?${query}`);
      expect(problem.errors).toHaveLength(1);
      expect(pointersOf(problem)).toEqual(["/expand"]);
    },
  );
});

describe("POST /orders", () => {
  const order = { user_id: "1", amount: 1 };

  test.each([
    [{}, ["/user_id", "/amount"]],
    [{ ...order, user_id: 1 }, ["/user_id"]],
    [{ ...order, user_id: "../users/1" }, ["/user_id"]],
    [{ ...order, currency: "eur" }, ["/currency"]],
    [{ ...order, currency: "EURO" }, ["/currency"]],
    [{ ...order, currency: null }, ["/currency"]],
    [{ ...order, note: "" }, ["/note"]],
    [{ ...order, note: null }, ["/note"]],
    [{ ...order, note: "x".repeat(501) }, ["/note"]],
    [{ ...order, status: "paid" }, ["/status"]],
    [{ ...order, id: "7", created_at: "now" }, ["/id", "/created_at"]],
    [
      { user_id: "", amount: 0, currency: "x", note: " ", x: 1 },
      ["/x", "/user_id", "/amount", "/currency", "/note"],
    ],
  ])("rejects %j with 422 naming %j", async (body, pointers) => {
    const problem = await refusal("/orders", { body });
    expect(problem).toMatchObject({ status: 422, code: "invalid_body" });
    expect(pointersOf(problem)).toEqual(pointers);
  });

  test("states the expected amount in its error", async () => {
    const { errors } = await refusal("/orders", { body: { ...order, amount: 1.005 } });
    const detail = "Expected a number from 0.01 to 1000000000 with two decimal places at most";
    expect(errors).toEqual([{ pointer: "/amount", detail }]);
  });
});

describe("PATCH /orders/{id}", () => {
  test.each([
    [{}, ["/status"]],
    [{ status: null }, ["/status"]],
    [{ status: "lost" }, ["/status"]],
    [{ status: ["paid"] }, ["/status"]],
    [{ status: "paid", amount: 1 }, ["/amount"]],
    [{ status: "paid", user_id: "2", note: "x" }, ["/user_id", "/note"]],
  ])("rejects %j with 422 naming %j", async (body, pointers) => {
    const problem = await refusal("/orders/1", { method: "PATCH", body });
    expect(problem).toMatchObject({ status: 422, code: "invalid_body" });
    expect(pointersOf(problem)).toEqual(pointers);
  });
});

test.each([
  ["/orders", "GET, POST, HEAD, OPTIONS", "DELETE"],
  ["/orders/1", "GET, PATCH, HEAD, OPTIONS", "DELETE"],
])(
  "An unsupported method on %s is rejected with 405 and Allow: %s",
  async (path, allow, method) => {
    const answer = await ask(apps.orders, path, { method });
    expect(answer.headers.get("allow")).toBe(allow);
    expect((await problemIn(answer)).code).toBe("method_not_allowed");
  },
);
