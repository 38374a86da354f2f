/** Every route of the service. */
import { Elysia } from "elysia";

import { jsonBody } from "../shared/http/body.ts";
import { entityTag, isNotModified, versionsAdmitted } from "../shared/http/etag.ts";
import type { Creations } from "../shared/http/idempotency.ts";
import { decodeCursor, pageOf } from "../shared/http/page.ts";
import { ProblemError } from "../shared/http/problem.ts";
import { strictQuery } from "../shared/http/query.ts";
import { answer, empty, failures } from "../shared/openapi/responses.ts";
import {
  ChangeHeaders,
  CreateHeaders,
  NewOrder,
  NoQuery,
  Order,
  OrderExpandQuery,
  OrderPage,
  OrderPatch,
  OrderPath,
  OrderQuery,
  type OrderStatus,
  OrderWithUser,
  ReadHeaders,
} from "../shared/types.ts";
import { NEXT } from "./status.ts";
import { newOrder, type OrderStore } from "./store.ts";
import type { UsersClient } from "./users-client.ts";

export interface OrderRoutesOptions {
  store: OrderStore;
  creations: Creations;
  users: UsersClient;
  maxBodyBytes: number;
  now: () => number;
}

export function orderRoutes({ store, creations, users, maxBodyBytes, now }: OrderRoutesOptions) {
  const parse = jsonBody(maxBodyBytes);

  return new Elysia({ normalize: false, tags: ["orders"] })
    .get(
      "/orders",
      async ({ query: { user_id, status, limit = 20, cursor }, request, set }) => {
        const filter = [user_id, status];
        const from = decodeCursor(filter, cursor);
        if (!(await users.byId(user_id, requestId(set)))) {
          throw new ProblemError(404, "user_not_found", "No user has this id", {
            errors: [{ pointer: "/user_id", detail: "No user has this id" }],
          });
        }
        const rows = await store.list({ user_id, status }, from, limit + 1);
        const { page, link } = pageOf(rows, { limit, filter, url: request.url });
        if (link) set.headers["link"] = link;
        return page.map(({ order }) => order);
      },
      {
        ...strictQuery(OrderQuery),
        response: {
          200: answer(OrderPage, "A page of orders", "Link?"),
          ...failures(400, 404, 502, 503, 504),
        },
        detail: {
          operationId: "listOrders",
          summary: "List the orders of a user",
          description: "Oldest first. Asks `users` whether there is such a user: 404 if not.",
        },
      },
    )
    .post(
      "/orders",
      async ({ body, headers, set }) => {
        const once = { key: headers["idempotency-key"], request: body };
        const { answer: order, replayed } = await creations.once(once, async (claim) => {
          if (!(await users.byId(body.user_id, requestId(set)))) {
            throw new ProblemError(
              422,
              "user_not_found",
              "The order is for a user who is not there",
              {
                errors: [{ pointer: "/user_id", detail: "No user has this id" }],
              },
            );
          }
          const order = newOrder(body, now());
          return { answer: order, insert: store.insert(order, claim) };
        });
        set.status = 201;
        set.headers["location"] = `/orders/${order.id}`;
        set.headers["etag"] = entityTag(1);
        if (replayed) set.headers["idempotency-replayed"] = "true";
        return order;
      },
      {
        parse,
        ...strictQuery(NoQuery),
        headers: CreateHeaders,
        body: NewOrder,
        response: {
          201: answer(Order, "The new order", "Location", "ETag", "Idempotency-Replayed?"),
          ...failures(400, 409, 413, 415, 422, 502, 503, 504),
        },
        detail: {
          operationId: "createOrder",
          summary: "Create an order",
          description: "Asks `users` whether there is such a user: 422 naming `/user_id` if not.",
        },
      },
    )
    .get(
      "/orders/:id",
      async ({ params, query, headers, set }) => {
        const found = await store.byId(params.id);
        if (!found) throw missing();
        const { order } = found;
        // With a user inside, the version of the order does not tell whether anything changed.
        if (query.expand === "user") {
          return { ...order, user: (await users.byId(order.user_id, requestId(set))) ?? null };
        }
        const tag = entityTag(found.version);
        set.headers["etag"] = tag;
        if (!isNotModified(headers["if-none-match"], tag)) return order;
        set.status = 304;
        return undefined as never;
      },
      {
        params: OrderPath,
        ...strictQuery(OrderExpandQuery),
        headers: ReadHeaders,
        response: {
          200: answer(OrderWithUser, "The order", "ETag?"),
          304: empty("The order is still the one that the client has", "ETag"),
          ...failures(400, 404, 502, 503, 504),
        },
        detail: {
          operationId: "getOrder",
          summary: "Read an order",
          description: "With its user if `expand=user`, and without an `ETag` then.",
        },
      },
    )
    .patch(
      "/orders/:id",
      async ({ params: { id }, body: { status }, headers, set }) => {
        const versions = versionsAdmitted(headers["if-match"]);
        const changed = await store.transition(id, status, { versions, now: now() });
        if (!changed) throw await refusal(id, status, versions);
        set.headers["etag"] = entityTag(changed.version);
        return changed.order;
      },
      {
        parse,
        params: OrderPath,
        ...strictQuery(NoQuery),
        headers: ChangeHeaders,
        body: OrderPatch,
        response: {
          200: answer(Order, "The order as it is now", "ETag"),
          ...failures(400, 404, 409, 412, 413, 415, 422, 503),
        },
        detail: {
          operationId: "updateOrder",
          summary: "Move an order on",
          description:
            "pending -> paid -> shipped -> delivered; pending or paid -> cancelled; 409 otherwise.",
        },
      },
    );

  /** Why a transition changed nothing. */
  async function refusal(id: string, status: OrderStatus, versions: string) {
    const found = await store.byId(id);
    if (!found) return missing();
    if (versions !== "*" && !versions.includes(`,${found.version},`)) {
      return new ProblemError(412, "stale", "The order was changed: its ETag is another now");
    }
    const from = found.order.status;
    const next = NEXT[from].join(" or ") || "nowhere";
    return new ProblemError(
      409,
      "invalid_transition",
      `The order is ${from} and may go to ${next}, not to ${status}`,
    );
  }
}

function missing() {
  return new ProblemError(404, "not_found", "No order has this id");
}

function requestId(set: { headers: Record<string, unknown> }): string {
  return String(set.headers["x-request-id"]);
}
