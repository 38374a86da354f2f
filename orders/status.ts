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

/** The statuses from which an order may come to this one. */
export function comesFrom(status: OrderStatus): OrderStatus[] {
  return (Object.keys(NEXT) as OrderStatus[]).filter((from) => NEXT[from].includes(status));
}
