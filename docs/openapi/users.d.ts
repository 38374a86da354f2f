// Made of users.json by `bun run contract --write`.
export interface paths {
  "/users": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List users
     * @description Returns all users, oldest first, or only the one with this `email`. If the service requires tokens, a caller without the scope `admin` sees only its own user.
     */
    get: operations["listUsers"];
    put?: never;
    /**
     * Create a user
     * @description Responds with 409 if another user has the email. If the service requires tokens, a caller without the scope `admin` creates its own user: the id is the subject of the token.
     */
    post: operations["createUser"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/users/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Get a user
     * @description Returns the user with this id.
     */
    get: operations["getUser"];
    put?: never;
    post?: never;
    /**
     * Delete a user
     * @description Deletes the user and keeps the orders of the user.
     */
    delete: operations["deleteUser"];
    options?: never;
    head?: never;
    /**
     * Update a user
     * @description Changes only the fields in the body. Responds with 409 if another user has the email.
     */
    patch: operations["updateUser"];
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    /** @description Where the page starts. Opaque: take it from the `Link` header of the previous page. */
    Cursor: string;
    /**
     * @description The email address of a user. No two users have the same one, ignoring case.
     * @example alice@example.com
     */
    Email: string;
    /** @description An invalid field. */
    FieldError: {
      /**
       * @description The field, as a JSON pointer (RFC 6901). `code` says whether it points into the body, the path, the query or the headers. Empty if it is the whole body.
       * @example /amount
       */
      pointer: string;
      /**
       * @description What is wrong with the field, for people.
       * @example Expected a number from 0.01 to 1000000000 with two decimal places at most
       */
      detail: string;
    };
    /**
     * Format: int32
     * @description The maximum number of items on the page.
     * @default 20
     */
    Limit: number;
    /**
     * @description The name of the user: a line of printable text. At least one character can be seen.
     * @example Alice
     */
    Name: string;
    /**
     * @description Fields of a new user.
     * @example {
     *       "name": "Carol",
     *       "email": "carol@example.com"
     *     }
     */
    NewUser: {
      name: components["schemas"]["Name"];
      email: components["schemas"]["Email"];
    };
    /** @description An error response (RFC 9457). */
    Problem: {
      /**
       * Format: uri-reference
       * @description Always `about:blank`: the title is the name of the status (RFC 9457).
       * @example about:blank
       */
      type: string;
      /**
       * @description The name of the status.
       * @example Not Found
       */
      title: string;
      /**
       * Format: int32
       * @description The HTTP status.
       * @example 404
       */
      status: number;
      /**
       * @description What went wrong in this request, for people.
       * @example No user has this id
       */
      detail: string;
      /**
       * Format: uri-reference
       * @description The path of the request.
       * @example /path
       */
      instance?: string;
      code: components["schemas"]["ProblemCode"];
      /**
       * @description The id of the request, as in the `X-Request-Id` header and in the log.
       * @example 019b76da-a800-7000-8000-000000000000
       */
      request_id: string;
      /** @description The invalid fields. */
      errors?: components["schemas"]["FieldError"][];
    };
    /**
     * @description What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new ones later.
     * @example not_found
     */
    ProblemCode: string;
    /**
     * Format: date-time
     * @description A time in UTC, in the format of RFC 3339 with milliseconds.
     * @example 2026-01-02T03:04:05.678Z
     */
    Timestamp: string;
    /** @description A person who can place orders. */
    User: {
      id: components["schemas"]["UserId"];
      name: components["schemas"]["Name"];
      email: components["schemas"]["Email"];
      created_at: components["schemas"]["Timestamp"];
      updated_at: components["schemas"]["Timestamp"];
    };
    /**
     * @description The id of a user. New ids are UUIDv7.
     * @example 1
     * @example 2
     */
    UserId: string;
    /** @description Users, oldest first. */
    UserPage: components["schemas"]["User"][];
    /**
     * @description The fields to change, as a JSON merge patch (RFC 7396).
     * @example {
     *       "name": "Bob Builder"
     *     }
     */
    UserPatch: {
      name?: components["schemas"]["Name"];
      email?: components["schemas"]["Email"];
    };
  };
  responses: {
    /** @description The query does not match its schema. */
    BadRequest: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        "WWW-Authenticate": components["headers"]["OptionalWWWAuthenticate"];
        RateLimit: components["headers"]["RateLimit"];
        "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
        "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
        "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
        Vary: components["headers"]["Vary"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /**
           * @description What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new ones later.
           * @enum {string}
           */
          code: "invalid_query" | "invalid_host" | "invalid_target" | "malformed_token";
        };
      };
    };
    /** @description The request has no token, or the token is invalid or has expired. */
    Unauthorized: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        "WWW-Authenticate": components["headers"]["WWWAuthenticate"];
        RateLimit: components["headers"]["RateLimit"];
        "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
        "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
        "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
        Vary: components["headers"]["Vary"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /**
           * @description What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new ones later.
           * @enum {string}
           */
          code: "token_needed" | "invalid_token";
        };
      };
    };
    /** @description The token lacks the scope that `WWW-Authenticate` names. */
    Forbidden: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        "WWW-Authenticate": components["headers"]["WWWAuthenticate"];
        RateLimit: components["headers"]["RateLimit"];
        "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
        "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
        "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
        Vary: components["headers"]["Vary"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /**
           * @description What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new ones later.
           * @enum {string}
           */
          code: "insufficient_scope";
        };
      };
    };
    /** @description The service does not serve this `Host`. */
    MisdirectedRequest: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        RateLimit: components["headers"]["RateLimit"];
        "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
        "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
        "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
        Vary: components["headers"]["Vary"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /**
           * @description What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new ones later.
           * @enum {string}
           */
          code: "misdirected_request";
        };
      };
    };
    /** @description The caller has exceeded its rate limit. */
    TooManyRequests: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        "Retry-After": components["headers"]["RetryAfter"];
        RateLimit: components["headers"]["RateLimit"];
        "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
        "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
        "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
        Vary: components["headers"]["Vary"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /**
           * @description What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new ones later.
           * @enum {string}
           */
          code: "too_many_requests";
        };
      };
    };
    /** @description An error inside the service; its log has the reason. */
    InternalServerError: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        RateLimit: components["headers"]["RateLimit"];
        "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
        "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
        "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
        Vary: components["headers"]["Vary"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /**
           * @description What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new ones later.
           * @enum {string}
           */
          code: "internal";
        };
      };
    };
    /** @description The database is not available at the moment, the service is overloaded, or tokens cannot be verified at the moment. */
    ServiceUnavailable: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        "Retry-After": components["headers"]["RetryAfter"];
        RateLimit: components["headers"]["RateLimit"];
        "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
        "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
        "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
        Vary: components["headers"]["Vary"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /**
           * @description What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new ones later.
           * @enum {string}
           */
          code: "database_unavailable" | "overloaded" | "keys_unavailable";
        };
      };
    };
    /** @description The body arrived too slowly. */
    RequestTimeout: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        RateLimit: components["headers"]["RateLimit"];
        "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
        "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
        "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
        Vary: components["headers"]["Vary"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /**
           * @description What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new ones later.
           * @enum {string}
           */
          code: "request_timeout";
        };
      };
    };
    /** @description The caller already has a user, another user has this email, or a request with the same `Idempotency-Key` is still in progress. */
    Conflict: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        "Retry-After": components["headers"]["OptionalRetryAfter"];
        RateLimit: components["headers"]["RateLimit"];
        "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
        "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
        "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
        Vary: components["headers"]["Vary"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /**
           * @description What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new ones later.
           * @enum {string}
           */
          code: "user_exists" | "email_taken" | "idempotency_key_in_use";
        };
      };
    };
    /** @description The body is too large. */
    ContentTooLarge: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        RateLimit: components["headers"]["RateLimit"];
        "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
        "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
        "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
        Vary: components["headers"]["Vary"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /**
           * @description What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new ones later.
           * @enum {string}
           */
          code: "too_large";
        };
      };
    };
    /** @description The `Content-Type` is not JSON in UTF-8, or the body is compressed. */
    UnsupportedMediaType: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        Accept: components["headers"]["Accept"];
        RateLimit: components["headers"]["RateLimit"];
        "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
        "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
        "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
        Vary: components["headers"]["Vary"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /**
           * @description What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new ones later.
           * @enum {string}
           */
          code: "unsupported_media_type";
        };
      };
    };
    /** @description The body does not match its schema, or the `Idempotency-Key` was already used with a different body. */
    UnprocessableContent: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        RateLimit: components["headers"]["RateLimit"];
        "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
        "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
        "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
        Vary: components["headers"]["Vary"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /**
           * @description What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new ones later.
           * @enum {string}
           */
          code: "invalid_body" | "idempotency_key_reused";
        };
      };
    };
    /** @description No user has this id. */
    NotFound: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        RateLimit: components["headers"]["RateLimit"];
        "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
        "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
        "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
        Vary: components["headers"]["Vary"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /**
           * @description What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new ones later.
           * @enum {string}
           */
          code: "not_found";
        };
      };
    };
    /** @description The user has changed: `If-Match` does not name its current `ETag`. */
    PreconditionFailed: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        RateLimit: components["headers"]["RateLimit"];
        "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
        "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
        "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
        Vary: components["headers"]["Vary"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /**
           * @description What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new ones later.
           * @enum {string}
           */
          code: "stale";
        };
      };
    };
  };
  parameters: never;
  requestBodies: never;
  headers: {
    /** @description The id of this request, as in the logs of all services that took part in it. */
    RequestId: string;
    /** @description The next page, as `rel="next"`. Absent on the last page (RFC 8288). */
    Link: string;
    /** @description What remains: `r` requests in the next `t` seconds (draft-ietf-httpapi-ratelimit-headers). */
    RateLimit: string;
    /** @description The limit of each caller: `q` requests in `w` seconds. */
    RateLimitPolicy: string;
    /** @description The origin of the page, if its pages may read this response. */
    "Access-Control-Allow-Origin": string;
    /** @description The response headers that the page may read. */
    AccessControlExposeHeaders: string;
    /** @description The request headers that the response depends on. */
    Vary: string;
    /** @description How to authenticate, and what is wrong with the token (RFC 6750, 3). */
    OptionalWWWAuthenticate: string;
    /** @description How to authenticate, and what is wrong with the token (RFC 6750, 3). */
    WWWAuthenticate: string;
    /** @description The number of seconds to wait before the next attempt. */
    RetryAfter: number;
    /** @description The path of the new resource. */
    Location: string;
    /** @description The entity tag of the resource, for `If-Match` and `If-None-Match`. Opaque: each change gives the resource a new one. */
    ETag: string;
    /** @description `true` if this is the first response to the same `Idempotency-Key`, sent again. */
    IdempotencyReplayed: string;
    /** @description The number of seconds to wait before the next attempt. */
    OptionalRetryAfter: number;
    /** @description The media types that a request body may have (RFC 9110, 12.5.1). */
    Accept: string;
  };
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  listUsers: {
    parameters: {
      query?: {
        /** @description The maximum number of items on the page. */
        limit?: components["schemas"]["Limit"];
        /** @description Where the page starts. Opaque: take it from the `Link` header of the previous page. */
        cursor?: components["schemas"]["Cursor"];
        /** @description The email address of a user. No two users have the same one, ignoring case. */
        email?: components["schemas"]["Email"];
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of users */
      200: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          Link: components["headers"]["Link"];
          RateLimit: components["headers"]["RateLimit"];
          "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
          "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
          "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
          Vary: components["headers"]["Vary"];
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["UserPage"];
        };
      };
      400: components["responses"]["BadRequest"];
      401: components["responses"]["Unauthorized"];
      403: components["responses"]["Forbidden"];
      421: components["responses"]["MisdirectedRequest"];
      429: components["responses"]["TooManyRequests"];
      500: components["responses"]["InternalServerError"];
      503: components["responses"]["ServiceUnavailable"];
    };
  };
  createUser: {
    parameters: {
      query?: never;
      header?: {
        /** @description A key that the client chooses. A repeated request with the same key and body creates nothing and gets the first response again (draft-ietf-httpapi-idempotency-key-header). The key may be quoted (RFC 8941) or not. It is kept for 24 hours. */
        "Idempotency-Key"?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "name": "Carol",
         *       "email": "carol@example.com"
         *     }
         */
        "application/json": components["schemas"]["NewUser"];
      };
    };
    responses: {
      /** @description The new user */
      201: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          Location: components["headers"]["Location"];
          ETag: components["headers"]["ETag"];
          "Idempotency-Replayed": components["headers"]["IdempotencyReplayed"];
          RateLimit: components["headers"]["RateLimit"];
          "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
          "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
          "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
          Vary: components["headers"]["Vary"];
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["User"];
        };
      };
      /** @description The query or a header does not match its schema, or the body is not complete, valid JSON in UTF-8. */
      400: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          "WWW-Authenticate": components["headers"]["OptionalWWWAuthenticate"];
          RateLimit: components["headers"]["RateLimit"];
          "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
          "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
          "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
          Vary: components["headers"]["Vary"];
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /**
             * @description What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new ones later.
             * @enum {string}
             */
            code:
              | "invalid_query"
              | "invalid_headers"
              | "malformed_json"
              | "incomplete_body"
              | "invalid_host"
              | "invalid_target"
              | "malformed_token";
          };
        };
      };
      401: components["responses"]["Unauthorized"];
      /** @description The subject of the token is not a valid user id, or the token lacks the scope that `WWW-Authenticate` names. */
      403: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          "WWW-Authenticate": components["headers"]["OptionalWWWAuthenticate"];
          RateLimit: components["headers"]["RateLimit"];
          "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
          "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
          "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
          Vary: components["headers"]["Vary"];
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /**
             * @description What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new ones later.
             * @enum {string}
             */
            code: "subject_unusable" | "insufficient_scope";
          };
        };
      };
      408: components["responses"]["RequestTimeout"];
      409: components["responses"]["Conflict"];
      413: components["responses"]["ContentTooLarge"];
      415: components["responses"]["UnsupportedMediaType"];
      421: components["responses"]["MisdirectedRequest"];
      422: components["responses"]["UnprocessableContent"];
      429: components["responses"]["TooManyRequests"];
      500: components["responses"]["InternalServerError"];
      503: components["responses"]["ServiceUnavailable"];
    };
  };
  getUser: {
    parameters: {
      query?: never;
      header?: {
        /** @description Responds with 304 and no body if one of these is the current `ETag` (RFC 9110). */
        "If-None-Match"?: string;
      };
      path: {
        /**
         * @description The id of a user. New ids are UUIDv7.
         * @example 1
         */
        id: components["schemas"]["UserId"];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The user */
      200: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          ETag: components["headers"]["ETag"];
          RateLimit: components["headers"]["RateLimit"];
          "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
          "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
          "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
          Vary: components["headers"]["Vary"];
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["User"];
        };
      };
      /** @description The user has not changed */
      304: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          ETag: components["headers"]["ETag"];
          RateLimit: components["headers"]["RateLimit"];
          "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
          "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
          "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
          Vary: components["headers"]["Vary"];
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description The query, a path parameter or a header does not match its schema. */
      400: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          "WWW-Authenticate": components["headers"]["OptionalWWWAuthenticate"];
          RateLimit: components["headers"]["RateLimit"];
          "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
          "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
          "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
          Vary: components["headers"]["Vary"];
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /**
             * @description What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new ones later.
             * @enum {string}
             */
            code:
              | "invalid_query"
              | "invalid_path"
              | "invalid_headers"
              | "invalid_host"
              | "invalid_target"
              | "malformed_token";
          };
        };
      };
      401: components["responses"]["Unauthorized"];
      403: components["responses"]["Forbidden"];
      404: components["responses"]["NotFound"];
      421: components["responses"]["MisdirectedRequest"];
      429: components["responses"]["TooManyRequests"];
      500: components["responses"]["InternalServerError"];
      503: components["responses"]["ServiceUnavailable"];
    };
  };
  deleteUser: {
    parameters: {
      query?: never;
      header?: {
        /** @description Responds with 412 and changes nothing unless one of these is the current `ETag` (RFC 9110). */
        "If-Match"?: string;
      };
      path: {
        /**
         * @description The id of a user. New ids are UUIDv7.
         * @example 2
         */
        id: components["schemas"]["UserId"];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The user has been deleted */
      204: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          RateLimit: components["headers"]["RateLimit"];
          "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
          "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
          "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
          Vary: components["headers"]["Vary"];
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description The query, a path parameter or a header does not match its schema. */
      400: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          "WWW-Authenticate": components["headers"]["OptionalWWWAuthenticate"];
          RateLimit: components["headers"]["RateLimit"];
          "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
          "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
          "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
          Vary: components["headers"]["Vary"];
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /**
             * @description What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new ones later.
             * @enum {string}
             */
            code:
              | "invalid_query"
              | "invalid_path"
              | "invalid_headers"
              | "invalid_host"
              | "invalid_target"
              | "malformed_token";
          };
        };
      };
      401: components["responses"]["Unauthorized"];
      403: components["responses"]["Forbidden"];
      404: components["responses"]["NotFound"];
      412: components["responses"]["PreconditionFailed"];
      421: components["responses"]["MisdirectedRequest"];
      429: components["responses"]["TooManyRequests"];
      500: components["responses"]["InternalServerError"];
      503: components["responses"]["ServiceUnavailable"];
    };
  };
  updateUser: {
    parameters: {
      query?: never;
      header?: {
        /** @description Responds with 412 and changes nothing unless one of these is the current `ETag` (RFC 9110). */
        "If-Match"?: string;
      };
      path: {
        /**
         * @description The id of a user. New ids are UUIDv7.
         * @example 2
         */
        id: components["schemas"]["UserId"];
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "name": "Bob Builder"
         *     }
         */
        "application/json": components["schemas"]["UserPatch"];
        /**
         * @example {
         *       "name": "Bob Builder"
         *     }
         */
        "application/merge-patch+json": components["schemas"]["UserPatch"];
      };
    };
    responses: {
      /** @description The updated user */
      200: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          ETag: components["headers"]["ETag"];
          RateLimit: components["headers"]["RateLimit"];
          "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
          "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
          "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
          Vary: components["headers"]["Vary"];
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["User"];
        };
      };
      /** @description The query, a path parameter or a header does not match its schema, or the body is not complete, valid JSON in UTF-8. */
      400: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          "WWW-Authenticate": components["headers"]["OptionalWWWAuthenticate"];
          RateLimit: components["headers"]["RateLimit"];
          "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
          "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
          "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
          Vary: components["headers"]["Vary"];
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /**
             * @description What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new ones later.
             * @enum {string}
             */
            code:
              | "invalid_query"
              | "invalid_path"
              | "invalid_headers"
              | "malformed_json"
              | "incomplete_body"
              | "invalid_host"
              | "invalid_target"
              | "malformed_token";
          };
        };
      };
      401: components["responses"]["Unauthorized"];
      403: components["responses"]["Forbidden"];
      404: components["responses"]["NotFound"];
      408: components["responses"]["RequestTimeout"];
      /** @description Another user has this email. */
      409: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          RateLimit: components["headers"]["RateLimit"];
          "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
          "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
          "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
          Vary: components["headers"]["Vary"];
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /**
             * @description What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new ones later.
             * @enum {string}
             */
            code: "email_taken";
          };
        };
      };
      412: components["responses"]["PreconditionFailed"];
      413: components["responses"]["ContentTooLarge"];
      415: components["responses"]["UnsupportedMediaType"];
      421: components["responses"]["MisdirectedRequest"];
      /** @description The body does not match its schema. */
      422: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          RateLimit: components["headers"]["RateLimit"];
          "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
          "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
          "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
          Vary: components["headers"]["Vary"];
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /**
             * @description What went wrong: a stable code for programs. Treat an unknown one by its status: there may be new ones later.
             * @enum {string}
             */
            code: "invalid_body";
          };
        };
      };
      429: components["responses"]["TooManyRequests"];
      500: components["responses"]["InternalServerError"];
      503: components["responses"]["ServiceUnavailable"];
    };
  };
}
