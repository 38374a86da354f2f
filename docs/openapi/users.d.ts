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
     * @description All users, oldest first, or the one with an email; without `admin` the caller's own.
     */
    get: operations["listUsers"];
    put?: never;
    /**
     * Create a user
     * @description 409 if another user has the email. Without `admin` it is the caller's own user, whose id is the subject of the token.
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
     * Read a user
     * @description One user by id.
     */
    get: operations["getUser"];
    put?: never;
    post?: never;
    /**
     * Delete a user
     * @description The orders of the user stay.
     */
    delete: operations["deleteUser"];
    options?: never;
    head?: never;
    /**
     * Change a user
     * @description Changes the fields that are named; 409 if another user has the email.
     */
    patch: operations["updateUser"];
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
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
     * @description What a user is made of.
     * @example {
     *       "name": "Carol",
     *       "email": "carol@example.com"
     *     }
     */
    NewUser: {
      name: components["schemas"]["Name"];
      email: components["schemas"]["Email"];
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
    /** @description Users, oldest first. */
    UserPage: components["schemas"]["User"][];
    /**
     * @description The fields to change, as a JSON merge patch (RFC 7396).
     * @example {
     *       "name": "Alice Liddell"
     *     }
     */
    UserPatch: {
      name?: components["schemas"]["Name"];
      email?: components["schemas"]["Email"];
    };
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
    /** @description The database cannot be used at the moment. The service is working on as much as it can. */
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
    /** @description Another user has the email. A request with the same `Idempotency-Key` is still being worked on. */
    Conflict: {
      headers: {
        "X-Request-Id": components["headers"]["RequestId"];
        "Retry-After": components["headers"]["OptionalRetryAfter"];
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
    /** @description The body does not fit its schema. The `Idempotency-Key` was used before with another body. */
    UnprocessableContent: {
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
    /** @description The user was changed since: `If-Match` does not name its `ETag`. */
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
    /** @description After how many seconds it makes sense to ask again. */
    RetryAfter: number;
    /** @description Where the new thing is. */
    Location: string;
    /** @description The version of what was answered, for `If-Match` and `If-None-Match`. */
    ETag: string;
    /** @description `true` if the key was seen before and this is the first answer again. */
    IdempotencyReplayed: string;
    /** @description After how many seconds it makes sense to ask again. */
    OptionalRetryAfter: number;
    /** @description The media types of a body that are accepted (RFC 9110, 12.5.1). */
    Accept: string;
  };
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  listUsers: {
    parameters: {
      query?: {
        /** @description How many at most on this page. */
        limit?: components["schemas"]["Limit"];
        /** @description Where the page starts: opaque, from the `Link` of the page before. */
        cursor?: components["schemas"]["Cursor"];
        /** @description An address of which there is one user at most, upper and lower case being equal. */
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
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["UserPage"];
        };
      };
      400: components["responses"]["BadRequest"];
      421: components["responses"]["MisdirectedRequest"];
      500: components["responses"]["InternalServerError"];
      503: components["responses"]["ServiceUnavailable"];
    };
  };
  createUser: {
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
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["User"];
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
      503: components["responses"]["ServiceUnavailable"];
    };
  };
  getUser: {
    parameters: {
      query?: never;
      header?: {
        /** @description Answer 304 without a body if one of these is still the `ETag` (RFC 9110). */
        "If-None-Match"?: string;
      };
      path: {
        /**
         * @description Names a user; new ones are UUIDv7.
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
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["User"];
        };
      };
      /** @description The user is still the one that the client has */
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
      404: components["responses"]["NotFound"];
      421: components["responses"]["MisdirectedRequest"];
      500: components["responses"]["InternalServerError"];
      503: components["responses"]["ServiceUnavailable"];
    };
  };
  deleteUser: {
    parameters: {
      query?: never;
      header?: {
        /** @description Change nothing and answer 412 unless one of these is the `ETag` (RFC 9110). */
        "If-Match"?: string;
      };
      path: {
        /**
         * @description Names a user; new ones are UUIDv7.
         * @example 1
         */
        id: components["schemas"]["UserId"];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The user is gone */
      204: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
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
      404: components["responses"]["NotFound"];
      412: components["responses"]["PreconditionFailed"];
      421: components["responses"]["MisdirectedRequest"];
      500: components["responses"]["InternalServerError"];
      503: components["responses"]["ServiceUnavailable"];
    };
  };
  updateUser: {
    parameters: {
      query?: never;
      header?: {
        /** @description Change nothing and answer 412 unless one of these is the `ETag` (RFC 9110). */
        "If-Match"?: string;
      };
      path: {
        /**
         * @description Names a user; new ones are UUIDv7.
         * @example 1
         */
        id: components["schemas"]["UserId"];
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["UserPatch"];
        "application/merge-patch+json": components["schemas"]["UserPatch"];
      };
    };
    responses: {
      /** @description The user as it is now */
      200: {
        headers: {
          "X-Request-Id": components["headers"]["RequestId"];
          ETag: components["headers"]["ETag"];
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["User"];
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
      404: components["responses"]["NotFound"];
      408: components["responses"]["RequestTimeout"];
      /** @description Another user has the email. */
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
      503: components["responses"]["ServiceUnavailable"];
    };
  };
}
