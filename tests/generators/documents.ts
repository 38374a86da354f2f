/** The documents that other people's tools are tried on. */
import { openapi } from "../../platform/command/commands.ts";
import type { OpenApiDocument } from "../../platform/openapi/document.ts";
import { readConfig } from "../../platform/process/config.ts";
import type { ServiceName } from "../../services.ts";
import { IDENTITY } from "../support/callers.ts";
import { definitionOf } from "../support/services.ts";

const ENVIRONMENTS = {
  "without identity": {},
  "with identity": {
    ...IDENTITY,
    RATE_LIMIT: "100000/60s",
    CORS_ORIGIN: "https://app.example.com",
  },
};

export type Variant = keyof typeof ENVIRONMENTS;
export const VARIANTS = Object.keys(ENVIRONMENTS) as Variant[];

/** The document that the command `openapi` of a service prints. */
export async function documentOf(variant: Variant, service: ServiceName): Promise<OpenApiDocument> {
  const definition = await definitionOf(service);
  const config = readConfig(definition.config, ENVIRONMENTS[variant]);
  return JSON.parse(await openapi(definition, config)) as OpenApiDocument;
}
