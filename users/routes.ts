/** The routes of the service. */
import { Elysia } from "elysia";

import {
  type Api,
  created,
  door,
  fail,
  found,
  page,
  responses,
  type Who,
} from "../platform/index.ts";
import { NewUser, User, UserPage, UserPatch, UserPath, UserQuery } from "../shared/types.ts";
import { emailTaken, missing, stale, subjectUnusable, userExists } from "./failures.ts";
import type { UserStore } from "./store.ts";
import { USERS } from "./table.ts";

export function userRoutes(store: UserStore) {
  /** Why a change has changed nothing. */
  const refusal = async (id: string, who: Who) =>
    fail((await store.byId(id, who)) ? stale : missing);

  return new Elysia({ tags: ["users"] })
    .use(door)
    .get("/users", ({ query, who }) => page((from) => store.list(query, from, who)), {
      needs: "users:read",
      query: UserQuery,
      response: responses.list(UserPage),
      detail: {
        operationId: "listUsers",
        summary: "List users",
        description:
          "Returns all users, oldest first, or only the one with this `email`. If the service requires " +
          "tokens, a caller without the scope `admin` sees only its own user.",
      },
    })
    .post("/users", ({ body, who }) => created(USERS, () => store.create(body, who)), {
      needs: "users:write",
      body: NewUser,
      response: responses.create(User, userExists, subjectUnusable, emailTaken),
      detail: {
        operationId: "createUser",
        summary: "Create a user",
        description:
          "Responds with 409 if another user has the email. If the service requires tokens, a caller " +
          "without the scope `admin` creates its own user: the id is the subject of the token.",
      },
    })
    .get("/users/:id", ({ params, who }) => found(store.byId(params.id, who), missing), {
      needs: ["users:read", "users:read:any"],
      params: UserPath,
      response: responses.read(User, missing),
      detail: {
        operationId: "getUser",
        summary: "Get a user",
        description: "Returns the user with this id.",
      },
    })
    .patch(
      "/users/:id",
      ({ params: { id }, body, who }) => found(store.update(id, body, who), () => refusal(id, who)),
      {
        needs: "users:write",
        params: UserPath,
        body: UserPatch,
        response: responses.change(User, stale, missing, emailTaken),
        detail: {
          operationId: "updateUser",
          summary: "Update a user",
          description:
            "Changes only the fields in the body. Responds with 409 if another user has the email.",
        },
      },
    )
    .delete(
      "/users/:id",
      async ({ params: { id }, who, status }) =>
        (await store.remove(id, who)) ? status(204, undefined) : refusal(id, who),
      {
        needs: "users:write",
        params: UserPath,
        response: responses.remove(User, stale, missing),
        detail: {
          operationId: "deleteUser",
          summary: "Delete a user",
          description: "Deletes the user and keeps the orders of the user.",
        },
      },
    );
}

export type UsersApi = Api<typeof userRoutes>;
