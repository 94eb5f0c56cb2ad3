-- Money: projects, budgets, reservations, prices, sums by hour, and the chain of commits.
-- Amounts are integer nano-USD, instants are milliseconds since the epoch.
-- What is append-only refuses every update, and every delete above the mark of `prune`. What is a cache says so.

CREATE TABLE projects (
  id         TEXT PRIMARY KEY NOT NULL,
  name       TEXT NOT NULL,
  limits     TEXT NOT NULL CHECK (json_valid(limits)),
  disabled   INTEGER NOT NULL CHECK (disabled IN (0, 1)),
  created_at INTEGER NOT NULL CHECK (created_at >= 0),
  updated_at INTEGER NOT NULL CHECK (updated_at >= 0)
) STRICT;

ALTER TABLE keys ADD COLUMN project_id TEXT REFERENCES projects (id);
ALTER TABLE keys ADD COLUMN addresses TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(addresses));
ALTER TABLE keys ADD COLUMN limits TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(limits));
ALTER TABLE keys ADD COLUMN expires_at INTEGER CHECK (expires_at >= 0);
CREATE INDEX keys_by_project ON keys (project_id) WHERE project_id IS NOT NULL;

-- One row, changed in place: how far the books were pruned, and where the chain of commits begins since then.
CREATE TABLE ledger_state (
  id               INTEGER PRIMARY KEY CHECK (id = 1),
  pruned_before    INTEGER NOT NULL CHECK (pruned_before >= 0),
  -- The highest admission that was removed.
  pruned_admission INTEGER NOT NULL CHECK (pruned_admission >= 0),
  anchor_sequence  INTEGER NOT NULL CHECK (anchor_sequence >= 0),
  anchor_digest    TEXT NOT NULL,
  -- Written to see whether the disk takes anything again.
  probed_at        INTEGER NOT NULL CHECK (probed_at >= 0)
) STRICT;
INSERT INTO ledger_state VALUES (1, 0, 0, 0, '', 0);

-- One row for each group commit that wrote to the books. `events` names what it wrote, in the order in which it was
-- asked for: r<admission> reserved, s<admission> settled, a<admission>.<number> adjusted, b<number> a budget changed.
-- `digest` is the SHA-256 over the digest before it, this row and the rows that it names.
CREATE TABLE commits (
  sequence     INTEGER PRIMARY KEY CHECK (sequence > 0),
  committed_at INTEGER NOT NULL CHECK (committed_at >= 0),
  events       TEXT NOT NULL,
  -- No reservation with a lower admission was open before this commit.
  open_from    INTEGER NOT NULL CHECK (open_from >= 0),
  digest       TEXT NOT NULL
) STRICT;

-- One row for each request that was admitted, numbered in the order of admission. Requests, attempts and adjustments
-- hang on that number. `origin`: `reserved` before it began; `settled` when its row came without a reservation;
-- `legacy` for a row of a version that had none.
CREATE TABLE reservations (
  admission         INTEGER PRIMARY KEY,
  request_id        TEXT NOT NULL UNIQUE,
  key_id            TEXT NOT NULL,
  project_id        TEXT,
  admitted_at       INTEGER NOT NULL CHECK (admitted_at >= 0),
  verb              TEXT NOT NULL,
  model             TEXT NOT NULL,
  tags              TEXT,
  reserved_nano_usd INTEGER NOT NULL CHECK (reserved_nano_usd >= 0),
  is_priced         INTEGER NOT NULL CHECK (is_priced IN (0, 1)),
  lease_until       INTEGER NOT NULL CHECK (lease_until >= 0),
  origin            TEXT NOT NULL CHECK (origin = 'reserved' OR origin = 'settled' OR origin = 'legacy')
) STRICT;

INSERT INTO reservations
SELECT rowid, request_id, key_id, project_id, admitted_at, verb, model, NULL, 0, 0, admitted_at, 'legacy'
FROM requests ORDER BY rowid;

CREATE INDEX reservations_by_time ON reservations (admitted_at);

-- The same table with a wider outcome, and with money. Dropping a table asks no trigger.
-- Words are compared one by one: for an IN list of more than two SQLite builds a table at each insert, which made this
-- one twice as dear.
CREATE TABLE requests_with_money (
  admission              INTEGER PRIMARY KEY,
  request_id             TEXT NOT NULL,
  key_id                 TEXT NOT NULL,
  project_id             TEXT,
  admitted_at            INTEGER NOT NULL CHECK (admitted_at >= 0),
  settled_at             INTEGER NOT NULL CHECK (settled_at >= 0),
  verb                   TEXT NOT NULL,
  model                  TEXT NOT NULL,
  tags                   TEXT,
  outcome                TEXT NOT NULL CHECK (outcome = 'complete' OR outcome = 'refused'
    OR outcome = 'upstream_error' OR outcome = 'upstream_broken' OR outcome = 'client_gone'
    OR outcome = 'crash_recovered'),
  status                 INTEGER NOT NULL CHECK (status >= 0),
  upstream               TEXT,
  upstream_model         TEXT,
  model_version          TEXT,
  attempts               INTEGER NOT NULL CHECK (attempts >= 0),
  usage_source           TEXT NOT NULL CHECK (usage_source = 'final' OR usage_source = 'partial'
    OR usage_source = 'estimated' OR usage_source = 'none'),
  tier                   TEXT NOT NULL CHECK (tier = 'standard' OR tier = 'batch' OR tier = 'flex'
    OR tier = 'priority'),
  prompt_tokens          INTEGER NOT NULL CHECK (prompt_tokens >= 0),
  cached_tokens          INTEGER NOT NULL CHECK (cached_tokens >= 0),
  candidates_tokens      INTEGER NOT NULL CHECK (candidates_tokens >= 0),
  thoughts_tokens        INTEGER NOT NULL CHECK (thoughts_tokens >= 0),
  tool_use_prompt_tokens INTEGER NOT NULL CHECK (tool_use_prompt_tokens >= 0),
  total_tokens           INTEGER NOT NULL CHECK (total_tokens >= 0),
  -- Counts that are not text, as JSON; NULL when there are none.
  details                TEXT,
  price_version          TEXT,
  reserved_nano_usd      INTEGER NOT NULL CHECK (reserved_nano_usd >= 0),
  billed_nano_usd        INTEGER NOT NULL CHECK (billed_nano_usd >= 0),
  upstream_cost_nano_usd INTEGER NOT NULL CHECK (upstream_cost_nano_usd >= 0),
  finish_reason          TEXT,
  delivered_bytes        INTEGER NOT NULL CHECK (delivered_bytes >= 0),
  -- Durations are REAL, because they are read from a monotonic clock with fractions of a millisecond.
  first_byte_ms          REAL CHECK (first_byte_ms >= 0),
  duration_ms            REAL NOT NULL CHECK (duration_ms >= 0)
) STRICT;

INSERT INTO requests_with_money
SELECT
  rowid, request_id, key_id, project_id, admitted_at, settled_at, verb, model, NULL, outcome, status, upstream,
  upstream_model, model_version, attempts, usage_source, 'standard', prompt_tokens, cached_tokens, candidates_tokens,
  thoughts_tokens, tool_use_prompt_tokens, total_tokens, NULL, price_version, 0, coalesce(billed_nano_usd, 0), 0,
  finish_reason, delivered_bytes, first_byte_ms, duration_ms
FROM requests ORDER BY rowid;

DROP TABLE requests;
ALTER TABLE requests_with_money RENAME TO requests;

-- What `reprice` looks through: what used something and had no price.
CREATE INDEX requests_unpriced ON requests (admission)
WHERE price_version IS NULL AND (prompt_tokens + cached_tokens + candidates_tokens + thoughts_tokens
  + tool_use_prompt_tokens + total_tokens > 0 OR details IS NOT NULL);

CREATE TABLE other_attempts (
  admission         INTEGER NOT NULL,
  number            INTEGER NOT NULL CHECK (number > 0),
  upstream          TEXT NOT NULL,
  upstream_model    TEXT NOT NULL,
  status            INTEGER CHECK (status >= 0),
  reason            TEXT NOT NULL,
  exposure_nano_usd INTEGER NOT NULL CHECK (exposure_nano_usd >= 0),
  duration_ms       REAL NOT NULL CHECK (duration_ms >= 0),
  PRIMARY KEY (admission, number)
) STRICT, WITHOUT ROWID;

-- `document` is JSON: the whole row of a late settlement, as far as it is not in the columns.
CREATE TABLE adjustments (
  admission              INTEGER NOT NULL,
  number                 INTEGER NOT NULL CHECK (number > 0),
  reason                 TEXT NOT NULL CHECK (reason IN ('late', 'repriced')),
  billed_nano_usd        INTEGER NOT NULL,
  upstream_cost_nano_usd INTEGER NOT NULL,
  price_version          TEXT,
  created_at             INTEGER NOT NULL CHECK (created_at >= 0),
  document               TEXT CHECK (json_valid(document)),
  PRIMARY KEY (admission, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX adjustments_unpriced ON adjustments (admission) WHERE reason = 'late' AND price_version IS NULL;

CREATE TABLE prices (
  version  TEXT PRIMARY KEY NOT NULL,
  document TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE budgets (
  id                TEXT PRIMARY KEY NOT NULL,
  scope             TEXT NOT NULL CHECK (scope IN ('key', 'project', 'gateway')),
  scope_id          TEXT NOT NULL,
  period            TEXT NOT NULL CHECK (period IN ('day', 'week', 'month', 'ever')),
  limit_nano_usd    INTEGER NOT NULL CHECK (limit_nano_usd >= 0),
  hard_stop         INTEGER NOT NULL CHECK (hard_stop IN (0, 1)),
  alert_percent     INTEGER CHECK (alert_percent BETWEEN 1 AND 100),
  created_at        INTEGER NOT NULL CHECK (created_at >= 0),
  updated_at        INTEGER NOT NULL CHECK (updated_at >= 0),
  -- Requests from this admission on were counted as they came.
  created_admission INTEGER NOT NULL,
  UNIQUE (scope, scope_id, period)
) STRICT;

-- Each change of a budget, as it then was: what a replay of the books needs to know.
CREATE TABLE budget_history (
  number         INTEGER PRIMARY KEY,
  sequence       INTEGER NOT NULL,
  id             TEXT NOT NULL,
  scope          TEXT NOT NULL,
  scope_id       TEXT NOT NULL,
  period         TEXT NOT NULL,
  limit_nano_usd INTEGER NOT NULL,
  hard_stop      INTEGER NOT NULL,
  alert_percent  INTEGER,
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  is_deleted     INTEGER NOT NULL
) STRICT;

-- A cache: what the requests of a window spent, and what those under way may spend.
CREATE TABLE budget_windows (
  budget_id         TEXT NOT NULL,
  window_start      INTEGER NOT NULL,
  spent_nano_usd    INTEGER NOT NULL CHECK (spent_nano_usd >= 0),
  reserved_nano_usd INTEGER NOT NULL CHECK (reserved_nano_usd >= 0),
  PRIMARY KEY (budget_id, window_start)
) STRICT, WITHOUT ROWID;

-- Alerts that were given: one for each budget and window.
CREATE TABLE budget_alerts (
  budget_id      TEXT NOT NULL,
  window_start   INTEGER NOT NULL,
  spent_nano_usd INTEGER NOT NULL,
  created_at     INTEGER NOT NULL,
  PRIMARY KEY (budget_id, window_start)
) STRICT, WITHOUT ROWID;

-- A cache that outlives its rows: sums of the requests admitted in an hour. Empty text stands for what is not there.
CREATE TABLE usage_hours (
  hour                   INTEGER NOT NULL,
  key_id                 TEXT NOT NULL,
  project_id             TEXT NOT NULL,
  model                  TEXT NOT NULL,
  upstream               TEXT NOT NULL,
  tags                   TEXT NOT NULL,
  upstream_model         TEXT NOT NULL,
  requests               INTEGER NOT NULL CHECK (requests >= 0),
  failed                 INTEGER NOT NULL CHECK (failed >= 0),
  estimated              INTEGER NOT NULL CHECK (estimated >= 0),
  unpriced               INTEGER NOT NULL CHECK (unpriced >= 0),
  prompt_tokens          INTEGER NOT NULL CHECK (prompt_tokens >= 0),
  cached_tokens          INTEGER NOT NULL CHECK (cached_tokens >= 0),
  candidates_tokens      INTEGER NOT NULL CHECK (candidates_tokens >= 0),
  thoughts_tokens        INTEGER NOT NULL CHECK (thoughts_tokens >= 0),
  tool_use_prompt_tokens INTEGER NOT NULL CHECK (tool_use_prompt_tokens >= 0),
  total_tokens           INTEGER NOT NULL CHECK (total_tokens >= 0),
  billed_nano_usd        INTEGER NOT NULL CHECK (billed_nano_usd >= 0),
  upstream_cost_nano_usd INTEGER NOT NULL CHECK (upstream_cost_nano_usd >= 0),
  PRIMARY KEY (hour, key_id, project_id, model, upstream, tags, upstream_model)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_hours_by_key ON usage_hours (key_id, hour);
CREATE INDEX usage_hours_by_project ON usage_hours (project_id, hour) WHERE project_id <> '';

INSERT INTO usage_hours
SELECT
  admitted_at - admitted_at % 3600000, key_id, coalesce(project_id, ''), model, coalesce(upstream, ''), '',
  coalesce(upstream_model, ''), count(*), sum(outcome <> 'complete'), sum(usage_source IN ('partial', 'estimated')),
  sum(price_version IS NULL AND prompt_tokens + cached_tokens + candidates_tokens + thoughts_tokens
    + tool_use_prompt_tokens + total_tokens > 0),
  sum(prompt_tokens), sum(cached_tokens), sum(candidates_tokens), sum(thoughts_tokens), sum(tool_use_prompt_tokens),
  sum(total_tokens), sum(billed_nano_usd), sum(upstream_cost_nano_usd)
FROM requests
GROUP BY 1, 2, 3, 4, 5, 6, 7;

CREATE TRIGGER reservations_no_update BEFORE UPDATE ON reservations
BEGIN
  SELECT RAISE(ABORT, 'reservations is append-only');
END;
CREATE TRIGGER reservations_no_delete BEFORE DELETE ON reservations
WHEN OLD.admitted_at >= (SELECT pruned_before FROM ledger_state)
BEGIN
  SELECT RAISE(ABORT, 'reservations is append-only');
END;

CREATE TRIGGER requests_no_update BEFORE UPDATE ON requests
BEGIN
  SELECT RAISE(ABORT, 'requests is append-only');
END;
CREATE TRIGGER requests_no_delete BEFORE DELETE ON requests
WHEN OLD.admitted_at >= (SELECT pruned_before FROM ledger_state)
BEGIN
  SELECT RAISE(ABORT, 'requests is append-only');
END;

-- Attempts and adjustments go before the requests that they belong to.
CREATE TRIGGER other_attempts_no_update BEFORE UPDATE ON other_attempts
BEGIN
  SELECT RAISE(ABORT, 'other_attempts is append-only');
END;
CREATE TRIGGER other_attempts_no_delete BEFORE DELETE ON other_attempts
WHEN NOT EXISTS (
  SELECT 1 FROM reservations
  WHERE admission = OLD.admission AND admitted_at < (SELECT pruned_before FROM ledger_state)
)
BEGIN
  SELECT RAISE(ABORT, 'other_attempts is append-only');
END;

CREATE TRIGGER adjustments_no_update BEFORE UPDATE ON adjustments
BEGIN
  SELECT RAISE(ABORT, 'adjustments is append-only');
END;
CREATE TRIGGER adjustments_no_delete BEFORE DELETE ON adjustments
WHEN NOT EXISTS (
  SELECT 1 FROM reservations
  WHERE admission = OLD.admission AND admitted_at < (SELECT pruned_before FROM ledger_state)
)
BEGIN
  SELECT RAISE(ABORT, 'adjustments is append-only');
END;

CREATE TRIGGER prices_no_update BEFORE UPDATE ON prices
BEGIN
  SELECT RAISE(ABORT, 'prices is append-only');
END;
CREATE TRIGGER prices_no_delete BEFORE DELETE ON prices
BEGIN
  SELECT RAISE(ABORT, 'prices is append-only');
END;

CREATE TRIGGER budget_history_no_update BEFORE UPDATE ON budget_history
BEGIN
  SELECT RAISE(ABORT, 'budget_history is append-only');
END;
CREATE TRIGGER budget_history_no_delete BEFORE DELETE ON budget_history
BEGIN
  SELECT RAISE(ABORT, 'budget_history is append-only');
END;

CREATE TRIGGER commits_no_update BEFORE UPDATE ON commits
BEGIN
  SELECT RAISE(ABORT, 'commits is append-only');
END;
CREATE TRIGGER commits_no_delete BEFORE DELETE ON commits
WHEN OLD.sequence > (SELECT anchor_sequence FROM ledger_state)
BEGIN
  SELECT RAISE(ABORT, 'commits is append-only');
END;
