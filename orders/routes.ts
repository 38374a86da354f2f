/** The routes of the service. */
import { Elysia } from "elysia";

import {
  andThen,
  type Api,
  created,
  door,
  fail,
  found,
  page,
  responses,
  type serviceClient,
  type Who,
} from "../platform/index.ts";
import {
  NewOrder,
  Order,
  OrderExpandQuery,
  OrderPage,
  OrderPatch,
  OrderPath,
  OrderQuery,
  type OrderStatus,
  OrderWithUser,
  type User,
} from "../shared/types.ts";
import { requireWholeUnits } from "../shared/whole-units.ts";
import { forNoUser, invalidTransition, missing, noSuchUser, stale } from "./failures.ts";
import { FOR_ITS_USER, NEXT } from "./status.ts";
import type { OrderStore } from "./store.ts";
import { ORDERS } from "./table.ts";

export function orderRoutes(store: OrderStore, users: UsersClient) {
  /** Why a transition has changed nothing. */
  const refusal = async (id: string, status: OrderStatus, who: Who) => {
    const order = await store.byId(id, who);
    if (!order) return fail(missing);
    if (!who.admits(order.tag)) return fail(stale);
    const from = order.value.status;
    const next = NEXT[from].join(" or ");
    const detail = next
      ? `The order is ${from}: it can become ${next}, but not ${status}`
      : `The order is ${from}: its status is final`;
    return fail(invalidTransition, { detail });
  };

  return new Elysia({ tags: ["orders"] })
    .use(door)
    .get(
      "/orders",
      ({ query, who, request, set }) =>
        page((from) => {
          const { user_id } = query;
          if (user_id === undefined) return store.list(query, from, who);
          if (!who.owns(user_id)) return fail(noSuchUser, NO_USER);
          return andThen(users.byIdOrStale(user_id, request), ({ value: user, cacheStatus }) => {
            if (!user) return fail(noSuchUser, NO_USER);
            if (cacheStatus) set.headers["cache-status"] = cacheStatus;
            return store.list(query, from, who);
          });
        }),
      {
        needs: "orders:read",
        query: OrderQuery,
        response: responses.list(OrderPage, "Cache-Status?", noSuchUser, ...users.failures),
        detail: {
          operationId: "listOrders",
          summary: "List orders",
          description:
            "Returns orders, oldest first. With `user_id`, those of one user: responds with 404 if the " +
            "user does not exist. Without it all orders, also those of deleted users. If the service " +
            "requires tokens, a caller without the scope `admin` sees only its own orders.",
        },
      },
    )
    .post(
      "/orders",
      ({ body, who, request }) => {
        requireWholeUnits(body);
        return created(ORDERS, async () => {
          if (!who.owns(body.user_id)) return fail(forNoUser, NO_USER);
          const { value: user } = await users.byId(body.user_id, request);
          return user ? store.create(body) : fail(forNoUser, NO_USER);
        });
      },
      {
        needs: "orders:write",
        body: NewOrder,
        response: responses.create(Order, forNoUser, ...users.failures),
        detail: {
          operationId: "createOrder",
          summary: "Create an order",
          description:
            "Creates a pending order. Responds with 422, naming `/user_id`, if the user does not exist.",
        },
      },
    )
    .get(
      "/orders/:id",
      ({ params, query, who, request, set }) => {
        const order = store.byId(params.id, who);
        // With a user inside, the tag of the order does not say whether the response has
        // changed.
        if (query.expand !== "user") return found(order, missing);
        // Whoever may read any order may not therefore read any user.
        if (who.isEveryone) who.requireAdmin();
        return andThen(order, (one) => {
          if (!one) return fail(missing);
          const { value } = one;
          return andThen(
            users.byIdOrStale(value.user_id, request),
            ({ value: user = null, cacheStatus }) => {
              if (cacheStatus) set.headers["cache-status"] = cacheStatus;
              return { ...value, user };
            },
          );
        });
      },
      {
        needs: ["orders:read", "orders:read:any"],
        params: OrderPath,
        query: OrderExpandQuery,
        response: {
          ...responses.read(Order, missing, ...users.failures),
          200: responses.of(OrderWithUser, "The order", "ETag?", "Cache-Status?"),
        },
        detail: {
          operationId: "getOrder",
          summary: "Get an order",
          description:
            "Returns the order with this id. With `expand=user` it includes the user and has no `ETag`.",
        },
      },
    )
    .patch(
      "/orders/:id",
      async ({ params: { id }, body, who }) => {
        const { status } = body;
        if (!who.isEveryone && !FOR_ITS_USER.includes(status)) {
          // Check the owner first: nobody learns that another user's order exists.
          if (!(await store.byId(id, who))) return fail(missing);
          who.requireAdmin();
        }
        return found(store.transition(id, body, who), () => refusal(id, status, who));
      },
      {
        needs: "orders:write",
        params: OrderPath,
        body: OrderPatch,
        response: responses.change(Order, stale, missing, invalidTransition),
        detail: {
          operationId: "updateOrder",
          summary: "Change the status of an order",
          description:
            "A pending order can become paid or cancelled, a paid order shipped or cancelled, a shipped " +
            "order delivered. Any other change gets a 409. If the service requires tokens, a caller " +
            "without the scope `admin` can only cancel its own orders.",
        },
      },
    );
}

export type OrdersApi = Api<typeof orderRoutes>;

type UsersClient = Awaited<ReturnType<typeof serviceClient<"users", typeof User>>>;

/** Another user is treated as one that does not exist. */
const NO_USER = { errors: [{ pointer: "/user_id", detail: "No user has this id" }] };
