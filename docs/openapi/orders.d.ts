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
     * List the orders of a user
     * @description Oldest first. Asks `users` whether there is such a user: 404 if not.
     */
    get: operations["listOrders"];
    put?: never;
    /**
     * Create an order
     * @description Asks `users` whether there is such a user: 422 naming `/user_id` if not.
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
     * Read an order
     * @description With its user if `expand=user`, and without an `ETag` then.
     */
    get: operations["getOrder"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    /**
     * Move an order on
     * @description pending -> paid -> shipped -> delivered; pending or paid -> cancelled; 409 otherwise. Without `admin` a caller may cancel its own.
     */
    patch: operations["updateOrder"];
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    /**
     * @description What is to be paid, with two decimal places at most.
     * @example 100.5
     */
    Amount: number;
    /**
     * @description An ISO 4217 code, in use when the order was created.
     * @example EUR
     */
    Currency: string;
    /**
     * @description Where the page starts: opaque, from the `Link` of the page before.
     * @example WyJhIiwxNzY3MzIzMDQ1Njc4LCIxIl0
     */
    Cursor: string;
    /**
     * @description An address of which there is one user at most, upper and lower case being equal.
     * @example alice@example.com
     */
    Email: string;
    /**
     * @description What to embed in the answer.
     * @example user
     * @enum {string}
     */
    Expand: "user";
    /** @description A field that does not fit. */
    FieldError: {
      /**
       * @description The field, as a JSON pointer (RFC 6901) into the body, or into the path, the query or the headers as `code` tells. Empty for the body itself.
       * @example /amount
       */
      pointer: string;
      /**
       * @description What is wrong with it, for people.
       * @example Expected a number from 0.01 to 1000000000 with two decimal places at most
       */
      detail: string;
    };
    /**
     * Format: int32
     * @description How many at most on this page.
     * @default 20
     * @example 20
     */
    Limit: number;
    /**
     * @description What the user wants to be called.
     * @example Alice
     */
    Name: string;
    /**
     * @description The code of a currency in use, ISO 4217 as of 2026-09-17, with two decimal places at most.
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
     * @description Fields of a new order. It starts as pending, in EUR by default. The amount is a whole number if the currency has no decimal places.
     * @example {
     *       "user_id": "1",
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
     * @description Anything the customer wants to say.
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
     * @description Names an order; new ones are UUIDv7.
     * @example 1
     */
    OrderId: string;
    /** @description Orders of one user, oldest first. */
    OrderPage: components["schemas"]["Order"][];
    /**
     * @description The status to go to, as a JSON merge patch (RFC 7396).
     * @example {
     *       "status": "paid"
     *     }
     */
    OrderPatch: {
      status: components["schemas"]["OrderStatus"];
    };
    /**
     * @description Where the order stands: pending, paid, shipped, delivered; or cancelled.
     * @example pending
     * @enum {string}
     */
    OrderStatus: "pending" | "paid" | "shipped" | "delivered" | "cancelled";
    /** @description An order, with its user when asked. */
    OrderWithUser: {
      id: components["schemas"]["OrderId"];
      user_id: components["schemas"]["UserId"];
      amount: components["schemas"]["Amount"];
      currency: components["schemas"]["Currency"];
      status: components["schemas"]["OrderStatus"];
      note?: components["schemas"]["Note"];
      created_at: components["schemas"]["Timestamp"];
      updated_at: components["schemas"]["Timestamp"];
      /** @description The user of the order, if `expand=user`; null if there is none any more. */
      user?: components["schemas"]["User"] | null;
    };
    /** @description A failure (RFC 9457). */
    Problem: {
      /**
       * Format: uri-reference
       * @description `about:blank`: the title says what the status says (RFC 9457).
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
       * @description What went wrong this time, for people.
       * @example No user has this id
       */
      detail: string;
      /**
       * Format: uri-reference
       * @description Where it went wrong.
       * @example /users
       */
      instance?: string;
      code: components["schemas"]["ProblemCode"];
      /**
       * @description The request, as in the `X-Request-Id` header and in the log.
       * @example 019b76da-a800-7000-8000-000000000000
       */
      request_id: string;
      /** @description Every field that does not fit. */
      errors?: components["schemas"]["FieldError"][];
    };
    /**
     * @description What went wrong, for programs.
     * @example not_found
     */
    ProblemCode: string;
    /**
     * Format: date-time
     * @description A moment in UTC, RFC 3339 with milliseconds.
     * @example 2026-01-02T03:04:05.678Z
     */
    Timestamp: string;
    /** @description A person who can order. */
    User: {
      id: components["schemas"]["UserId"];
      name: components["schemas"]["Name"];
      email: components["schemas"]["Email"];
      created_at: components["schemas"]["Timestamp"];
      updated_at: components["schemas"]["Timestamp"];
    };
    /**
     * @description Names a user; new ones are UUIDv7.
     * @example 1
     */
    UserId: string;
  };
  responses: {
    /** @description The query does not fit its schema. The `Host` header is not one host, with a port or without. The path has dot segments, which clients resolve, or it is none. */
    BadRequest: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"];
      };
    };
    /** @description No user has this id. */
    NotFound: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"];
      };
    };
    /** @description The service is not known by this `Host`. */
    MisdirectedRequest: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"];
      };
    };
    /** @description A fault of the service; its log has the reason. */
    InternalServerError: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"];
      };
    };
    /** @description The users service answered outside its contract. */
    BadGateway: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"];
      };
    };
    /** @description The database cannot be used at the moment. The users service cannot be reached, or cannot answer at the moment. The service is working on as much as it can. */
    ServiceUnavailable: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        "Retry-After": components["headers"]["RetryAfter"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"];
      };
    };
    /** @description The users service took too long. */
    GatewayTimeout: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"];
      };
    };
    /** @description The body came too slowly. */
    RequestTimeout: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"];
      };
    };
    /** @description A request with the same `Idempotency-Key` is still being worked on. */
    Conflict: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        "Retry-After": components["headers"]["RetryAfter"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"];
      };
    };
    /** @description The body is too large. */
    ContentTooLarge: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"];
      };
    };
    /** @description The body is not declared as JSON. */
    UnsupportedMediaType: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        Accept: components["headers"]["Accept"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"];
      };
    };
    /** @description The body does not fit its schema. The order is for a user who does not exist. The `Idempotency-Key` was used before with another body. */
    UnprocessableContent: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"];
      };
    };
    /** @description The order was changed since: `If-Match` does not name its `ETag`. */
    PreconditionFailed: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"];
      };
    };
  };
  parameters: never;
  requestBodies: never;
  headers: {
    /** @description Names this request, here and in the logs of every service that has to do with it. */
    RequestId: string;
    /** @description The next page, `rel="next"`, unless this is the last one (RFC 8288). */
    Link: string;
    /** @description That the other service is away and its last answer was used, which is as many seconds too old as the negative `ttl` says (RFC 9211). */
    CacheStatus: string;
    /** @description After how many seconds it makes sense to ask again. */
    RetryAfter: number;
    /** @description Where the new thing is. */
    Location: string;
    /** @description The version of what was answered, for `If-Match` and `If-None-Match`. */
    ETag: string;
    /** @description `true` if the key was seen before and this is the first answer again. */
    IdempotencyReplayed: string;
    /** @description The media types of a body that are accepted (RFC 9110, 12.5.1). */
    Accept: string;
    /** @description The version of what was answered, for `If-Match` and `If-None-Match`. */
    OptionalETag: string;
  };
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  listOrders: {
    parameters: {
      query: {
        /**
         * @description Names a user; new ones are UUIDv7.
         * @example 1
         */
        user_id: components["schemas"]["UserId"];
        /** @description How many at most on this page. */
        limit?: components["schemas"]["Limit"];
        /** @description Where the page starts: opaque, from the `Link` of the page before. */
        cursor?: components["schemas"]["Cursor"];
        /** @description Where the order stands: pending, paid, shipped, delivered; or cancelled. */
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
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["OrderPage"];
        };
      };
      400: components["responses"]["BadRequest"];
      404: components["responses"]["NotFound"];
      421: components["responses"]["MisdirectedRequest"];
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
        /** @description A key of the client's own: sent again with the same body it gets the first answer again and creates nothing (draft-ietf-httpapi-idempotency-key-header). In quotes (RFC 8941) or bare it is the same key. Kept for 24 hours. */
        "Idempotency-Key"?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
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
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Order"];
        };
      };
      /** @description The query does not fit its schema. A header does not fit its schema. The body is not JSON in UTF-8. The body ended before it was complete. The `Host` header is not one host, with a port or without. The path has dot segments, which clients resolve, or it is none. */
      400: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      408: components["responses"]["RequestTimeout"];
      409: components["responses"]["Conflict"];
      413: components["responses"]["ContentTooLarge"];
      415: components["responses"]["UnsupportedMediaType"];
      421: components["responses"]["MisdirectedRequest"];
      422: components["responses"]["UnprocessableContent"];
      500: components["responses"]["InternalServerError"];
      502: components["responses"]["BadGateway"];
      503: components["responses"]["ServiceUnavailable"];
      504: components["responses"]["GatewayTimeout"];
    };
  };
  getOrder: {
    parameters: {
      query?: {
        /** @description What to embed in the answer. */
        expand?: components["schemas"]["Expand"];
      };
      header?: {
        /** @description Answer 304 without a body if one of these is still the `ETag` (RFC 9110). */
        "If-None-Match"?: string;
      };
      path: {
        /**
         * @description Names an order; new ones are UUIDv7.
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
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["OrderWithUser"];
        };
      };
      /** @description The order is still the one that the client has */
      304: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          ETag: components["headers"]["ETag"];
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description The query does not fit its schema. A part of the path does not fit its schema. A header does not fit its schema. The `Host` header is not one host, with a port or without. The path has dot segments, which clients resolve, or it is none. */
      400: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description No order has this id. */
      404: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      421: components["responses"]["MisdirectedRequest"];
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
        /** @description Change nothing and answer 412 unless one of these is the `ETag` (RFC 9110). */
        "If-Match"?: string;
      };
      path: {
        /**
         * @description Names an order; new ones are UUIDv7.
         * @example 1
         */
        id: components["schemas"]["OrderId"];
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["OrderPatch"];
        "application/merge-patch+json": components["schemas"]["OrderPatch"];
      };
    };
    responses: {
      /** @description The order as it is now */
      200: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          ETag: components["headers"]["ETag"];
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Order"];
        };
      };
      /** @description The query does not fit its schema. A part of the path does not fit its schema. A header does not fit its schema. The body is not JSON in UTF-8. The body ended before it was complete. The `Host` header is not one host, with a port or without. The path has dot segments, which clients resolve, or it is none. */
      400: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      /** @description No order has this id. */
      404: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      408: components["responses"]["RequestTimeout"];
      /** @description An order in this status cannot go to that one. */
      409: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      412: components["responses"]["PreconditionFailed"];
      413: components["responses"]["ContentTooLarge"];
      415: components["responses"]["UnsupportedMediaType"];
      421: components["responses"]["MisdirectedRequest"];
      /** @description The body does not fit its schema. */
      422: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
      500: components["responses"]["InternalServerError"];
      /** @description The database cannot be used at the moment. The service is working on as much as it can. */
      503: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          "Retry-After": components["headers"]["RetryAfter"];
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"];
        };
      };
    };
  };
}
