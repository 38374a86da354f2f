-- For the list of all orders with a status. As above, with a condition of its own.
CREATE INDEX orders_by_status ON orders (status, created_at, id) WHERE currency <> '';
