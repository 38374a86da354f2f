CREATE TABLE samples (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  -- @each reference
  callee_id TEXT NOT NULL,
  -- @end
  title TEXT NOT NULL,
  version BIGINT NOT NULL,
  revision TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE INDEX samples_by_age ON samples (created_at, id);

CREATE INDEX samples_by_user ON samples (user_id, created_at, id);
