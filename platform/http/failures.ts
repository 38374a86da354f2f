/** The failures that all services share. Each service declares its own in its folder. */
import { BODY_BYTES_DEFAULT } from "../process/variables.ts";
import { failure } from "./failure.ts";

// --- the request

export const invalidHost = failure({
  status: 400,
  code: "invalid_host",
  detail: "The Host header is not one host with an optional port",
  description: "The `Host` header is not one host with an optional port.",
  everywhere: true,
});
export const invalidTarget = failure({
  status: 400,
  code: "invalid_target",
  detail: "The path has dot segments, or it is not a path: send the resolved path",
  description: "The path has dot segments (`.` or `..`) or is not a path.",
  everywhere: true,
});
export const misdirectedRequest = failure({
  status: 421,
  code: "misdirected_request",
  detail: "The service does not serve this Host: ALLOWED_HOSTS does not name it",
  description: "The service does not serve this `Host`.",
});
export const invalidPath = failure({
  status: 400,
  code: "invalid_path",
  detail: "The path does not match its schema",
  description: "A path parameter does not match its schema.",
});
export const invalidQuery = failure({
  status: 400,
  code: "invalid_query",
  detail: "The query does not match its schema",
});
export const invalidHeaders = failure({
  status: 400,
  code: "invalid_headers",
  detail: "A header does not match its schema",
});
export const malformedJson = failure({
  status: 400,
  code: "malformed_json",
  detail: "The body is not valid JSON in UTF-8",
  description: "The body is not complete, valid JSON in UTF-8.",
});
export const incompleteBody = failure({
  status: 400,
  code: "incomplete_body",
  detail: "The body ended too early",
  description: malformedJson.description,
});
export const pathNotFound = failure({
  status: 404,
  // Not `not_found`: a request to the wrong service must not look like a missing resource.
  code: "path_not_found",
  detail: "This path does not exist",
  description: "The path does not exist.",
});
export const methodNotAllowed = failure({
  status: 405,
  code: "method_not_allowed",
  detail: "This path does not support this method",
  description: "The path does not support this method.",
  header: "Allow",
});
export const requestTimeout = failure({
  status: 408,
  code: "request_timeout",
  detail: "The body arrived too slowly",
});
export const tooLarge = failure({
  status: 413,
  code: "too_large",
  detail: `The body is larger than ${BODY_BYTES_DEFAULT} bytes`,
  description: "The body is too large.",
});
export const unsupportedMediaType = failure({
  status: 415,
  code: "unsupported_media_type",
  detail: "Expected a body of application/json in UTF-8, not compressed",
  description: "The `Content-Type` is not JSON in UTF-8, or the body is compressed.",
  header: "Accept",
});
export const invalidBody = failure({
  status: 422,
  code: "invalid_body",
  detail: "The body does not match its schema",
});
export const clientLeft = failure({
  status: 499,
  code: "client_left",
  detail: "The client closed the connection",
  description: "The client closed the connection; only the metrics count it.",
});

// --- load

export const tooManyRequests = failure({
  status: 429,
  code: "too_many_requests",
  detail: "The rate limit is exceeded",
  description: "The caller has exceeded its rate limit.",
  header: "Retry-After",
});

export const overloaded = failure({
  status: 503,
  code: "overloaded",
  detail: "The service is overloaded",
  header: "Retry-After",
});

// --- the caller (RFC 6750, 3.1)

export const malformedToken = failure({
  status: 400,
  code: "malformed_token",
  detail: 'The Authorization header must be the scheme "Bearer" once, then one token',
  description: "The `Authorization` header does not contain exactly one bearer token.",
  header: "WWW-Authenticate",
  everywhere: true,
});
export const tokenNeeded = failure({
  status: 401,
  code: "token_needed",
  detail: "The Authorization header must contain a bearer token",
  description: "The request has no token.",
  header: "WWW-Authenticate",
});
export const invalidToken = failure({
  status: 401,
  code: "invalid_token",
  // Without the reason, which would help someone who forges tokens.
  detail: "The token is invalid or has expired",
  header: "WWW-Authenticate",
});
export const insufficientScope = failure({
  status: 403,
  code: "insufficient_scope",
  detail: "The token lacks the scope that WWW-Authenticate names",
  description: "The token lacks the scope that `WWW-Authenticate` names.",
  header: "WWW-Authenticate",
});
export const keysUnavailable = failure({
  status: 503,
  code: "keys_unavailable",
  detail: "Tokens cannot be verified at the moment",
  header: "Retry-After",
});

// --- resources

/** The code of every `notFound`, which clients of other services rely on. */
export const NOT_FOUND = "not_found";

/** @param resource a noun without an article, for example `user` */
export function notFound(resource: string) {
  return failure({
    status: 404,
    code: NOT_FOUND,
    detail: `No ${resource} has this id`,
  });
}

/** @param resource for example `user` */
export function staleVersion(resource: string) {
  return failure({
    status: 412,
    code: "stale",
    detail: `The ${resource} has changed: If-Match does not name its current ETag`,
    description: `The ${resource} has changed: \`If-Match\` does not name its current \`ETag\`.`,
  });
}

// --- exactly-once creation (draft-ietf-httpapi-idempotency-key-header-07)

export const keyInUse = failure({
  status: 409,
  code: "idempotency_key_in_use",
  detail: "A request with this Idempotency-Key is still in progress",
  description: "A request with the same `Idempotency-Key` is still in progress.",
  header: "Retry-After",
});
export const keyReused = failure({
  status: 422,
  code: "idempotency_key_reused",
  detail: "This Idempotency-Key was already used with a different body",
  description: "The `Idempotency-Key` was already used with a different body.",
});

// --- the service

export const internal = failure({
  status: 500,
  code: "internal",
  detail: "Something went wrong on our side",
  description: "An error inside the service; its log has the reason.",
});
export const databaseUnavailable = failure({
  status: 503,
  code: "database_unavailable",
  detail: "The database is not available at the moment",
  header: "Retry-After",
});
