/** The routes of the service. */
import { Elysia } from "elysia";

import type { Found } from "../platform/call/cache.ts";
import type { RouteParts } from "../platform/command/app.ts";
import { nothingLeft } from "../platform/database/present.ts";
import { bodyFailures, strictBody } from "../platform/http/body.ts";
import { traceOf } from "../platform/http/context.ts";
import { CREATED_HEADERS, creation, creationFailures } from "../platform/http/created.ts";
import { admits, setEntityTag, tagsAdmitted, unlessKnown } from "../platform/http/etag.ts";
import { ProblemError } from "../platform/http/failure.ts";
import { invalidHeaders, invalidPath } from "../platform/http/failures.ts";
import { decodeCursor, pageOf } from "../platform/http/page.ts";
import { needs } from "../platform/http/security.ts";
import { ANYONE, owns } from "../platform/identity/owner.ts";
import { empty, failures, response } from "../platform/openapi/responses.ts";
import { andThen, type MaybePromise } from "../platform/process/and-then.ts";
import {
  ChangeHeaders,
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
  type User,
} from "../shared/types.ts";
import { requireWholeUnits } from "./currency.ts";
import { forNoUser, invalidTransition, missing, noSuchUser, stale } from "./failures.ts";
import { FOR_ITS_USER, NEXT } from "./status.ts";
import { type Change, newOrder, type OrderStore } from "./store.ts";
import type { UsersClient } from "./users-client.ts";

export interface OrderRoutesOptions extends RouteParts {
  store: OrderStore;
  users: UsersClient;
}

export function orderRoutes({
  store,
  create,
  users,
  access,
  maxBodyBytes,
  now,
}: OrderRoutesOptions) {
  return new Elysia({ normalize: false, tags: ["orders"] })
    .get(
      "/orders",
      ({ query: { user_id, status, limit = 20, cursor }, request, set }) => {
        const filter = [user_id, status];
        const from = decodeCursor(filter, cursor);
        const isOwn = owns(access.owner(request), user_id);
        const lookup = isOwn ? users.byIdOrStale(user_id, request) : NOBODY;
        const found = andThen(lookup, ({ value: user, cacheStatus }) => {
          if (!user) throw new ProblemError(noSuchUser, { errors: [NO_USER] });
          if (cacheStatus) set.headers["cache-status"] = cacheStatus;
          return store.list({ user_id, status }, from, {
            limit: limit + 1,
            trace: traceOf(request),
          });
        });
        return andThen(found, (rows) => {
          const { page, link } = pageOf(rows, { limit, filter, url: request.url });
          if (link) set.headers["link"] = link;
          return page.map(({ order }) => order);
        });
      },
      {
        query: OrderQuery,
        response: {
          200: response(OrderPage, "A page of orders", "Link?", "Cache-Status?"),
          ...failures(400, 503, noSuchUser, ...users.failures),
        },
        detail: {
          operationId: "listOrders",
          summary: "List the orders of a user",
          description:
            "Returns the orders of one user, oldest first. Responds with 404 if the user does not exist.",
          ...needs("orders:read"),
        },
      },
    )
    .post(
      "/orders",
      async ({ body, headers, request, route, set }) => {
        requireWholeUnits(body);
        // Also before a replay: the caller may have been allowed more.
        if (!owns(access.owner(request), body.user_id)) throw userNotFound();
        return create({ body, headers, request, route, set }, async () => {
          const { value: user } = await users.byId(body.user_id, request);
          if (!user) throw userNotFound();
          const order = newOrder(body, now());
          return { resource: order, ...store.insertion(order) };
        });
      },
      {
        ...creation(NewOrder, maxBodyBytes),
        response: {
          201: response(Order, "The new order", ...CREATED_HEADERS),
          ...failures(400, 503, ...creationFailures(forNoUser), ...users.failures),
        },
        detail: {
          operationId: "createOrder",
          summary: "Create an order",
          description:
            "Creates a pending order. Responds with 422, naming `/user_id`, if the user does not exist.",
          ...needs("orders:write"),
        },
      },
    )
    .get(
      "/orders/:id",
      ({ params, query, headers, request, set }) =>
        andThen(
          store.byId(params.id, access.owner(request), traceOf(request)),
          (found): MaybePromise<OrderWithUser> => {
            if (!found) throw new ProblemError(missing);
            const { order } = found;
            // With a user inside, the tag of the order does not say whether the response has
            // changed.
            if (query.expand === "user") {
              const lookup = users.byIdOrStale(order.user_id, request);
              return andThen(lookup, ({ value: user = null, cacheStatus }) => {
                if (cacheStatus) set.headers["cache-status"] = cacheStatus;
                return { ...order, user };
              });
            }
            return unlessKnown(order, found.tag, { headers, set });
          },
        ),
      {
        params: OrderPath,
        query: OrderExpandQuery,
        headers: ReadHeaders,
        response: {
          200: response(OrderWithUser, "The order", "ETag?", "Cache-Status?"),
          304: empty("The order has not changed", "ETag"),
          ...failures(400, 503, invalidPath, invalidHeaders, missing, ...users.failures),
        },
        detail: {
          operationId: "getOrder",
          summary: "Get an order",
          description:
            "Returns the order with this id. With `expand=user` it includes the user and has no `ETag`.",
          ...needs("orders:read"),
        },
      },
    )
    .patch(
      "/orders/:id",
      async ({ params: { id }, body: { status, ...rest }, headers, request, set }) => {
        nothingLeft(rest);
        const owner = access.owner(request);
        const trace = traceOf(request);
        if (owner !== ANYONE && !FOR_ITS_USER.includes(status)) {
          // Check the owner first: nobody learns that another user's order exists.
          if (!(await store.byId(id, owner, trace))) throw new ProblemError(missing);
          access.mustBeAdmin(request);
        }
        const admitted = { tags: tagsAdmitted(headers["if-match"]), owner, trace };
        const changed = await store.transition(id, status, { ...admitted, now: now() });
        if (!changed) throw await refusal(id, status, admitted);
        setEntityTag(set, changed.tag);
        return changed.order;
      },
      {
        ...strictBody(OrderPatch, maxBodyBytes),
        params: OrderPath,
        query: NoQuery,
        headers: ChangeHeaders,
        response: {
          200: response(Order, "The updated order", "ETag"),
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
          summary: "Change the status of an order",
          description:
            "A pending order can become paid or cancelled, a paid order shipped or cancelled, a shipped " +
            "order delivered. Any other change gets a 409. If the service requires tokens, a caller " +
            "without the scope `admin` can only cancel its own orders.",
          ...needs("orders:write"),
        },
      },
    );

  /** Returns the reason why a transition changed nothing. */
  async function refusal(
    id: string,
    status: OrderStatus,
    { tags, owner, trace }: Omit<Change, "now">,
  ) {
    const found = await store.byId(id, owner, trace);
    if (!found) return new ProblemError(missing);
    if (!admits(tags, found.tag)) return new ProblemError(stale);
    const from = found.order.status;
    const next = NEXT[from].join(" or ");
    const detail = next
      ? `The order is ${from}: it can become ${next}, but not ${status}`
      : `The order is ${from}: its status is final`;
    return new ProblemError(invalidTransition, { detail });
  }
}

/** Another user is treated as one that does not exist. */
const NOBODY: Found<User> = { value: undefined };
const userNotFound = () => new ProblemError(forNoUser, { errors: [NO_USER] });
const NO_USER = { pointer: "/user_id", detail: "No user has this id" };
