/** The log of what admins change. */
import type { Log } from "../process/log.ts";
import { contextOf, pathOf } from "./context.ts";

const READS = ["GET", "HEAD", "OPTIONS"];

/** Logs the request if an admin has changed something with it. */
export function auditChange(log: Log, request: Request, response: Response): void {
  const { method, url } = request;
  const { id, caller } = contextOf(request);
  if (READS.includes(method) || !response.ok) return;
  if (!caller || !("scopes" in caller) || !caller.scopes.has("admin")) return;
  const created = response.headers.get("location");
  log.info("changed by an admin", {
    request_id: id,
    subject: caller.subject,
    method,
    path: pathOf(url),
    ...(created && { created }),
  });
}
