/** The types that Eden's clients get, and that they are true. */
import { afterAll, expect, expectTypeOf, test } from "bun:test";

import { treaty } from "@elysiajs/eden";

import type { NewOrder, Order, OrderPatch, OrderQuery, OrderWithUser } from "../shared/types.ts";
import { openApps } from "../tests/support/apps.ts";
import type { AnyBadRequest, Anywhere, CodesOf, StatusesOf } from "../tests/support/eden.ts";
import type { OrdersApi } from "./routes.ts";

const apps = await openApps();
afterAll(() => apps.close());

const fetcher = (async (url: string, init: RequestInit) =>
  apps.orders.handle(new Request(url, init))) as unknown as typeof fetch;
const api = treaty<OrdersApi>("localhost", { fetcher, parseDate: false });
const first = api.orders({ id: "1" });
type Orders = typeof api.orders;
type One = typeof first;

test("The API has the routes of the service, with their methods, and no other", () => {
  expectTypeOf<keyof typeof api>().toEqualTypeOf<"orders">();
  expectTypeOf<Exclude<keyof Orders, "~path">>().toEqualTypeOf<"get" | "post">();
  expectTypeOf<Exclude<keyof One, "~path">>().toEqualTypeOf<"get" | "patch">();
});

test("A success has the type of its resource", async () => {
  const list = await api.orders.get({ query: { user_id: "1" } });
  expectTypeOf(list.data).toEqualTypeOf<Order[] | null>();
  expect(list.data?.map(({ amount }) => amount)).toEqual([100.5, 200.75]);

  const made = await api.orders.post({ user_id: "1", amount: 12.5 });
  expectTypeOf(made.data).toEqualTypeOf<Order | null>();
  expect(made.status).toBe(201);

  const one = await api.orders({ id: made.data?.id ?? "" }).get({ query: { expand: "user" } });
  expectTypeOf(one.data).toEqualTypeOf<OrderWithUser | null>();
  expectTypeOf<keyof NonNullable<typeof one.data>>().toEqualTypeOf<keyof OrderWithUser>();
  expect(one.data?.user?.name).toBe("Alice");

  const paid = await api.orders({ id: made.data?.id ?? "" }).patch({ status: "paid" });
  expectTypeOf(paid.data).toEqualTypeOf<Order | null>();
  expect(paid.data?.status).toBe("paid");
});

test("A failure has its status and the codes that it can have, and no other", async () => {
  const { error } = await api.orders.post({ user_id: "nobody", amount: 1 });
  expect(error?.status).toBe(422);
  if (error?.status === 422) expect<string>(error.value.code).toBe("user_not_found");

  type Called = Anywhere | 502 | 504;
  type WithBody = 408 | 413 | 415 | 422;
  expectTypeOf<StatusesOf<Orders["get"]>>().toEqualTypeOf<Called | 404>();
  expectTypeOf<StatusesOf<Orders["post"]>>().toEqualTypeOf<Called | WithBody | 409>();
  expectTypeOf<StatusesOf<One["get"]>>().toEqualTypeOf<Called | 304 | 404>();
  expectTypeOf<StatusesOf<One["patch"]>>().toEqualTypeOf<Anywhere | WithBody | 404 | 409 | 412>();

  expectTypeOf<CodesOf<Orders["get"], 400>>().toEqualTypeOf<AnyBadRequest>();
  expectTypeOf<CodesOf<Orders["get"], 404>>().toEqualTypeOf<"user_not_found">();
  expectTypeOf<CodesOf<Orders["get"], 502>>().toEqualTypeOf<"users_bad_answer">();
  expectTypeOf<CodesOf<Orders["get"], 503>>().toEqualTypeOf<
    "users_unavailable" | "database_unavailable" | "overloaded" | "keys_unavailable"
  >();
  expectTypeOf<CodesOf<Orders["post"], 422>>().toEqualTypeOf<
    "invalid_body" | "idempotency_key_reused" | "user_not_found"
  >();
  expectTypeOf<CodesOf<One["patch"], 409>>().toEqualTypeOf<"invalid_transition">();
});

test("A request has the types of the contract", () => {
  expectTypeOf<Parameters<Orders["post"]>[0]>().toEqualTypeOf<NewOrder>();
  expectTypeOf<Parameters<One["patch"]>[0]>().toEqualTypeOf<OrderPatch>();
  expectTypeOf<NonNullable<Parameters<Orders["get"]>[0]>["query"]>().toEqualTypeOf<
    OrderQuery | undefined
  >();
});
