/** What a call of Eden can fail with, as types, for tests of them. */

type Call = (...options: never[]) => Promise<{ error: unknown }>;

/** The failures of a call, one for each status. */
type ErrorsOf<One extends Call> = NonNullable<Awaited<ReturnType<One>>["error"]>;

/** The statuses of the failures of a call. */
export type StatusesOf<One extends Call> =
  ErrorsOf<One> extends { status: infer Status } ? Status : never;

/** The codes that a failure with this status can have. */
export type CodesOf<One extends Call, Status extends number> =
  Extract<ErrorsOf<One>, { status: Status }> extends { value: { code: infer Code } } ? Code : never;

/** The statuses that any route can fail with. */
export type Anywhere = 400 | 401 | 403 | 421 | 429 | 500 | 503;
/** The codes of a 400 of any route. */
export type AnyBadRequest = "invalid_host" | "invalid_target" | "malformed_token" | "invalid_query";
