/** The client of another service, with what the configuration says about it. */
import type { TSchema } from "@sinclair/typebox";

import { type CallOptions, createServiceClient } from "../call/service-client.ts";
import { callSettingsOf } from "../process/call-variables.ts";
import { secretsIn } from "../process/identity-rules.ts";
import type { Parts, ServiceConfig } from "./service.ts";

interface CallParts extends Parts<ServiceConfig> {
  /** The calling service. */
  by: string;
}

/** Returns the client that gets resources of another service by id; see `service-client.ts`. */
export async function serviceClient<
  const Name extends string,
  Schema extends TSchema & { static: { id: string } },
>(service: Name, schema: Schema, parts: CallParts) {
  return createServiceClient({ service, schema }, await callOptionsOf(service, parts));
}

/**
 * Returns how to call another service: the configured settings, and a token if callers need one.
 */
async function callOptionsOf(
  callee: string,
  { by: subject, config, fetch, log, metrics, tracer }: CallParts,
): Promise<CallOptions> {
  const { tokenFile: file, ...settings } = callSettingsOf(callee, config);
  const options = { ...settings, fetch, log, metrics, tracer };
  if (!file && config.AUTH === "off") return options;
  const { mintedToken, tokenFile } = await import("../identity/own-token.ts");
  if (file) return { ...options, token: tokenFile(file) };
  const { AUTH_SECRET, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = config;
  const [secret = ""] = secretsIn(AUTH_SECRET);
  const scope = `${callee}:read ${callee}:read:any`;
  return { ...options, token: mintedToken({ secret, issuer, audience, subject, scope }) };
}
