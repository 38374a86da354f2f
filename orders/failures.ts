/** What a request about orders may fail with. */
import { failure } from "../shared/http/failure.ts";
import { notFound, staleVersion } from "../shared/http/failures.ts";

export const missing = notFound("order");
export const stale = staleVersion("order");

export const invalidTransition = failure({
  status: 409,
  code: "invalid_transition",
  detail: "The order is pending and may go to paid or cancelled, not to shipped",
  description: "An order in this status cannot go to that one.",
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
  detail: "The order is for a user who does not exist",
  description: "The order is for a user who does not exist.",
});

// --- the users service

export const usersBadAnswer = failure({
  status: 502,
  code: "users_bad_answer",
  detail: "The users service answered outside its contract",
  description: "The users service answered outside its contract.",
});
export const usersUnavailable = failure({
  status: 503,
  code: "users_unavailable",
  detail: "The users service cannot answer at the moment",
  description: "The users service cannot be reached, or cannot answer at the moment.",
  header: "Retry-After",
});
export const usersTimeout = failure({
  status: 504,
  code: "users_timeout",
  detail: "The users service took too long",
  description: "The users service took too long.",
});

/** What any route that asks `users` may fail with. */
export const usersFailures = [usersBadAnswer, usersUnavailable, usersTimeout] as const;
