/** For tests: what causes the failures of the service's own, by operation and code. */
import type { Provocations } from "../platform/testing.ts";

export const provocations: Provocations = {
  updateOrder: { invalid_transition: { body: { status: "delivered" } } },
};
