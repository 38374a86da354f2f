/**
 * The rules of Spectral's rulesets, `spectral:oas` and OWASP, that are switched off for the OpenAPI
 * documents, each with its reason. All others hold, and all of swagger-parser and of Redocly's
 * `recommended-strict`.
 */
const SPECTRAL_OFF = {
  "info-contact": "who runs a service is not known to those who wrote it",
  "license-url": "OpenAPI 3.1 admits an identifier or a URL, not both: it is the SPDX identifier",
  "owasp:api9:2023-inventory-access":
    "the server is `/`, wherever that is: its audience is not known",
  "owasp:api9:2023-inventory-environment": "the same program serves every environment",
} as const;

/** Those that are switched off for a service which asks callers who they are. */
export const SPECTRAL_OFF_GUARDED = {
  ...SPECTRAL_OFF,
  "oas3-operation-security-defined":
    "OpenAPI 3.1 lets any scheme name what it takes; Spectral knows that of OAuth flows alone",
} as const;

/** Those that are switched off for a service which asks nobody who they are and how often they ask. */
export const SPECTRAL_OFF_UNGUARDED = {
  ...SPECTRAL_OFF,
  "owasp:api2:2023-read-restricted": "there is no authentication with AUTH=off",
  "owasp:api2:2023-write-restricted": "there is no authentication with AUTH=off",
  "owasp:api8:2023-define-error-responses-401": "no answer is a 401 without authentication",
  "owasp:api4:2023-rate-limit": "there is no rate limit unless RATE_LIMIT is set",
  "owasp:api4:2023-rate-limit-responses-429": "no answer is a 429 without a rate limit",
  "owasp:api8:2023-define-cors-origin": "no other origin is let in unless CORS_ORIGIN is set",
} as const;
