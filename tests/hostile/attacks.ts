/** The attacks, in the order in which they are run. */
import type { Attack } from "./attack.ts";
import * as fullDisk from "./full-disk.ts";
import * as heavyBodies from "./heavy-bodies.ts";
import * as malformedRequests from "./malformed-requests.ts";
import * as takenFiles from "./taken-files.ts";

export const ATTACKS: readonly Attack[] = [malformedRequests, heavyBodies, fullDisk, takenFiles];
