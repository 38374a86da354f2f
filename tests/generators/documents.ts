/** The documents that other people's tools are tried on. */
import type { OpenApiDocument } from "../../platform/openapi/document.ts";
import type { ServiceName } from "../../services.ts";
import { documentOf as contractOf } from "../contract/documents.ts";

export const VARIANTS = ["without identity", "with identity"] as const;
export type Variant = (typeof VARIANTS)[number];

/** The document that the command `openapi` of a service prints. */
export function documentOf(variant: Variant, service: ServiceName): Promise<OpenApiDocument> {
  return contractOf(service, { checks: variant === "with identity" });
}
