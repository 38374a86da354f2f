/** The failures of requests about users. */
import { failure } from "../platform/http/failure.ts";
import { notFound, staleVersion } from "../platform/http/failures.ts";

export const missing = notFound("user");
export const stale = staleVersion("user");

export const userExists = failure({
  status: 409,
  code: "user_exists",
  detail: "The caller already has a user",
});
export const subjectUnusable = failure({
  status: 403,
  code: "subject_unusable",
  detail: "The subject of the token is not a valid user id",
});
export const emailTaken = failure({
  status: 409,
  code: "email_taken",
  detail: "Another user has this email",
});
