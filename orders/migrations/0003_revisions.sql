-- Null in rows that the previous version of the service writes.
ALTER TABLE orders ADD COLUMN revision TEXT;

-- The entity tag of the response; null in records that the previous version writes.
ALTER TABLE idempotency_keys ADD COLUMN tag TEXT;
