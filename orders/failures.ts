/** What a request about orders may fail with. */
import { failure } from "../shared/http/failure.ts";
import { notFound, staleVersion } from "../shared/http/failures.ts";

export const missing = notFound("order");
export const stale = staleVersion("order");

export const invalidTransition = failure({
  status: 409,
  code: "invalid_transition",
  detail: "The order is pending: it can become paid or cancelled, but not shipped",
  description: "An order cannot change from its status to the requested one.",
});

// --- the user of an order

/** Orders are asked for by their user, and there is none: 404. */
export const noSuchUser = failure({
  status: 404,
  code: "user_not_found",
  detail: "No user has this id",
  description: "No user has this id.",
});
/** An order is made for a user, and there is none: 422. */
export const forNoUser = failure({
  status: 422,
  code: "user_not_found",
  detail: "The user of the order does not exist",
  description: "The user of the order does not exist.",
});
