/** The SQL of orders: one function per operation, from and to contract types. */
import type { Database, Statement } from "../platform/database/database.ts";
import { isListed, listOf } from "../platform/database/list.ts";
import { nothingLeft, present } from "../platform/database/present.ts";
import { timeOfChange } from "../platform/database/time-of-change.ts";
import { entityTag, isAdmitted, newRevision, type Tags } from "../platform/http/etag.ts";
import type { Position } from "../platform/http/page.ts";
import { isOwned, type Owner } from "../platform/identity/owner.ts";
import { andThen, type MaybePromise } from "../platform/process/and-then.ts";
import type { TraceContext } from "../platform/process/trace/trace-context.ts";
import { DEFAULT_CURRENCY, fromMinor, toMinor } from "../shared/money.ts";
import type { NewOrder, Order, OrderStatus } from "../shared/types.ts";
import { comesFrom } from "./status.ts";
import { type OrderRow, ORDERS } from "./table.ts";

/** An order, with the values that responses have as headers. */
export interface StoredOrder extends Position {
  order: Order;
  tag: string;
}

/** The orders of one user, optionally of one status. */
export interface OrderFilter {
  user_id: string;
  status?: OrderStatus | undefined;
}

/** The condition and the time of a change. */
export interface Change {
  tags: Tags;
  owner: Owner;
  now: number;
  /** The trace that the change belongs to. Default: none */
  trace?: TraceContext | undefined;
}

// Put together once, and not for each request.
const BY_ID = `SELECT ${ORDERS.columns} FROM orders WHERE id = $1 AND ${isOwned("$2", "user_id")}`;
const LIST = `
  SELECT ${ORDERS.columns} FROM orders
  WHERE user_id = CAST($1 AS TEXT) AND (created_at, id) > ($2, $3)
  ORDER BY created_at, id LIMIT CAST($4 AS INTEGER)`;
const LIST_BY_STATUS = `
  SELECT ${ORDERS.columns} FROM orders
  WHERE user_id = CAST($1 AS TEXT) AND status = CAST($2 AS TEXT)
    AND (created_at, id) > ($3, $4)
  ORDER BY created_at, id LIMIT CAST($5 AS INTEGER)`;

export function createOrderStore(database: Database) {
  return {
    byId(id: string, owner: Owner, trace?: TraceContext): MaybePromise<StoredOrder | undefined> {
      const rows = database.read<OrderRow>(BY_ID, [id, owner], trace);
      return andThen(rows, ([row]) => row && stored(row));
    },

    /** Returns orders oldest first, from behind the position. */
    list(
      { user_id, status }: OrderFilter,
      { createdAt, id }: Position,
      { limit, trace }: { limit: number; trace?: TraceContext | undefined },
    ): MaybePromise<StoredOrder[]> {
      const rows = status
        ? database.read<OrderRow>(LIST_BY_STATUS, [user_id, status, createdAt, id, limit], trace)
        : database.read<OrderRow>(LIST, [user_id, createdAt, id, limit], trace);
      return andThen(rows, (rows) => rows.map(stored));
    },

    /** Returns the INSERT of a new order, and its entity tag. */
    insertion(order: Order): { insert: Statement; tag: string } {
      const { id, user_id, amount, currency, status, note = null, created_at } = order;
      const at = Date.parse(created_at);
      const written = { version: 1, revision: newRevision(), created_at: at, updated_at: at };
      const insert = ORDERS.insert({
        id,
        user_id,
        amount_minor: toMinor(amount),
        currency,
        status,
        note,
        ...written,
      });
      return { insert, tag: entityTag(written) };
    },

    /**
     * Changes the status if the current status allows it and `tags` admits the current one.
     */
    async transition(
      id: string,
      status: OrderStatus,
      { tags, owner, now, trace }: Change,
    ): Promise<StoredOrder | undefined> {
      const text = `
        UPDATE orders
        SET status = $1, version = version + 1, revision = $2, updated_at = ${timeOfChange("$3")}
        WHERE id = $4 AND ${isListed("$5", "status")} AND ${isAdmitted("$6")}
          AND ${isOwned("$7", "user_id")}
        RETURNING ${ORDERS.columns}`;
      const from = listOf(comesFrom(status));
      const values = [status, newRevision(), now, id, from, tags, owner];
      const [[row] = []] = await database.write<OrderRow>([{ text, values }], trace);
      return row && stored(row);
    },
  };
}
export type OrderStore = ReturnType<typeof createOrderStore>;

/** Returns an order that is not stored yet. */
export function newOrder(
  { user_id, amount, currency = DEFAULT_CURRENCY, note, ...rest }: NewOrder,
  now: number,
): Order {
  nothingLeft(rest);
  const at = new Date(now).toISOString();
  return present<Order>({
    id: Bun.randomUUIDv7("hex", now),
    user_id,
    amount,
    currency,
    status: "pending",
    note,
    created_at: at,
    updated_at: at,
  });
}

function stored(row: OrderRow): StoredOrder {
  const { id, user_id, amount_minor, currency, status, note, created_at, updated_at } = row;
  const order = present<Order>({
    id,
    user_id,
    amount: fromMinor(amount_minor),
    currency,
    status,
    note: note ?? undefined,
    created_at: new Date(created_at).toISOString(),
    updated_at: new Date(updated_at).toISOString(),
  });
  return { id, createdAt: created_at, tag: entityTag(row), order };
}
