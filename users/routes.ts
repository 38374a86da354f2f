/** Every route of the service. */
import { Elysia } from "elysia";

import { bodyFailures, strictBody } from "../shared/http/body.ts";
import { CREATED_HEADERS, respondCreated } from "../shared/http/created.ts";
import { setEntityTag, unlessKnown, versionsAdmitted } from "../shared/http/etag.ts";
import { ProblemError } from "../shared/http/failure.ts";
import { invalidHeaders, invalidPath, keyInUse, keyReused } from "../shared/http/failures.ts";
import type { Creations } from "../shared/http/idempotency.ts";
import { decodeCursor, pageOf } from "../shared/http/page.ts";
import { strictQuery } from "../shared/http/query.ts";
import { answer, empty, failures } from "../shared/openapi/responses.ts";
import { andThen } from "../shared/process/and-then.ts";
import {
  ChangeHeaders,
  CreateHeaders,
  NewUser,
  NoQuery,
  ReadHeaders,
  User,
  UserPage,
  UserPatch,
  UserPath,
  UserQuery,
} from "../shared/types.ts";
import { emailTaken, missing, stale } from "./failures.ts";
import { newUser, type UserStore } from "./store.ts";

export interface UserRoutesOptions {
  store: UserStore;
  creations: Creations;
  maxBodyBytes: number;
  now: () => number;
}

export function userRoutes({ store, creations, maxBodyBytes, now }: UserRoutesOptions) {
  return new Elysia({ normalize: false, tags: ["users"] })
    .get(
      "/users",
      ({ query: { limit = 20, cursor, email }, request, set }) => {
        const filter = [email];
        const from = decodeCursor(filter, cursor);
        const found = email ? store.byEmail(email) : store.list(from, limit + 1);
        return andThen(found, (rows) => {
          const { page, link } = pageOf(rows, { limit, filter, url: request.url });
          if (link) set.headers["link"] = link;
          return page.map(({ user }) => user);
        });
      },
      {
        ...strictQuery(UserQuery),
        response: { 200: answer(UserPage, "A page of users", "Link?"), ...failures(400, 503) },
        detail: {
          operationId: "listUsers",
          summary: "List users",
          description: "All users, oldest first, or the one with an email.",
        },
      },
    )
    .post(
      "/users",
      async ({ body, headers, set }) => {
        const { resource: user, replayed } = await creations.create(
          { key: headers["idempotency-key"], body },
          () => {
            const user = newUser(body, now());
            const obstacle = () => store.obstacle(user);
            return { resource: user, insert: store.insert(user), obstacle };
          },
        );
        respondCreated(set, { location: `/users/${user.id}`, replayed });
        return user;
      },
      {
        ...strictBody(NewUser, maxBodyBytes),
        ...strictQuery(NoQuery),
        headers: CreateHeaders,
        response: {
          201: answer(User, "The new user", ...CREATED_HEADERS),
          ...failures(400, 503, invalidHeaders, ...bodyFailures, emailTaken, keyInUse, keyReused),
        },
        detail: {
          operationId: "createUser",
          summary: "Create a user",
          description: "409 if another user has the email.",
        },
      },
    )
    .get(
      "/users/:id",
      ({ params, headers, set }) =>
        andThen(store.byId(params.id), (found) => {
          if (!found) throw new ProblemError(missing);
          return unlessKnown(found.user, found.version, { headers, set });
        }),
      {
        params: UserPath,
        ...strictQuery(NoQuery),
        headers: ReadHeaders,
        response: {
          200: answer(User, "The user", "ETag"),
          304: empty("The user is still the one that the client has", "ETag"),
          ...failures(400, 503, invalidPath, invalidHeaders, missing),
        },
        detail: { operationId: "getUser", summary: "Read a user", description: "One user by id." },
      },
    )
    .patch(
      "/users/:id",
      async ({ params: { id }, body, headers, set }) => {
        const versions = versionsAdmitted(headers["if-match"]);
        const found = await store.update(id, body, { versions, now: now() });
        if (!found) throw new ProblemError((await store.byId(id)) ? stale : missing);
        setEntityTag(set, found.version);
        return found.user;
      },
      {
        ...strictBody(UserPatch, maxBodyBytes),
        params: UserPath,
        ...strictQuery(NoQuery),
        headers: ChangeHeaders,
        response: {
          200: answer(User, "The user as it is now", "ETag"),
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
          summary: "Change a user",
          description: "Changes the fields that are named; 409 if another user has the email.",
        },
      },
    )
    .delete(
      "/users/:id",
      async ({ params: { id }, headers, set }) => {
        const removed = await store.remove(id, versionsAdmitted(headers["if-match"]));
        if (!removed) throw new ProblemError((await store.byId(id)) ? stale : missing);
        set.status = 204;
      },
      {
        params: UserPath,
        ...strictQuery(NoQuery),
        headers: ChangeHeaders,
        response: {
          204: empty("The user is gone"),
          ...failures(400, 503, invalidPath, invalidHeaders, missing, stale),
        },
        detail: {
          operationId: "deleteUser",
          summary: "Delete a user",
          description: "The orders of the user stay.",
        },
      },
    );
}
