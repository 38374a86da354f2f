/** The columns of the table `orders`. */
import { table } from "../platform/database/table.ts";
import type { OrderStatus } from "../shared/types.ts";

export type OrderRow = {
  id: string;
  user_id: string;
  amount_minor: number;
  currency: string;
  status: OrderStatus;
  note: string | null;
  version: number;
  revision: string | null;
  created_at: number;
  updated_at: number;
};

export const ORDERS = table<OrderRow>("orders", {
  id: true,
  user_id: true,
  amount_minor: true,
  currency: true,
  status: true,
  note: true,
  version: true,
  revision: true,
  created_at: true,
  updated_at: true,
});
