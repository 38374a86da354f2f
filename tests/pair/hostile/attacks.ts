/** The attacks, in the order in which they run. The longest is first, so that others overlap it. */
import type { Attack } from "./attack.ts";
import * as backups from "./backups.ts";
import * as descriptors from "./descriptors.ts";
import * as foreignIds from "./foreign-ids.ts";
import * as forgedTokens from "./forged-tokens.ts";
import * as fullDisk from "./full-disk.ts";
import * as halfBodies from "./half-bodies.ts";
import * as heavyBodies from "./heavy-bodies.ts";
import * as heldRequests from "./held-requests.ts";
import * as herds from "./herds.ts";
import * as hosts from "./hosts.ts";
import * as interruptedScripts from "./interrupted-scripts.ts";
import * as inventedCallers from "./invented-callers.ts";
import * as lostLocks from "./lost-locks.ts";
import * as malformedRequests from "./malformed-requests.ts";
import * as mixedCallers from "./mixed-callers.ts";
import * as paths from "./paths.ts";
import * as probes from "./probes.ts";
import * as refusals from "./refusals.ts";
import * as slowHeaders from "./slow-headers.ts";
import * as takenFiles from "./taken-files.ts";
import * as telemetry from "./telemetry.ts";
import * as unfinishedHeaders from "./unfinished-headers.ts";
import * as unverifiedTokens from "./unverified-tokens.ts";
import * as userCache from "./user-cache.ts";

export const ATTACKS: readonly Attack[] = [
  slowHeaders,
  unfinishedHeaders,
  malformedRequests,
  hosts,
  paths,
  forgedTokens,
  unverifiedTokens,
  mixedCallers,
  foreignIds,
  inventedCallers,
  refusals,
  heavyBodies,
  halfBodies,
  heldRequests,
  herds,
  probes,
  descriptors,
  fullDisk,
  takenFiles,
  lostLocks,
  backups,
  telemetry,
  interruptedScripts,
  userCache,
];
