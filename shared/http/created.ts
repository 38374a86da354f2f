/** The response to a creation (RFC 9110, 15.3.2). */
import { setEntityTag } from "./etag.ts";

/** The headers that {@link respondCreated} sets, as routes document them. */
export const CREATED_HEADERS = ["Location", "ETag", "Idempotency-Replayed?"] as const;

interface Settings {
  status?: number | string;
  headers: Record<string, string | number>;
}

export interface Created {
  /** The path of the resource. */
  location: string;
  /** Whether its key was seen before, so that this is the first response again. */
  replayed: boolean;
}

/** Sets the status and the headers; the body is the resource. */
export function respondCreated(set: Settings, { location, replayed }: Created): void {
  set.status = 201;
  set.headers["location"] = location;
  // Also of one that was changed since: this is the response that was sent first.
  setEntityTag(set, 1);
  if (replayed) set.headers["idempotency-replayed"] = "true";
}
