/** The failures of requests about samples. */
import { failure } from "../platform/index.ts";

export const missing = failure.notFound("sample");
export const stale = failure.stale("sample");
// @each callee

/** 422: a sample was to be created for a callee that does not exist, or that is another user's. */
export const noCallee = failure({
  status: 422,
  code: "callee_not_found",
  detail: "The callee of the sample does not exist",
});
// @end
