/** For tests: what causes the failures of the service's own, by operation and code. */
import type { Provocations } from "../platform/testing.ts";

/** Each test provokes the failures that every service can have: those need no entry. */
export const provocations: Provocations = {};
