/** pending -> paid -> shipped -> delivered; pending or paid -> cancelled. */
import type { OrderStatus } from "../shared/types.ts";

/** Where an order may go from each status. */
export const NEXT: Record<OrderStatus, readonly OrderStatus[]> = {
  pending: ["paid", "cancelled"],
  paid: ["shipped", "cancelled"],
  shipped: ["delivered"],
  delivered: [],
  cancelled: [],
};

/** Where the user of an order may move it; anything else is for an admin to do. */
export const FOR_ITS_USER: readonly OrderStatus[] = ["cancelled"];

/** The statuses from which an order may come to this one. */
export function comesFrom(status: OrderStatus): OrderStatus[] {
  return (Object.keys(NEXT) as OrderStatus[]).filter((from) => NEXT[from].includes(status));
}
