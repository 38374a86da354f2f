/** The failures of requests about users. */
import { failure } from "../platform/index.ts";

export const missing = failure.notFound("user");
export const stale = failure.stale("user");

export const userExists = failure({
  status: 409,
  code: "user_exists",
  detail: "The caller already has a user",
  withTokens: true,
});
export const subjectUnusable = failure({
  status: 403,
  code: "subject_unusable",
  detail: "The subject of the token is not a valid user id",
  withTokens: true,
});
export const emailTaken = failure({
  status: 409,
  code: "email_taken",
  detail: "Another user has this email",
});
