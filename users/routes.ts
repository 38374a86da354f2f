/** The routes of the service. */
import { Elysia } from "elysia";

import type { RouteParts } from "../platform/command/app.ts";
import { bodyFailures, strictBody } from "../platform/http/body.ts";
import { traceOf } from "../platform/http/context.ts";
import { CREATED_HEADERS, creation, creationFailures } from "../platform/http/created.ts";
import { setEntityTag, tagsAdmitted, unlessKnown } from "../platform/http/etag.ts";
import { ProblemError } from "../platform/http/failure.ts";
import { invalidHeaders, invalidPath } from "../platform/http/failures.ts";
import { decodeCursor, isAfter, pageOf, type Position } from "../platform/http/page.ts";
import { needs } from "../platform/http/security.ts";
import { ANYONE, NOBODY, owns } from "../platform/identity/owner.ts";
import { empty, failures, response } from "../platform/openapi/responses.ts";
import { andThen, type MaybePromise } from "../platform/process/and-then.ts";
import {
  ChangeHeaders,
  NewUser,
  NoQuery,
  ReadHeaders,
  User,
  UserPage,
  UserPatch,
  UserPath,
  UserQuery,
} from "../shared/types.ts";
import { emailTaken, missing, stale, subjectUnusable, userExists } from "./failures.ts";
import { newUser, type StoredUser, type UserStore } from "./store.ts";

export interface UserRoutesOptions extends RouteParts {
  store: UserStore;
}

export function userRoutes({ store, create, access, maxBodyBytes, now }: UserRoutesOptions) {
  const ownFailures = access.enforced ? ([userExists, subjectUnusable] as const) : [];

  return new Elysia({ normalize: false, tags: ["users"] })
    .get(
      "/users",
      ({ query: { limit = 20, cursor, email }, request, set }) => {
        const filter = [email];
        const from = decodeCursor(filter, cursor);
        const found = rowsOf(request, { email, from, limit: limit + 1 });
        return andThen(found, (rows) => {
          const { page, link } = pageOf(rows, { limit, filter, url: request.url });
          if (link) set.headers["link"] = link;
          return page.map(({ user }) => user);
        });
      },
      {
        query: UserQuery,
        response: { 200: response(UserPage, "A page of users", "Link?"), ...failures(400, 503) },
        detail: {
          operationId: "listUsers",
          summary: "List users",
          description:
            "Returns all users, oldest first, or only the one with this `email`. If the service requires " +
            "tokens, a caller without the scope `admin` sees only its own user.",
          ...needs("users:read"),
        },
      },
    )
    .post(
      "/users",
      async ({ body, headers, request, route, set }) => {
        const owner = access.owner(request);
        if (owner === NOBODY) throw new ProblemError(subjectUnusable);
        const mayCreate = (id: string) => owns(owner, id);
        return create({ body, headers, request, route, set, mayCreate }, () => {
          const user = newUser(body, { owner, now: now() });
          const obstacle = () => store.obstacle(user, traceOf(request));
          return { resource: user, ...store.insertion(user), obstacle };
        });
      },
      {
        ...creation(NewUser, maxBodyBytes),
        response: {
          201: response(User, "The new user", ...CREATED_HEADERS),
          ...failures(400, 503, ...creationFailures(...ownFailures, emailTaken)),
        },
        detail: {
          operationId: "createUser",
          summary: "Create a user",
          description:
            "Responds with 409 if another user has the email. If the service requires tokens, a caller " +
            "without the scope `admin` creates its own user: the id is the subject of the token.",
          ...needs("users:write"),
        },
      },
    )
    .get(
      "/users/:id",
      ({ params, headers, request, set }) =>
        andThen(
          store.byId(params.id, access.owner(request, "users:read:any"), traceOf(request)),
          (found) => {
            if (!found) throw new ProblemError(missing);
            return unlessKnown(found.user, found.tag, { headers, set });
          },
        ),
      {
        params: UserPath,
        query: NoQuery,
        headers: ReadHeaders,
        response: {
          200: response(User, "The user", "ETag"),
          304: empty("The user has not changed", "ETag"),
          ...failures(400, 503, invalidPath, invalidHeaders, missing),
        },
        detail: {
          operationId: "getUser",
          summary: "Get a user",
          description: "Returns the user with this id.",
          ...needs("users:read", "users:read:any"),
        },
      },
    )
    .patch(
      "/users/:id",
      async ({ params: { id }, body, headers, request, set }) => {
        const owner = access.owner(request);
        const tags = tagsAdmitted(headers["if-match"]);
        const trace = traceOf(request);
        const found = await store.update(id, body, { tags, owner, now: now(), trace });
        if (!found) throw new ProblemError((await store.byId(id, owner, trace)) ? stale : missing);
        setEntityTag(set, found.tag);
        return found.user;
      },
      {
        ...strictBody(UserPatch, maxBodyBytes),
        params: UserPath,
        query: NoQuery,
        headers: ChangeHeaders,
        response: {
          200: response(User, "The updated user", "ETag"),
          ...failures(
            400,
            503,
            invalidPath,
            invalidHeaders,
            ...bodyFailures,
            missing,
            emailTaken,
            stale,
          ),
        },
        detail: {
          operationId: "updateUser",
          summary: "Update a user",
          description:
            "Changes only the fields in the body. Responds with 409 if another user has the email.",
          ...needs("users:write"),
        },
      },
    )
    .delete(
      "/users/:id",
      async ({ params: { id }, headers, request, set }) => {
        const owner = access.owner(request);
        const tags = tagsAdmitted(headers["if-match"]);
        const trace = traceOf(request);
        const removed = await store.remove(id, { tags, owner, trace });
        if (!removed)
          throw new ProblemError((await store.byId(id, owner, trace)) ? stale : missing);
        set.status = 204;
      },
      {
        params: UserPath,
        query: NoQuery,
        headers: ChangeHeaders,
        response: {
          204: empty("The user has been deleted"),
          ...failures(400, 503, invalidPath, invalidHeaders, missing, stale),
        },
        detail: {
          operationId: "deleteUser",
          summary: "Delete a user",
          description: "Deletes the user and keeps the orders of the user.",
          ...needs("users:write"),
        },
      },
    );

  /** Returns the users that the caller may see: everyone, or only its own user. */
  function rowsOf(
    request: Request,
    { email, from, limit }: { email: string | undefined; from: Position; limit: number },
  ): MaybePromise<StoredUser[]> {
    const owner = access.owner(request);
    const trace = traceOf(request);
    if (email) return store.byEmail(email, owner, trace);
    if (owner === ANYONE) return store.list(from, limit, trace);
    return andThen(store.byId(owner, owner, trace), (own) =>
      own && isAfter(own, from) ? [own] : [],
    );
  }
}
