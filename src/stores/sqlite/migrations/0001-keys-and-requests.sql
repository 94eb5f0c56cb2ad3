CREATE TABLE settings (
  name  TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
  id         TEXT PRIMARY KEY NOT NULL,
  name       TEXT NOT NULL,
  digest     TEXT NOT NULL UNIQUE,
  models     TEXT NOT NULL CHECK (json_valid(models)),
  disabled   INTEGER NOT NULL CHECK (disabled IN (0, 1)),
  created_at INTEGER NOT NULL CHECK (created_at >= 0),
  updated_at INTEGER NOT NULL CHECK (updated_at >= 0)
) STRICT;

-- One row per answered request. The id is a UUIDv7: a span of time is a span of ids, so there is no index beside it.
-- No foreign key to keys: the ledger outlives a deleted key.
-- Durations are REAL, because they are read from a monotonic clock with fractions of a millisecond.
CREATE TABLE requests (
  request_id             TEXT PRIMARY KEY NOT NULL,
  key_id                 TEXT NOT NULL,
  admitted_at            INTEGER NOT NULL CHECK (admitted_at >= 0),
  settled_at             INTEGER NOT NULL CHECK (settled_at >= 0),
  verb                   TEXT NOT NULL,
  model                  TEXT NOT NULL,
  outcome                TEXT NOT NULL
    CHECK (outcome IN ('complete', 'refused', 'upstream_error', 'upstream_broken', 'client_gone')),
  status                 INTEGER NOT NULL CHECK (status >= 0),
  upstream               TEXT,
  upstream_model         TEXT,
  model_version          TEXT,
  attempts               INTEGER NOT NULL CHECK (attempts >= 0),
  usage_source           TEXT NOT NULL CHECK (usage_source IN ('final', 'partial', 'estimated', 'none')),
  prompt_tokens          INTEGER NOT NULL CHECK (prompt_tokens >= 0),
  cached_tokens          INTEGER NOT NULL CHECK (cached_tokens >= 0),
  candidates_tokens      INTEGER NOT NULL CHECK (candidates_tokens >= 0),
  thoughts_tokens        INTEGER NOT NULL CHECK (thoughts_tokens >= 0),
  tool_use_prompt_tokens INTEGER NOT NULL CHECK (tool_use_prompt_tokens >= 0),
  total_tokens           INTEGER NOT NULL CHECK (total_tokens >= 0),
  finish_reason          TEXT,
  delivered_bytes        INTEGER NOT NULL CHECK (delivered_bytes >= 0),
  first_byte_ms          REAL CHECK (first_byte_ms >= 0),
  duration_ms            REAL NOT NULL CHECK (duration_ms >= 0),
  -- Money, in integer nano-USD; NULL where no price was pinned at admission.
  project_id             TEXT,
  price_version          TEXT,
  reserved_nano_usd      INTEGER CHECK (reserved_nano_usd >= 0),
  billed_nano_usd        INTEGER CHECK (billed_nano_usd >= 0)
) STRICT;

CREATE TRIGGER requests_no_update BEFORE UPDATE ON requests
BEGIN
  SELECT RAISE(ABORT, 'requests is append-only');
END;

CREATE TRIGGER requests_no_delete BEFORE DELETE ON requests
BEGIN
  SELECT RAISE(ABORT, 'requests is append-only');
END;
