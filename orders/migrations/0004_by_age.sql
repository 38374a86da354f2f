-- For the list of all orders. Every row is in it, but Postgres takes it only for a statement with
-- this condition: in a list of one user it would read past the orders of all others.
CREATE INDEX orders_by_age ON orders (created_at, id) WHERE amount_minor > 0;
