/** Every route of the service. */
import { Elysia } from "elysia";

import { nothingLeft } from "../shared/database/present.ts";
import { bodyFailures, strictBody } from "../shared/http/body.ts";
import { CREATED_HEADERS, respondCreated } from "../shared/http/created.ts";
import {
  admits,
  setEntityTag,
  unlessKnown,
  type Versions,
  versionsAdmitted,
} from "../shared/http/etag.ts";
import { ProblemError } from "../shared/http/failure.ts";
import { invalidHeaders, invalidPath, keyInUse, keyReused } from "../shared/http/failures.ts";
import type { Creations } from "../shared/http/idempotency.ts";
import { decodeCursor, pageOf } from "../shared/http/page.ts";
import { strictQuery } from "../shared/http/query.ts";
import { answer, empty, failures } from "../shared/openapi/responses.ts";
import { andThen, type MaybePromise } from "../shared/process/and-then.ts";
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
import { requireWholeUnits } from "./currency.ts";
import {
  forNoUser,
  invalidTransition,
  missing,
  noSuchUser,
  stale,
  usersFailures,
} from "./failures.ts";
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
  return new Elysia({ normalize: false, tags: ["orders"] })
    .get(
      "/orders",
      ({ query: { user_id, status, limit = 20, cursor }, request, set }) => {
        const filter = [user_id, status];
        const from = decodeCursor(filter, cursor);
        const found = andThen(
          users.byIdOrStale(user_id, request),
          ({ value: user, cacheStatus }) => {
            if (!user) throw new ProblemError(noSuchUser, { errors: [NO_USER] });
            if (cacheStatus) set.headers["cache-status"] = cacheStatus;
            return store.list({ user_id, status }, from, limit + 1);
          },
        );
        return andThen(found, (rows) => {
          const { page, link } = pageOf(rows, { limit, filter, url: request.url });
          if (link) set.headers["link"] = link;
          return page.map(({ order }) => order);
        });
      },
      {
        ...strictQuery(OrderQuery),
        response: {
          200: answer(OrderPage, "A page of orders", "Link?", "Cache-Status?"),
          ...failures(400, 503, noSuchUser, ...Object.values(usersFailures)),
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
      async ({ body, headers, request, set }) => {
        requireWholeUnits(body);
        const key = headers["idempotency-key"];
        const { resource: order, replayed } = await creations.create({ key, body }, async () => {
          const { value: user } = await users.byId(body.user_id, request);
          if (!user) throw new ProblemError(forNoUser, { errors: [NO_USER] });
          const order = newOrder(body, now());
          return { resource: order, insert: store.insert(order) };
        });
        respondCreated(set, { location: `/orders/${order.id}`, replayed });
        return order;
      },
      {
        ...strictBody(NewOrder, maxBodyBytes),
        ...strictQuery(NoQuery),
        headers: CreateHeaders,
        response: {
          201: answer(Order, "The new order", ...CREATED_HEADERS),
          ...failures(
            400,
            503,
            invalidHeaders,
            ...bodyFailures,
            forNoUser,
            keyInUse,
            keyReused,
            ...Object.values(usersFailures),
          ),
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
      ({ params, query, headers, request, set }) =>
        andThen(store.byId(params.id), (found): MaybePromise<OrderWithUser> => {
          if (!found) throw new ProblemError(missing);
          const { order } = found;
          // With a user inside, the version of the order does not tell whether anything changed.
          if (query.expand === "user") {
            const asked = users.byIdOrStale(order.user_id, request);
            return andThen(asked, ({ value: user = null, cacheStatus }) => {
              if (cacheStatus) set.headers["cache-status"] = cacheStatus;
              return { ...order, user };
            });
          }
          return unlessKnown(order, found.version, { headers, set });
        }),
      {
        params: OrderPath,
        ...strictQuery(OrderExpandQuery),
        headers: ReadHeaders,
        response: {
          200: answer(OrderWithUser, "The order", "ETag?", "Cache-Status?"),
          304: empty("The order is still the one that the client has", "ETag"),
          ...failures(
            400,
            503,
            invalidPath,
            invalidHeaders,
            missing,
            ...Object.values(usersFailures),
          ),
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
      async ({ params: { id }, body: { status, ...rest }, headers, set }) => {
        nothingLeft(rest);
        const versions = versionsAdmitted(headers["if-match"]);
        const changed = await store.transition(id, status, { versions, now: now() });
        if (!changed) throw await refusal(id, status, versions);
        setEntityTag(set, changed.version);
        return changed.order;
      },
      {
        ...strictBody(OrderPatch, maxBodyBytes),
        params: OrderPath,
        ...strictQuery(NoQuery),
        headers: ChangeHeaders,
        response: {
          200: answer(Order, "The order as it is now", "ETag"),
          ...failures(
            400,
            503,
            invalidPath,
            invalidHeaders,
            ...bodyFailures,
            missing,
            invalidTransition,
            stale,
          ),
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
  async function refusal(id: string, status: OrderStatus, versions: Versions) {
    const found = await store.byId(id);
    if (!found) return new ProblemError(missing);
    if (!admits(versions, found.version)) return new ProblemError(stale);
    const from = found.order.status;
    const next = NEXT[from].join(" or ") || "nowhere";
    const detail = `The order is ${from} and may go to ${next}, not to ${status}`;
    return new ProblemError(invalidTransition, { detail });
  }
}

const NO_USER = { pointer: "/user_id", detail: "No user has this id" };
