/** pending -> paid -> shipped -> delivered; pending or paid -> cancelled. */
import type { OrderStatus } from "../shared/types.ts";

/** The statuses that an order can change to, by its current status. */
export const NEXT: Record<OrderStatus, readonly OrderStatus[]> = {
  pending: ["paid", "cancelled"],
  paid: ["shipped", "cancelled"],
  shipped: ["delivered"],
  delivered: [],
  cancelled: [],
};

/** The statuses that the user of an order may set. All others need `admin`. */
export const FOR_ITS_USER: readonly OrderStatus[] = ["cancelled"];

/** Returns the statuses from which an order can change to this one. */
export function comesFrom(status: OrderStatus): OrderStatus[] {
  return (Object.keys(NEXT) as OrderStatus[]).filter((from) => NEXT[from].includes(status));
}
