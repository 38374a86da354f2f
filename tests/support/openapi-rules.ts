/**
 * Rules of Spectral's rulesets `spectral:oas` and OWASP that are turned off for the OpenAPI
 * documents, each with its reason. All other rules are on, and all of swagger-parser and of
 * Redocly's `recommended-strict`.
 */
const SPECTRAL_OFF = {
  "info-contact": "the authors do not know who operates a service",
  "license-url":
    "OpenAPI 3.1 allows an identifier or a URL, not both: the documents have the SPDX identifier",
  "owasp:api9:2023-inventory-access": "the server is `/`, so its audience is unknown",
  "owasp:api9:2023-inventory-environment": "the same program serves every environment",
} as const;

/** Rules that are turned off for a service with AUTH=on. */
export const SPECTRAL_OFF_CHECKED = {
  ...SPECTRAL_OFF,
  "oas3-operation-security-defined":
    "OpenAPI 3.1 allows scopes for any scheme; Spectral allows them only for OAuth flows",
} as const;

/** Rules that are turned off for a service with AUTH=off and RATE_LIMIT=off. */
export const SPECTRAL_OFF_UNCHECKED = {
  ...SPECTRAL_OFF,
  "owasp:api2:2023-read-restricted": "there is no authentication with AUTH=off",
  "owasp:api2:2023-write-restricted": "there is no authentication with AUTH=off",
  "owasp:api8:2023-define-error-responses-401": "no response is a 401 without authentication",
  "owasp:api4:2023-rate-limit": "there is no rate limit unless RATE_LIMIT is set",
  "owasp:api4:2023-rate-limit-responses-429": "no response is a 429 without a rate limit",
  "owasp:api8:2023-define-cors-origin": "no other origin is allowed unless CORS_ORIGIN is set",
} as const;
