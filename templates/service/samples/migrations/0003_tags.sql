-- The entity tag of the response.
ALTER TABLE idempotency_keys ADD COLUMN tag TEXT;
