/** The client of another service, with what the configuration says about it. */
import type { TSchema } from "@sinclair/typebox";

import type { Callee, ServiceName } from "../../services.ts";
import { createServiceClient } from "../call/service-client.ts";
import type { CallValues } from "../process/call-config.ts";
import { callOptionsOf } from "./protection.ts";
import type { Parts, ServiceConfig } from "./service.ts";

/** Returns the client that gets resources of another service by id. */
export async function serviceClient<
  Name extends Callee,
  Schema extends TSchema & { static: { id: string } },
>(
  service: Name,
  schema: Schema,
  parts: Parts<ServiceConfig & CallValues<Name>> & { by: ServiceName },
) {
  return createServiceClient({ service, schema }, await callOptionsOf(service, parts));
}
