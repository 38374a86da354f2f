/** The SQL of users: one function per operation, from and to contract types. */
import {
  andThen,
  type Database,
  fail,
  nothingLeft,
  type Place,
  type Stored,
  UniqueViolation,
  type Who,
} from "../platform/index.ts";
import { type NewUser, type User, type UserPatch, type UserQuery } from "../shared/types.ts";
import { emailTaken, subjectUnusable, userExists } from "./failures.ts";
import { folded, FOLDED_EMAIL } from "./folded-email.ts";
import { USERS } from "./table.ts";

// Put together once, and not for each request.
const BY_ID = `SELECT ${USERS.columns} FROM users WHERE id = $1`;
const BY_EMAIL = `
  SELECT ${USERS.columns} FROM users
  WHERE ${FOLDED_EMAIL} = $1 AND ${USERS.isOwned("$2")}`;
const LIST = `
  SELECT ${USERS.columns} FROM users
  WHERE (created_at, id) > ($1, $2)
  ORDER BY created_at, id LIMIT CAST($3 AS INTEGER)`;
const OWN = `
  SELECT ${USERS.columns} FROM users
  WHERE id = $1 AND (created_at, id) > ($2, $3)`;
const UPDATE = `
  UPDATE users
  SET name = COALESCE($1, name), email = COALESCE($2, email),
    version = version + 1, revision = $3, updated_at = ${USERS.timeOfChange("$4")}
  WHERE id = $5 AND ${USERS.isAdmitted("$6")} AND ${USERS.isOwned("$7")}
  RETURNING ${USERS.columns}`;
const REMOVE = `
  DELETE FROM users WHERE id = $1 AND ${USERS.isAdmitted("$2")} AND ${USERS.isOwned("$3")}
  RETURNING id`;

/** A user owns itself: its owner is its id. */
export function createUserStore(database: Database, now: () => number) {
  const store = {
    byId(id: string, who: Who) {
      return andThen(database.read(BY_ID, [id], who.trace), (rows) => USERS.first(rows, who));
    },

    /** Returns one user or none; ignores case. */
    byEmail(email: string, who: Who) {
      const rows = database.read(BY_EMAIL, [folded(email), who.owner], who.trace);
      return andThen(rows, (rows) => USERS.all(rows, who));
    },

    /** Returns the users that the caller may see, oldest first: everyone, or only its own. */
    list({ email }: UserQuery, { createdAt, id, limit }: Place, who: Who) {
      if (email) return store.byEmail(email, who);
      const { owner, trace } = who;
      const rows = who.isEveryone
        ? database.read(LIST, [createdAt, id, limit], trace)
        : database.read(OWN, [owner, createdAt, id], trace);
      return andThen(rows, (rows) => USERS.all(rows, who));
    },

    /** Prepares a user: the caller's own, or one with a new id. */
    create({ name, email, ...rest }: NewUser, who: Who) {
      nothingLeft(rest);
      if (who.isNobody) return fail(subjectUnusable);
      const at = now();
      const id = who.isEveryone ? Bun.randomUUIDv7("hex", at) : who.owner;
      const created_at = new Date(at).toISOString();
      const resource: User = { id, name, email, created_at, updated_at: created_at };
      return { ...USERS.creation(resource), obstacle: () => obstacle(resource, who) };
    },

    /**
     * Changes the fields of the patch. Returns nothing if the caller may not, or not with this tag.
     *
     * @throws the failure 409 for the email of another user
     */
    async update(
      id: string,
      { name = null, email = null, ...rest }: Nullable<UserPatch>,
      who: Who,
    ): Promise<Stored<User> | undefined> {
      nothingLeft(rest);
      const values = [name, email, USERS.newRevision(), now(), id, who.tags, who.owner];
      try {
        const [rows = []] = await database.write([{ text: UPDATE, values }], who.trace);
        return USERS.first(rows, who);
      } catch (error) {
        // An update can violate no other unique index.
        throw error instanceof UniqueViolation ? emailIsTaken(error) : error;
      }
    },

    /** Deletes the user. Returns whether it did: the caller may, with this tag. */
    async remove(id: string, { tags, owner, trace }: Who): Promise<boolean> {
      const values = [id, tags, owner];
      const [rows] = await database.write([{ text: REMOVE, values }], trace);
      return rows?.length === 1;
    },
  };
  return store;

  /** Returns the failure if a user with this id or email exists. */
  async function obstacle({ id, email }: User, who: Who) {
    const everyone = who.asEveryone();
    if (await store.byId(id, everyone)) return fail(userExists);
    const [taken] = await store.byEmail(email, everyone);
    return taken && emailIsTaken();
  }
}
export type UserStore = ReturnType<typeof createUserStore>;

type Nullable<Type> = { [Name in keyof Type]: Type[Name] | null };

function emailIsTaken(cause?: UniqueViolation) {
  const errors = [{ pointer: "/email", detail: "Taken by another user" }];
  return fail(emailTaken, { errors, cause });
}
