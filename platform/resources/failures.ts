import { failure as declare } from "../http/failure.ts";
import { invalidBody, notFound, staleVersion } from "../http/failures.ts";

/** Declares a failure, as a value; some are common to services. */
export const failure = Object.assign(declare, { notFound, stale: staleVersion, invalidBody });
