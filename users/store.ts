/** The SQL of users: one function per operation, from and to contract types. */
import { type Database, type Statement, UniqueViolation } from "../platform/database/database.ts";
import { nothingLeft, present } from "../platform/database/present.ts";
import { timeOfChange } from "../platform/database/time-of-change.ts";
import { entityTag, isAdmitted, newRevision, type Tags } from "../platform/http/etag.ts";
import { ProblemError } from "../platform/http/failure.ts";
import type { Position } from "../platform/http/page.ts";
import { ANYONE, isOwned, type Owner } from "../platform/identity/owner.ts";
import { andThen, type MaybePromise } from "../platform/process/and-then.ts";
import type { TraceContext } from "../platform/process/trace/trace-context.ts";
import type { NewUser, User, UserPatch } from "../shared/types.ts";
import { emailTaken, userExists } from "./failures.ts";
import { folded, FOLDED_EMAIL } from "./folded-email.ts";
import { type UserRow, USERS } from "./table.ts";

/** A user, with the values that responses have as headers. */
export interface StoredUser extends Position {
  user: User;
  tag: string;
}

/** The condition of a change. */
interface Change {
  tags: Tags;
  owner: Owner;
  /** The trace that the change belongs to. Default: none */
  trace?: TraceContext | undefined;
}

// Put together once, and not for each request.
const BY_ID = `SELECT ${USERS.columns} FROM users WHERE id = $1 AND ${isOwned("$2", "id")}`;
const BY_EMAIL = `
  SELECT ${USERS.columns} FROM users
  WHERE ${FOLDED_EMAIL} = $1 AND ${isOwned("$2", "id")}`;
const LIST = `
  SELECT ${USERS.columns} FROM users
  WHERE (created_at, id) > ($1, $2)
  ORDER BY created_at, id LIMIT CAST($3 AS INTEGER)`;

/** A user owns itself: its owner is its id. */
export function createUserStore(database: Database) {
  return {
    byId(id: string, owner: Owner, trace?: TraceContext): MaybePromise<StoredUser | undefined> {
      const rows = database.read<UserRow>(BY_ID, [id, owner], trace);
      return andThen(rows, ([row]) => row && stored(row));
    },

    /** Returns one user or none; ignores case. */
    byEmail(email: string, owner: Owner, trace?: TraceContext): MaybePromise<StoredUser[]> {
      const rows = database.read<UserRow>(BY_EMAIL, [folded(email), owner], trace);
      return andThen(rows, (rows) => rows.map(stored));
    },

    /** Returns all users oldest first, from behind the position. */
    list(
      { createdAt, id }: Position,
      limit: number,
      trace?: TraceContext,
    ): MaybePromise<StoredUser[]> {
      const rows = database.read<UserRow>(LIST, [createdAt, id, limit], trace);
      return andThen(rows, (rows) => rows.map(stored));
    },

    /** Returns the INSERT of a new user, and its entity tag. */
    insertion({ id, name, email, created_at }: User): { insert: Statement; tag: string } {
      const at = Date.parse(created_at);
      const written = { version: 1, revision: newRevision(), created_at: at, updated_at: at };
      return { insert: USERS.insert({ id, name, email, ...written }), tag: entityTag(written) };
    },

    /** Returns the failure if a user with this id or email exists. */
    async obstacle({ id, email }: User, trace?: TraceContext): Promise<ProblemError | undefined> {
      if (await this.byId(id, ANYONE, trace)) return new ProblemError(userExists);
      const [found] = await this.byEmail(email, ANYONE, trace);
      return found && emailIsTaken();
    },

    /**
     * Changes the fields of the patch if `tags` admits the current one.
     *
     * @throws ProblemError 409 for the email of another user
     */
    async update(
      id: string,
      { name = null, email = null, ...rest }: Nullable<UserPatch>,
      { tags, owner, now, trace }: Change & { now: number },
    ): Promise<StoredUser | undefined> {
      nothingLeft(rest);
      const text = `
        UPDATE users
        SET name = COALESCE($1, name), email = COALESCE($2, email),
          version = version + 1, revision = $3, updated_at = ${timeOfChange("$4")}
        WHERE id = $5 AND ${isAdmitted("$6")} AND ${isOwned("$7", "id")}
        RETURNING ${USERS.columns}`;
      const values = [name, email, newRevision(), now, id, tags, owner];
      try {
        const [[row] = []] = await database.write<UserRow>([{ text, values }], trace);
        return row && stored(row);
      } catch (error) {
        // An update can violate no other unique index.
        throw error instanceof UniqueViolation ? emailIsTaken(error) : error;
      }
    },

    /** Deletes the user if `tags` admits the current one. Returns whether it did. */
    async remove(id: string, { tags, owner, trace }: Change): Promise<boolean> {
      const text = `
        DELETE FROM users
        WHERE id = $1 AND ${isAdmitted("$2")} AND ${isOwned("$3", "id")}
        RETURNING id`;
      const [rows] = await database.write([{ text, values: [id, tags, owner] }], trace);
      return rows?.length === 1;
    },
  };
}
export type UserStore = ReturnType<typeof createUserStore>;

/** Returns a user that is not stored yet: the caller's own, or one with a new id. */
export function newUser(
  { name, email, ...rest }: NewUser,
  { owner, now }: { owner: Owner; now: number },
): User {
  nothingLeft(rest);
  const at = new Date(now).toISOString();
  const id = owner === ANYONE ? Bun.randomUUIDv7("hex", now) : owner;
  return present<User>({ id, name, email, created_at: at, updated_at: at });
}

type Nullable<Type> = { [Name in keyof Type]: Type[Name] | null };

function emailIsTaken(cause?: UniqueViolation): ProblemError {
  return new ProblemError(emailTaken, {
    errors: [{ pointer: "/email", detail: "Taken by another user" }],
    cause,
  });
}

function stored(row: UserRow): StoredUser {
  const { id, name, email, created_at, updated_at } = row;
  const user = present<User>({
    id,
    name,
    email,
    created_at: new Date(created_at).toISOString(),
    updated_at: new Date(updated_at).toISOString(),
  });
  return { id, createdAt: created_at, tag: entityTag(row), user };
}
