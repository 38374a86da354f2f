import { urlVariableOf } from "../../../services.ts";
import { serveCalleesOf } from "../../support/apps.ts";

/** Serves `users` with the demo data on a port, in this process. */
export async function serveUsers() {
  const { environment, stop } = await serveCalleesOf("orders");
  return { url: environment[urlVariableOf("users")] ?? "", stop };
}
