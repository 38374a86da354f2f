/** SQL <-> contract types: an operation a function. */
import {
  type Database,
  type Row,
  type Statement,
  UniqueViolation,
} from "../shared/database/database.ts";
import type { Claim } from "../shared/http/idempotency.ts";
import type { Position } from "../shared/http/page.ts";
import { ProblemError } from "../shared/http/problem.ts";
import type { NewUser, User, UserPatch } from "../shared/types.ts";

/** A user, with what the wire shows as headers. */
export interface StoredUser extends Position {
  user: User;
  version: number;
}

interface UserRow extends Row {
  id: string;
  name: string;
  email: string;
  version: number;
  created_at: number;
  updated_at: number;
}

export function createUserStore(database: Database) {
  return {
    async byId(id: string): Promise<StoredUser | undefined> {
      const [row] = await database.read<UserRow>(
        "SELECT id, name, email, version, created_at, updated_at FROM users WHERE id = $1",
        [id],
      );
      return row && stored(row);
    },

    /** At most one: upper and lower case are equal. */
    async byEmail(email: string): Promise<StoredUser[]> {
      const rows = await database.read<UserRow>(
        `SELECT id, name, email, version, created_at, updated_at FROM users
         WHERE lower(email) = lower($1)`,
        [email],
      );
      return rows.map(stored);
    },

    /** Oldest first, from after the position on. */
    async list({ createdAt, id }: Position, limit: number): Promise<StoredUser[]> {
      const rows = await database.read<UserRow>(
        `SELECT id, name, email, version, created_at, updated_at FROM users
         WHERE (created_at, id) > ($1, $2)
         ORDER BY created_at, id LIMIT $3`,
        [createdAt, id, limit],
      );
      return rows.map(stored);
    },

    /** The insert of a new user, guarded: under a key only if the key is recorded for this user. */
    insert({ id, name, email, created_at }: User, { caller, key }: Claim): Statement {
      const at = Date.parse(created_at);
      return {
        text: `
          INSERT INTO users (id, name, email, version, created_at, updated_at)
          SELECT $1, $2, $3, 1, CAST($4 AS BIGINT), CAST($4 AS BIGINT)
          WHERE $5 = '' OR EXISTS (
            SELECT 1 FROM idempotency_keys WHERE key = $5 AND caller = $6 AND resource_id = $1
          )`,
        values: [id, name, email, at, key, caller],
      };
    },

    /**
     * Changes the fields that the patch names if `versions` admits the row's own.
     *
     * @throws ProblemError 409 for an email that another user has
     */
    async update(
      id: string,
      { name = null, email = null }: { [Field in keyof UserPatch]: UserPatch[Field] | null },
      { versions, now }: { versions: string; now: number },
    ): Promise<StoredUser | undefined> {
      const text = `
        UPDATE users
        SET name = COALESCE($1, name), email = COALESCE($2, email),
          version = version + 1, updated_at = $3
        WHERE id = $4 AND ($5 = '*' OR $5 LIKE '%,' || version || ',%')
        RETURNING id, name, email, version, created_at, updated_at`;
      const values = [name, email, now, id, versions];
      const [rows] = await emailTakenOr(database.write([{ text, values }]));
      const [row] = rows as UserRow[];
      return row && stored(row);
    },

    /** Whether there was such a user whose version is admitted. */
    async remove(id: string, versions: string): Promise<boolean> {
      const text = `
        DELETE FROM users
        WHERE id = $1 AND ($2 = '*' OR $2 LIKE '%,' || version || ',%')
        RETURNING id`;
      const [rows] = await database.write([{ text, values: [id, versions] }]);
      return rows?.length === 1;
    },
  };
}
export type UserStore = ReturnType<typeof createUserStore>;

/** A user that is not stored yet. */
export function newUser({ name, email }: NewUser, now: number): User {
  const at = new Date(now).toISOString();
  return { id: Bun.randomUUIDv7("hex", now), name, email, created_at: at, updated_at: at };
}

/** What a write to `users` answers; a row in its way has the same email: there is no other index. */
export async function emailTakenOr<Result>(written: Promise<Result>): Promise<Result> {
  try {
    return await written;
  } catch (cause) {
    if (!(cause instanceof UniqueViolation)) throw cause;
    throw new ProblemError(409, "email_taken", "Another user has this email", {
      errors: [{ pointer: "/email", detail: "Taken by another user" }],
      cause,
    });
  }
}

function stored({ id, name, email, version, created_at, updated_at }: UserRow): StoredUser {
  const user: User = {
    id,
    name,
    email,
    created_at: new Date(created_at).toISOString(),
    updated_at: new Date(updated_at).toISOString(),
  };
  return { id, createdAt: created_at, version, user };
}
