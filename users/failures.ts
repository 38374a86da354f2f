/** What a request about users may fail with. */
import { failure } from "../shared/http/failure.ts";
import { notFound, staleVersion } from "../shared/http/failures.ts";

export const missing = notFound("user");
export const stale = staleVersion("user");

export const emailTaken = failure({
  status: 409,
  code: "email_taken",
  detail: "Another user has this email",
  description: "Another user has the email.",
});
