/** The type of an API for its clients: what the routes declare, and what their schemas imply. */
import type { Elysia } from "elysia";

import type { ChangeHeaders, CreateHeaders, ReadHeaders } from "../contract/schemas.ts";
import type { Failure } from "../http/failure.ts";
import type { CHECK_FAILURES } from "../openapi/checks.ts";
import type { ProblemOf } from "./answers.ts";
import type { implied } from "./complete.ts";

interface Route {
  body: unknown;
  params: unknown;
  query: unknown;
  headers: unknown;
  response: object;
}

/** Undeclared: `unknown`, or `{}` where a macro applies, whose types Elysia intersects. */
type Has<Part> = [keyof Part] extends [never] ? false : true;
type If<Condition extends boolean, Part> = Condition extends true ? Part : never;

type Implied = typeof implied;
/** What follows from the configuration: whether tokens are required, and the rate is limited. */
type Checked = (typeof CHECK_FAILURES)[keyof typeof CHECK_FAILURES][number];

type ImpliedBy<One extends Route> =
  | Checked
  | Implied["always" | "anywhere"][number]
  | If<Has<One["params"]>, Implied["path"][number]>
  | If<Has<HeadersOf<One>>, Implied["headers"][number]>
  | If<Has<One["body"]>, Implied["body"][number]>
  | If<201 extends keyof One["response"] ? true : false, Implied["creation"][number]>;

type ByStatus<Named extends Failure> = {
  [Status in Named["status"]]: ProblemOf<Extract<Named, { status: Status }>["code"]>;
};

/** A 304 implies If-None-Match, a 412 If-Match, a 201 Idempotency-Key; see `complete.ts`. */
type ImpliedHeaders<Responses> = 304 extends keyof Responses
  ? ReadHeaders
  : 412 extends keyof Responses
    ? ChangeHeaders
    : 201 extends keyof Responses
      ? CreateHeaders
      : unknown;
type HeadersOf<One extends Route> = ImpliedHeaders<One["response"]> &
  (Has<One["headers"]> extends true ? One["headers"] : unknown);

/** Without Elysia's own 422, which never occurs: the platform checks the input. */
type Own<Responses> = {
  [
    Status in keyof Responses as Responses[Status] extends { type: "validation" } ? never : Status
  ]: Responses[Status];
};

type Merged<A, B> = {
  [Key in keyof A | keyof B]:
    (Key extends keyof A ? A[Key] : never) | (Key extends keyof B ? B[Key] : never);
};

type Complete<One extends Route> = {
  body: Has<One["body"]> extends true ? One["body"] : unknown;
  params: One["params"];
  query: Has<One["query"]> extends true ? One["query"] : {};
  headers: HeadersOf<One>;
  response: Merged<Own<One["response"]>, ByStatus<ImpliedBy<One>>>;
};

type CompleteTree<Tree> = {
  [Key in keyof Tree]: Tree[Key] extends Route ? Complete<Tree[Key]> : CompleteTree<Tree[Key]>;
};

/**
 * The API of the function that returns the routes, for Eden:
 * `treaty<Api<typeof userRoutes>>(url, { parseDate: false })`. Without `parseDate: false`, Eden
 * turns whatever looks like a date into a `Date`, though its type is `string`.
 */
export type Api<Routes extends (...parts: never) => { "~Routes": unknown }> = Elysia<
  "",
  { decorator: {}; store: {}; derive: {}; resolve: {} },
  { typebox: {}; error: {} },
  { schema: {}; standaloneSchema: {}; macro: {}; macroFn: {}; parser: {}; response: {} },
  CompleteTree<ReturnType<Routes>["~Routes"]>
>;
