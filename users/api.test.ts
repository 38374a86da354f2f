/** The types that Eden's clients get, and that they are true. */
import { afterAll, expect, expectTypeOf, test } from "bun:test";

import { treaty } from "@elysiajs/eden";

import type { NewUser, User, UserPatch, UserQuery } from "../shared/types.ts";
import { openService } from "../tests/support/apps.ts";
import type { AnyBadRequest, Anywhere, CodesOf, StatusesOf } from "../tests/support/eden.ts";
import type { UsersApi } from "./routes.ts";

const app = await openService("users");
afterAll(() => app.close());

const fetcher = (async (url: string, init: RequestInit) =>
  app.handle(new Request(url, init))) as unknown as typeof fetch;
const api = treaty<UsersApi>("localhost", { fetcher, parseDate: false });
const alice = api.users({ id: "1" });
type Users = typeof api.users;
type One = typeof alice;

test("The API has the routes of the service, with their methods, and no other", () => {
  expectTypeOf<keyof typeof api>().toEqualTypeOf<"users">();
  expectTypeOf<Exclude<keyof Users, "~path">>().toEqualTypeOf<"get" | "post">();
  expectTypeOf<Exclude<keyof One, "~path">>().toEqualTypeOf<"get" | "patch" | "delete">();
});

test("A success has the type of its resource", async () => {
  const one = await alice.get();
  expectTypeOf(one.data).toEqualTypeOf<User | null>();
  expectTypeOf<keyof NonNullable<typeof one.data>>().toEqualTypeOf<keyof User>();
  expect(one.data).toMatchObject({ name: "Alice", created_at: "2026-01-02T03:04:05.000Z" });

  const list = await api.users.get({ query: { limit: 1, email: "alice@example.com" } });
  expectTypeOf(list.data).toEqualTypeOf<User[] | null>();
  expect(list.data).toEqual([one.data as User]);

  const made = await api.users.post({ name: "Carol", email: "carol@example.com" });
  expectTypeOf(made.data).toEqualTypeOf<User | null>();
  expect(made.status).toBe(201);

  const carol = api.users({ id: made.data?.id ?? "" });
  const changed = await carol.patch({ name: "C." });
  expectTypeOf(changed.data).toEqualTypeOf<User | null>();
  expect(changed.data?.name).toBe("C.");
  const gone = await carol.delete();
  expectTypeOf(gone.data).toEqualTypeOf<void | null>();
  expect(gone.status).toBe(204);
});

test("A failure has its status and the codes that it can have, and no other", async () => {
  const { error } = await api.users({ id: "nobody" }).get();
  expect(error?.status).toBe(404);
  if (error?.status === 404) {
    expectTypeOf(error.value.code).toEqualTypeOf<"not_found">();
    expect(error.value.code).toBe("not_found");
  }
  expectTypeOf<StatusesOf<Users["get"]>>().toEqualTypeOf<Anywhere>();
  expectTypeOf<StatusesOf<Users["post"]>>().toEqualTypeOf<Anywhere | 408 | 409 | 413 | 415 | 422>();
  expectTypeOf<StatusesOf<One["get"]>>().toEqualTypeOf<Anywhere | 304 | 404>();
  expectTypeOf<StatusesOf<One["delete"]>>().toEqualTypeOf<Anywhere | 404 | 412>();
  expectTypeOf<StatusesOf<One["patch"]>>().toEqualTypeOf<
    Anywhere | 404 | 408 | 409 | 412 | 413 | 415 | 422
  >();

  expectTypeOf<CodesOf<Users["get"], 400>>().toEqualTypeOf<AnyBadRequest>();
  expectTypeOf<CodesOf<One["get"], 400>>().toEqualTypeOf<
    AnyBadRequest | "invalid_path" | "invalid_headers"
  >();
  expectTypeOf<CodesOf<Users["post"], 409>>().toEqualTypeOf<
    "user_exists" | "email_taken" | "idempotency_key_in_use"
  >();
  expectTypeOf<CodesOf<Users["post"], 422>>().toEqualTypeOf<
    "invalid_body" | "idempotency_key_reused"
  >();
  expectTypeOf<CodesOf<Users["post"], 403>>().toEqualTypeOf<
    "subject_unusable" | "insufficient_scope"
  >();
  expectTypeOf<CodesOf<One["patch"], 412>>().toEqualTypeOf<"stale">();
  expectTypeOf<CodesOf<One["delete"], 503>>().toEqualTypeOf<
    "database_unavailable" | "overloaded" | "keys_unavailable"
  >();
});

test("A request has the types of the contract, and the headers of its kind", () => {
  type Routes = UsersApi["~Routes"]["users"];
  expectTypeOf<Parameters<Users["post"]>[0]>().toEqualTypeOf<NewUser>();
  expectTypeOf<Parameters<One["patch"]>[0]>().toEqualTypeOf<UserPatch | undefined>();
  expectTypeOf<Routes["get"]["query"]>().toEqualTypeOf<UserQuery>();
  expectTypeOf<keyof Routes[":id"]["get"]["headers"]>().toEqualTypeOf<"if-none-match">();
  expectTypeOf<keyof Routes[":id"]["patch"]["headers"]>().toEqualTypeOf<"if-match">();
  expectTypeOf<keyof Routes[":id"]["delete"]["headers"]>().toEqualTypeOf<"if-match">();
  expectTypeOf<keyof Routes["post"]["headers"]>().toEqualTypeOf<"idempotency-key">();
});

test("A request of another type does not compile", () => {
  // @ts-expect-error a field that does not exist
  void (() => api.users.post({ name: "A", email: "a@example.com", nick: "x" }));
  // @ts-expect-error a field is missing
  void (() => api.users.post({ name: "A" }));
  // @ts-expect-error a query of another type
  void (() => api.users.get({ query: { limit: "1" } }));
  // @ts-expect-error a header that does not exist
  void (() => alice.patch({ name: "A" }, { headers: { "if-matches": "*" } }));
  void (() => alice.get({ headers: { "if-none-match": "*" } }));
});
