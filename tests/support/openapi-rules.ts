/**
 * The rules of Spectral's rulesets, `spectral:oas` and OWASP, that are switched off for the OpenAPI
 * documents, each with its reason. All others hold, and all of swagger-parser and of Redocly's
 * `recommended-strict`.
 */
export const SPECTRAL_OFF = {
  "info-contact": "who runs a service is not known to those who wrote it",
  "license-url": "OpenAPI 3.1 admits an identifier or a URL, not both: it is the SPDX identifier",
  "owasp:api9:2023-inventory-access":
    "the server is `/`, wherever that is: its audience is not known",
  "owasp:api9:2023-inventory-environment": "the same program serves every environment",
  "owasp:api2:2023-read-restricted": "there is no authentication: AUTH can only be off so far",
  "owasp:api2:2023-write-restricted": "there is no authentication: AUTH can only be off so far",
  "owasp:api8:2023-define-error-responses-401": "no answer is a 401 without authentication",
  "owasp:api4:2023-rate-limit": "there is no rate limit, so no headers of one are sent",
  "owasp:api4:2023-rate-limit-responses-429": "no answer is a 429 without a rate limit",
  "owasp:api8:2023-define-cors-origin":
    "no other origin is let in: no answer has Access-Control-Allow-Origin",
} as const;
