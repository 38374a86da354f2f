/** For `seed.ts` of a service, which only its command loads. */
export type { Database, Statement } from "./database/database.ts";
export {
  DEMO_AT,
  demo,
  fill,
  pick,
  type Random,
  requirePositive,
  type Seeded,
} from "./database/seed.ts";
export { UsageError } from "./process/operator-error.ts";
export type { Output } from "./process/output.ts";
