/** The SQL of orders: one function per operation, from and to contract types. */
import {
  andThen,
  type Database,
  nothingLeft,
  type Place,
  type Stored,
  type Who,
} from "../platform/index.ts";
import { DEFAULT_CURRENCY } from "../shared/money.ts";
import type { NewOrder, Order, OrderPatch, OrderQuery } from "../shared/types.ts";
import { comesFrom } from "./status.ts";
import { ORDERS } from "./table.ts";

// Put together once, and not for each request.
const BY_ID = `SELECT ${ORDERS.columns} FROM orders WHERE id = $1`;
const LIST = `
  SELECT ${ORDERS.columns} FROM orders
  WHERE user_id = CAST($1 AS TEXT) AND (created_at, id) > ($2, $3)
  ORDER BY created_at, id LIMIT CAST($4 AS INTEGER)`;
const LIST_BY_STATUS = `
  SELECT ${ORDERS.columns} FROM orders
  WHERE user_id = CAST($1 AS TEXT) AND status = CAST($2 AS TEXT)
    AND (created_at, id) > ($3, $4)
  ORDER BY created_at, id LIMIT CAST($5 AS INTEGER)`;
// The conditions that are always true name the index: for a status that few orders have, Postgres
// could otherwise read all orders by age.
const LIST_ALL = `
  SELECT ${ORDERS.columns} FROM orders
  WHERE amount_minor > 0 AND (created_at, id) > ($1, $2)
  ORDER BY created_at, id LIMIT CAST($3 AS INTEGER)`;
const LIST_ALL_BY_STATUS = `
  SELECT ${ORDERS.columns} FROM orders
  WHERE currency <> '' AND status = CAST($1 AS TEXT) AND (created_at, id) > ($2, $3)
  ORDER BY created_at, id LIMIT CAST($4 AS INTEGER)`;
const TRANSITION = `
  UPDATE orders
  SET status = $1, version = version + 1, revision = $2,
    updated_at = ${ORDERS.timeOfChange("$3")}
  WHERE id = $4 AND ${ORDERS.isListed("$5", "status")} AND ${ORDERS.isAdmitted("$6")}
    AND ${ORDERS.isOwned("$7")}
  RETURNING ${ORDERS.columns}`;

export function createOrderStore(database: Database, now: () => number) {
  return {
    byId(id: string, who: Who) {
      return andThen(database.read(BY_ID, [id], who.trace), (rows) => ORDERS.first(rows, who));
    },

    /**
     * Returns orders oldest first, from behind the place: of this user, or else all that the caller
     * may see.
     */
    list({ user_id, status }: OrderQuery, { createdAt, id, limit }: Place, who: Who) {
      const { trace } = who;
      const user = user_id ?? (who.isEveryone ? undefined : who.owner);
      const ofUser = user === undefined ? [] : [user];
      const [text, filter] =
        status === undefined
          ? [user === undefined ? LIST_ALL : LIST, ofUser]
          : [user === undefined ? LIST_ALL_BY_STATUS : LIST_BY_STATUS, [...ofUser, status]];
      return andThen(database.read(text, [...filter, createdAt, id, limit], trace), (rows) =>
        ORDERS.all(rows, who),
      );
    },

    /** Prepares a pending order. */
    create({ user_id, amount, currency = DEFAULT_CURRENCY, note, ...rest }: NewOrder) {
      nothingLeft(rest);
      const at = now();
      const created_at = new Date(at).toISOString();
      const resource: Order = {
        id: Bun.randomUUIDv7("hex", at),
        user_id,
        amount,
        currency,
        status: "pending",
        ...(note !== undefined && { note }),
        created_at,
        updated_at: created_at,
      };
      return ORDERS.creation(resource);
    },

    /** Changes the status if the current one allows it, the caller may, and with this tag. */
    async transition(
      id: string,
      { status, ...rest }: OrderPatch,
      who: Who,
    ): Promise<Stored<Order> | undefined> {
      nothingLeft(rest);
      const from = ORDERS.listOf(comesFrom(status));
      const values = [status, ORDERS.newRevision(), now(), id, from, who.tags, who.owner];
      const [rows = []] = await database.write([{ text: TRANSITION, values }], who.trace);
      return ORDERS.first(rows, who);
    },
  };
}
export type OrderStore = ReturnType<typeof createOrderStore>;
