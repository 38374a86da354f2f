// Made of orders.json by `bun run contract --write`.
export interface paths {
  "/orders": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List orders
     * @description Returns orders, oldest first. With `user_id`, those of one user: responds with 404 if the user does not exist. Without it all orders, also those of deleted users. If the service requires tokens, a caller without the scope `admin` sees only its own orders.
     */
    get: operations["listOrders"];
    put?: never;
    /**
     * Create an order
     * @description Creates a pending order. Responds with 422, naming `/user_id`, if the user does not exist.
     */
    post: operations["createOrder"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/orders/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Get an order
     * @description Returns the order with this id. With `expand=user` it includes the user and has no `ETag`.
     */
    get: operations["getOrder"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    /**
     * Change the status of an order
     * @description A pending order can become paid or cancelled, a paid order shipped or cancelled, a shipped order delivered. Any other change gets a 409. If the service requires tokens, a caller without the scope `admin` can only cancel its own orders.
     */
    patch: operations["updateOrder"];
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    /**
     * @description The amount to pay, with at most two decimal places.
     * @example 100.5
     */
    Amount: number;
    /**
     * @description The ISO 4217 code of a currency that was in use when the order was created.
     * @example EUR
     */
    Currency: string;
    /** @description Where the page starts. Opaque: take it from the `Link` header of the previous page. */
    Cursor: string;
    /**
     * @description The email address of a user. No two users have the same one, ignoring case.
     * @example alice@example.com
     */
    Email: string;
    /**
     * @description What to include in the response.
     * @enum {string}
     */
    Expand: "user";
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
     * @description The ISO 4217 code of a currency in use (as of 2026-09-17) that has at most two decimal places.
     * @example EUR
     * @enum {string}
     */
    NewCurrency:
      | "AED"
      | "AFN"
      | "ALL"
      | "AMD"
      | "AOA"
      | "ARS"
      | "AUD"
      | "AWG"
      | "AZN"
      | "BAM"
      | "BBD"
      | "BDT"
      | "BIF"
      | "BMD"
      | "BND"
      | "BOB"
      | "BRL"
      | "BSD"
      | "BTN"
      | "BWP"
      | "BYN"
      | "BZD"
      | "CAD"
      | "CDF"
      | "CHF"
      | "CLP"
      | "CNY"
      | "COP"
      | "CRC"
      | "CUP"
      | "CVE"
      | "CZK"
      | "DJF"
      | "DKK"
      | "DOP"
      | "DZD"
      | "EGP"
      | "ERN"
      | "ETB"
      | "EUR"
      | "FJD"
      | "FKP"
      | "GBP"
      | "GEL"
      | "GHS"
      | "GIP"
      | "GMD"
      | "GNF"
      | "GTQ"
      | "GYD"
      | "HKD"
      | "HNL"
      | "HTG"
      | "HUF"
      | "IDR"
      | "ILS"
      | "INR"
      | "IRR"
      | "ISK"
      | "JMD"
      | "JPY"
      | "KES"
      | "KGS"
      | "KHR"
      | "KMF"
      | "KPW"
      | "KRW"
      | "KYD"
      | "KZT"
      | "LAK"
      | "LBP"
      | "LKR"
      | "LRD"
      | "LSL"
      | "MAD"
      | "MDL"
      | "MGA"
      | "MKD"
      | "MMK"
      | "MNT"
      | "MOP"
      | "MRU"
      | "MUR"
      | "MVR"
      | "MWK"
      | "MXN"
      | "MYR"
      | "MZN"
      | "NAD"
      | "NGN"
      | "NIO"
      | "NOK"
      | "NPR"
      | "NZD"
      | "PAB"
      | "PEN"
      | "PGK"
      | "PHP"
      | "PKR"
      | "PLN"
      | "PYG"
      | "QAR"
      | "RON"
      | "RSD"
      | "RUB"
      | "RWF"
      | "SAR"
      | "SBD"
      | "SCR"
      | "SDG"
      | "SEK"
      | "SGD"
      | "SHP"
      | "SLE"
      | "SOS"
      | "SRD"
      | "SSP"
      | "STN"
      | "SVC"
      | "SYP"
      | "SZL"
      | "THB"
      | "TJS"
      | "TMT"
      | "TOP"
      | "TRY"
      | "TTD"
      | "TWD"
      | "TZS"
      | "UAH"
      | "UGX"
      | "USD"
      | "UYU"
      | "UZS"
      | "VED"
      | "VES"
      | "VND"
      | "VUV"
      | "WST"
      | "XAF"
      | "XCD"
      | "XCG"
      | "XOF"
      | "XPF"
      | "YER"
      | "ZAR"
      | "ZMW"
      | "ZWG";
    /**
     * @description Fields of a new order. The default currency is EUR. If the currency has no decimal places, the amount must be a whole number.
     * @example {
     *       "user_id": "2",
     *       "amount": 12.5,
     *       "currency": "EUR",
     *       "note": "Leave it at the door"
     *     }
     */
    NewOrder: {
      user_id: components["schemas"]["UserId"];
      amount: components["schemas"]["Amount"];
      currency?: components["schemas"]["NewCurrency"];
      note?: components["schemas"]["Note"];
    };
    /**
     * @description A note from the customer: a line of printable text. At least one character can be seen.
     * @example Leave it at the door
     */
    Note: string;
    /** @description An order of one user. */
    Order: {
      id: components["schemas"]["OrderId"];
      user_id: components["schemas"]["UserId"];
      amount: components["schemas"]["Amount"];
      currency: components["schemas"]["Currency"];
      status: components["schemas"]["OrderStatus"];
      note?: components["schemas"]["Note"];
      created_at: components["schemas"]["Timestamp"];
      updated_at: components["schemas"]["Timestamp"];
    };
    /**
     * @description The id of an order. New ids are UUIDv7.
     * @example 1
     * @example 2
     */
    OrderId: string;
    /** @description Orders, oldest first. */
    OrderPage: components["schemas"]["Order"][];
    /**
     * @description The new status, as a JSON merge patch (RFC 7396).
     * @example {
     *       "status": "paid"
     *     }
     */
    OrderPatch: {
      status: components["schemas"]["OrderStatus"];
    };
    /**
     * @description The status of an order.
     * @example pending
     * @enum {string}
     */
    OrderStatus: "pending" | "paid" | "shipped" | "delivered" | "cancelled";
    /** @description An order. With `expand=user` it includes its user. */
    OrderWithUser: {
      id: components["schemas"]["OrderId"];
      user_id: components["schemas"]["UserId"];
      amount: components["schemas"]["Amount"];
      currency: components["schemas"]["Currency"];
      status: components["schemas"]["OrderStatus"];
      note?: components["schemas"]["Note"];
      created_at: components["schemas"]["Timestamp"];
      updated_at: components["schemas"]["Timestamp"];
      /** @description The user of the order, present with `expand=user`. It is null if the user was deleted. */
      user?: components["schemas"]["User"] | null;
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
          code: "user_not_found";
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
    /** @description The users service sent an invalid response. */
    BadGateway: {
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
          code: "users_bad_answer";
        };
      };
    };
    /** @description The database is not available at the moment, the users service cannot be reached or cannot respond at the moment, the service is overloaded, or tokens cannot be verified at the moment. */
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
          code: "database_unavailable" | "users_unavailable" | "overloaded" | "keys_unavailable";
        };
      };
    };
    /** @description The users service took too long to respond. */
    GatewayTimeout: {
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
          code: "users_timeout";
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
    /** @description A request with the same `Idempotency-Key` is still in progress. */
    Conflict: {
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
          code: "idempotency_key_in_use";
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
    /** @description The body does not match its schema, the user of the order does not exist, or the `Idempotency-Key` was already used with a different body. */
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
          code: "invalid_body" | "user_not_found" | "idempotency_key_reused";
        };
      };
    };
    /** @description The order has changed: `If-Match` does not name its current `ETag`. */
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
    /** @description Present if the other service is unavailable and its last response was used. A `ttl` of -12 means that this response expired 12 seconds ago (RFC 9211). */
    CacheStatus: string;
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
    /** @description The media types that a request body may have (RFC 9110, 12.5.1). */
    Accept: string;
    /** @description The entity tag of the resource, for `If-Match` and `If-None-Match`. Opaque: each change gives the resource a new one. */
    OptionalETag: string;
  };
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  listOrders: {
    parameters: {
      query?: {
        /** @description The id of a user. New ids are UUIDv7. */
        user_id?: components["schemas"]["UserId"];
        /** @description The maximum number of items on the page. */
        limit?: components["schemas"]["Limit"];
        /** @description Where the page starts. Opaque: take it from the `Link` header of the previous page. */
        cursor?: components["schemas"]["Cursor"];
        /** @description The status of an order. */
        status?: components["schemas"]["OrderStatus"];
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of orders */
      200: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          Link: components["headers"]["Link"];
          "Cache-Status": components["headers"]["CacheStatus"];
          RateLimit: components["headers"]["RateLimit"];
          "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
          "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
          "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
          Vary: components["headers"]["Vary"];
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["OrderPage"];
        };
      };
      400: components["responses"]["BadRequest"];
      401: components["responses"]["Unauthorized"];
      403: components["responses"]["Forbidden"];
      404: components["responses"]["NotFound"];
      421: components["responses"]["MisdirectedRequest"];
      429: components["responses"]["TooManyRequests"];
      500: components["responses"]["InternalServerError"];
      502: components["responses"]["BadGateway"];
      503: components["responses"]["ServiceUnavailable"];
      504: components["responses"]["GatewayTimeout"];
    };
  };
  createOrder: {
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
         *       "user_id": "2",
         *       "amount": 12.5,
         *       "currency": "EUR",
         *       "note": "Leave it at the door"
         *     }
         */
        "application/json": components["schemas"]["NewOrder"];
      };
    };
    responses: {
      /** @description The new order */
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
          "application/json": components["schemas"]["Order"];
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
      403: components["responses"]["Forbidden"];
      408: components["responses"]["RequestTimeout"];
      409: components["responses"]["Conflict"];
      413: components["responses"]["ContentTooLarge"];
      415: components["responses"]["UnsupportedMediaType"];
      421: components["responses"]["MisdirectedRequest"];
      422: components["responses"]["UnprocessableContent"];
      429: components["responses"]["TooManyRequests"];
      500: components["responses"]["InternalServerError"];
      502: components["responses"]["BadGateway"];
      503: components["responses"]["ServiceUnavailable"];
      504: components["responses"]["GatewayTimeout"];
    };
  };
  getOrder: {
    parameters: {
      query?: {
        /** @description What to include in the response. */
        expand?: components["schemas"]["Expand"];
      };
      header?: {
        /** @description Responds with 304 and no body if one of these is the current `ETag` (RFC 9110). */
        "If-None-Match"?: string;
      };
      path: {
        /**
         * @description The id of an order. New ids are UUIDv7.
         * @example 1
         */
        id: components["schemas"]["OrderId"];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The order */
      200: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          ETag: components["headers"]["OptionalETag"];
          "Cache-Status": components["headers"]["CacheStatus"];
          RateLimit: components["headers"]["RateLimit"];
          "RateLimit-Policy": components["headers"]["RateLimitPolicy"];
          "Access-Control-Allow-Origin": components["headers"]["Access-Control-Allow-Origin"];
          "Access-Control-Expose-Headers": components["headers"]["AccessControlExposeHeaders"];
          Vary: components["headers"]["Vary"];
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["OrderWithUser"];
        };
      };
      /** @description The order has not changed */
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
      /** @description No order has this id. */
      404: {
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
      421: components["responses"]["MisdirectedRequest"];
      429: components["responses"]["TooManyRequests"];
      500: components["responses"]["InternalServerError"];
      502: components["responses"]["BadGateway"];
      503: components["responses"]["ServiceUnavailable"];
      504: components["responses"]["GatewayTimeout"];
    };
  };
  updateOrder: {
    parameters: {
      query?: never;
      header?: {
        /** @description Responds with 412 and changes nothing unless one of these is the current `ETag` (RFC 9110). */
        "If-Match"?: string;
      };
      path: {
        /**
         * @description The id of an order. New ids are UUIDv7.
         * @example 2
         */
        id: components["schemas"]["OrderId"];
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "status": "paid"
         *     }
         */
        "application/json": components["schemas"]["OrderPatch"];
        /**
         * @example {
         *       "status": "paid"
         *     }
         */
        "application/merge-patch+json": components["schemas"]["OrderPatch"];
      };
    };
    responses: {
      /** @description The updated order */
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
          "application/json": components["schemas"]["Order"];
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
      /** @description No order has this id. */
      404: {
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
      408: components["responses"]["RequestTimeout"];
      /** @description An order cannot change from its status to the requested one. */
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
            code: "invalid_transition";
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
      /** @description The database is not available at the moment, the service is overloaded, or tokens cannot be verified at the moment. */
      503: {
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
    };
  };
}
