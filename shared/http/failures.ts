/** What every service may fail with. What only one can fail with is declared in its own folder. */
import { failure } from "./failure.ts";

// --- the request

export const invalidHost = failure({
  status: 400,
  code: "invalid_host",
  detail: "The Host header is not one host, with a port or without",
  description: "The `Host` header is not one host, with a port or without.",
});
export const invalidTarget = failure({
  status: 400,
  code: "invalid_target",
  detail: "The path has dot segments or is none: send it as it resolves",
  description: "The path has dot segments, which clients resolve, or it is none.",
});
export const misdirectedRequest = failure({
  status: 421,
  code: "misdirected_request",
  detail: "The service is not known by this Host: ALLOWED_HOSTS would have to name it",
  description: "The service is not known by this `Host`.",
});
export const invalidPath = failure({
  status: 400,
  code: "invalid_path",
  detail: "The path does not fit its schema",
  description: "A part of the path does not fit its schema.",
});
export const invalidQuery = failure({
  status: 400,
  code: "invalid_query",
  detail: "The query does not fit its schema",
  description: "The query does not fit its schema.",
});
export const invalidHeaders = failure({
  status: 400,
  code: "invalid_headers",
  detail: "A header does not fit its schema",
  description: "A header does not fit its schema.",
});
export const malformedJson = failure({
  status: 400,
  code: "malformed_json",
  detail: "The body is not JSON in UTF-8",
  description: "The body is not JSON in UTF-8.",
});
export const incompleteBody = failure({
  status: 400,
  code: "incomplete_body",
  detail: "The body ended too early",
  description: "The body ended before it was complete.",
});
export const pathNotFound = failure({
  status: 404,
  // Not `not_found`: whoever asks the wrong service must not take it for a missing resource.
  code: "path_not_found",
  detail: "There is nothing under this path",
  description: "The service has no such path.",
});
export const methodNotAllowed = failure({
  status: 405,
  code: "method_not_allowed",
  detail: "This path does not support the method",
  description: "The path does not support the method.",
  header: "Allow",
});
export const requestTimeout = failure({
  status: 408,
  code: "request_timeout",
  detail: "The body came too slowly",
  description: "The body came too slowly.",
});
export const tooLarge = failure({
  status: 413,
  code: "too_large",
  detail: "The body is larger than 65536 bytes",
  description: "The body is too large.",
});
export const unsupportedMediaType = failure({
  status: 415,
  code: "unsupported_media_type",
  detail: "Expected a body of application/json in UTF-8, not compressed",
  description: "The body is not declared as JSON.",
  header: "Accept",
});
export const invalidBody = failure({
  status: 422,
  code: "invalid_body",
  detail: "The body does not fit its schema",
  description: "The body does not fit its schema.",
});
export const clientLeft = failure({
  status: 499,
  code: "client_left",
  detail: "The client has closed the connection",
  description: "The client has closed the connection, which only the metrics tell.",
});

// --- how much

export const tooManyRequests = failure({
  status: 429,
  code: "too_many_requests",
  detail: "More requests than are allowed in this time",
  description: "The caller has sent more requests than are allowed in this time.",
  header: "Retry-After",
});

export const overloaded = failure({
  status: 503,
  code: "overloaded",
  detail: "The service is working on as much as it can",
  description: "The service is working on as much as it can.",
  header: "Retry-After",
});

// --- the caller (RFC 6750, 3.1)

export const malformedToken = failure({
  status: 400,
  code: "malformed_token",
  detail: "The Authorization header does not hold one bearer token",
  description: "The `Authorization` header does not hold one bearer token.",
  header: "WWW-Authenticate",
});
export const tokenNeeded = failure({
  status: 401,
  code: "token_needed",
  detail: "A bearer token is needed in the Authorization header",
  description: "The request has no token.",
  header: "WWW-Authenticate",
});
export const invalidToken = failure({
  status: 401,
  code: "invalid_token",
  // Not why: that would help those who make their tokens themselves.
  detail: "The token is not accepted, or no longer",
  description: "The token is not accepted, or no longer.",
  header: "WWW-Authenticate",
});
export const insufficientScope = failure({
  status: 403,
  code: "insufficient_scope",
  detail: "The token does not allow this",
  description: "The token lacks the scope that is in `WWW-Authenticate`.",
  header: "WWW-Authenticate",
});
export const keysUnavailable = failure({
  status: 503,
  code: "keys_unavailable",
  detail: "Tokens cannot be checked at the moment",
  description: "Tokens cannot be checked at the moment.",
  header: "Retry-After",
});

// --- resources

/** The code of every `notFound`: clients of other services look for it. */
export const NOT_FOUND = "not_found";

/** @param resource with its article's noun alone, for example `user` */
export function notFound(resource: string) {
  return failure({
    status: 404,
    code: NOT_FOUND,
    detail: `No ${resource} has this id`,
    description: `No ${resource} has this id.`,
  });
}

/** @param resource for example `user` */
export function staleVersion(resource: string) {
  return failure({
    status: 412,
    code: "stale",
    detail: `The ${resource} was changed: its ETag is another now`,
    description: `The ${resource} was changed since: \`If-Match\` does not name its \`ETag\`.`,
  });
}

// --- exactly-once creation (draft-ietf-httpapi-idempotency-key-header-07)

export const keyInUse = failure({
  status: 409,
  code: "idempotency_key_in_use",
  detail: "A request with this Idempotency-Key is still being worked on",
  description: "A request with the same `Idempotency-Key` is still being worked on.",
  header: "Retry-After",
});
export const keyReused = failure({
  status: 422,
  code: "idempotency_key_reused",
  detail: "This Idempotency-Key was used before with another body",
  description: "The `Idempotency-Key` was used before with another body.",
});

// --- the service

export const internal = failure({
  status: 500,
  code: "internal",
  detail: "Something went wrong on our side",
  description: "A fault of the service; its log has the reason.",
});
export const databaseUnavailable = failure({
  status: 503,
  code: "database_unavailable",
  detail: "The database cannot be used at the moment",
  description: "The database cannot be used at the moment.",
  header: "Retry-After",
});
