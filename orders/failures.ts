/** The failures of requests about orders. */
import { failure } from "../platform/index.ts";

export const missing = failure.notFound("order");
export const stale = failure.stale("order");

export const invalidTransition = failure({
  status: 409,
  code: "invalid_transition",
  detail: "The order is pending: it can become paid or cancelled, but not shipped",
  description: "An order cannot change from its status to the requested one.",
});

// --- the user of an order

/** 404: the orders of a user were requested, and the user does not exist. */
export const noSuchUser = failure({
  status: 404,
  code: "user_not_found",
  detail: "No user has this id",
});
/** 422: an order was to be created for a user who does not exist. */
export const forNoUser = failure({
  status: 422,
  code: "user_not_found",
  detail: "The user of the order does not exist",
});
