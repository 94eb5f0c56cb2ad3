-- The books. Rows of reservations, requests, other_attempts, adjustments and budget_history are never changed.

-- Numbers whatever moves a budget, taken while the budget's row is locked: for each budget it is the order of commits.
CREATE SEQUENCE wasat.event_sequence AS BIGINT;

-- One row for each process that shares the ledger. alive_until is negative once it has ended or another process took
-- its place: then it is when that was.
CREATE TABLE wasat.instances (
  id          TEXT COLLATE "C" PRIMARY KEY,
  name        TEXT COLLATE "C" NOT NULL,
  started_at  BIGINT NOT NULL,
  alive_until BIGINT NOT NULL
);

-- nonce tells a reserve whose answer was lost from another one of the same id.
CREATE TABLE wasat.reservations (
  request_id        TEXT COLLATE "C" PRIMARY KEY,
  key_id            TEXT COLLATE "C" NOT NULL,
  project_id        TEXT COLLATE "C",
  verb              TEXT NOT NULL,
  model             TEXT COLLATE "C" NOT NULL,
  tags              TEXT COLLATE "C" NOT NULL,
  reserved_nano_usd BIGINT NOT NULL CHECK (reserved_nano_usd BETWEEN 0 AND 9007199254740991),
  is_priced         BOOLEAN NOT NULL,
  admitted_at       BIGINT NOT NULL CHECK (admitted_at >= 0),
  lease_until       BIGINT NOT NULL,
  nonce             TEXT COLLATE "C",
  sequence          BIGINT NOT NULL UNIQUE DEFAULT nextval('wasat.event_sequence')
);

CREATE INDEX reservations_by_time ON wasat.reservations (admitted_at, request_id);

-- The reservations that no row has closed yet: a cache, so that nobody searches the ledger for them.
CREATE TABLE wasat.open_reservations (
  request_id        TEXT COLLATE "C" PRIMARY KEY,
  key_id            TEXT COLLATE "C" NOT NULL,
  project_id        TEXT COLLATE "C",
  admitted_at       BIGINT NOT NULL,
  reserved_nano_usd BIGINT NOT NULL,
  lease_until       BIGINT NOT NULL,
  instance_id       TEXT COLLATE "C" NOT NULL
) WITH (autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_scale_factor = 0);

-- One row for each request that ended. tags: JSON with sorted names, empty without; details: JSON or nothing.
-- Durations have fractions of a millisecond. has_reservation is false for rows of a release that had none.
CREATE TABLE wasat.requests (
  request_id             TEXT COLLATE "C" PRIMARY KEY,
  key_id                 TEXT COLLATE "C" NOT NULL,
  project_id             TEXT COLLATE "C",
  admitted_at            BIGINT NOT NULL CHECK (admitted_at >= 0),
  settled_at             BIGINT NOT NULL CHECK (settled_at >= 0),
  verb                   TEXT NOT NULL,
  model                  TEXT COLLATE "C" NOT NULL,
  tags                   TEXT COLLATE "C" NOT NULL,
  outcome                TEXT COLLATE "C" NOT NULL
    CHECK (outcome IN
      ('complete', 'refused', 'upstream_error', 'upstream_broken', 'client_gone', 'crash_recovered')),
  status                 BIGINT NOT NULL CHECK (status >= 0),
  upstream               TEXT COLLATE "C",
  upstream_model         TEXT,
  model_version          TEXT,
  attempts               BIGINT NOT NULL CHECK (attempts >= 0),
  usage_source           TEXT COLLATE "C" NOT NULL
    CHECK (usage_source IN ('final', 'partial', 'estimated', 'none')),
  tier                   TEXT COLLATE "C" NOT NULL CHECK (tier IN ('standard', 'batch', 'flex', 'priority')),
  prompt_tokens          BIGINT NOT NULL CHECK (prompt_tokens >= 0),
  cached_tokens          BIGINT NOT NULL CHECK (cached_tokens >= 0),
  candidates_tokens      BIGINT NOT NULL CHECK (candidates_tokens >= 0),
  thoughts_tokens        BIGINT NOT NULL CHECK (thoughts_tokens >= 0),
  tool_use_prompt_tokens BIGINT NOT NULL CHECK (tool_use_prompt_tokens >= 0),
  total_tokens           BIGINT NOT NULL CHECK (total_tokens >= 0),
  details                TEXT,
  price_version          TEXT COLLATE "C",
  reserved_nano_usd      BIGINT NOT NULL CHECK (reserved_nano_usd BETWEEN 0 AND 9007199254740991),
  billed_nano_usd        BIGINT NOT NULL CHECK (billed_nano_usd BETWEEN 0 AND 9007199254740991),
  upstream_cost_nano_usd BIGINT NOT NULL CHECK (upstream_cost_nano_usd BETWEEN 0 AND 9007199254740991),
  finish_reason          TEXT,
  delivered_bytes        BIGINT NOT NULL CHECK (delivered_bytes >= 0),
  first_byte_ms          DOUBLE PRECISION CHECK (first_byte_ms >= 0),
  duration_ms            DOUBLE PRECISION NOT NULL CHECK (duration_ms >= 0),
  has_reservation        BOOLEAN NOT NULL,
  sequence               BIGINT NOT NULL UNIQUE DEFAULT nextval('wasat.event_sequence')
);

CREATE INDEX requests_by_time ON wasat.requests (admitted_at, request_id);
-- Those that may be priced later are few and looked for alone.
CREATE INDEX requests_unpriced ON wasat.requests (admitted_at, request_id) WHERE price_version IS NULL;

CREATE TABLE wasat.other_attempts (
  request_id        TEXT COLLATE "C" NOT NULL,
  number            BIGINT NOT NULL CHECK (number >= 0),
  admitted_at       BIGINT NOT NULL,
  upstream          TEXT COLLATE "C" NOT NULL,
  upstream_model    TEXT NOT NULL,
  status            BIGINT CHECK (status >= 0),
  reason            TEXT NOT NULL,
  exposure_nano_usd BIGINT NOT NULL CHECK (exposure_nano_usd BETWEEN 0 AND 9007199254740991),
  duration_ms       DOUBLE PRECISION NOT NULL CHECK (duration_ms >= 0),
  PRIMARY KEY (request_id, number)
);

CREATE INDEX other_attempts_by_time ON wasat.other_attempts (admitted_at, request_id, number);

-- The columns from upstream to settled_at are set for `late` only: what the row of the request does not know.
CREATE TABLE wasat.adjustments (
  request_id             TEXT COLLATE "C" NOT NULL,
  number                 BIGINT NOT NULL CHECK (number >= 1),
  admitted_at            BIGINT NOT NULL,
  reason                 TEXT COLLATE "C" NOT NULL CHECK (reason IN ('late', 'repriced')),
  billed_nano_usd        BIGINT NOT NULL,
  upstream_cost_nano_usd BIGINT NOT NULL,
  price_version          TEXT COLLATE "C",
  prompt_tokens          BIGINT CHECK (prompt_tokens >= 0),
  cached_tokens          BIGINT CHECK (cached_tokens >= 0),
  candidates_tokens      BIGINT CHECK (candidates_tokens >= 0),
  thoughts_tokens        BIGINT CHECK (thoughts_tokens >= 0),
  tool_use_prompt_tokens BIGINT CHECK (tool_use_prompt_tokens >= 0),
  total_tokens           BIGINT CHECK (total_tokens >= 0),
  details                TEXT,
  upstream               TEXT COLLATE "C",
  upstream_model         TEXT,
  tier                   TEXT COLLATE "C",
  outcome                TEXT COLLATE "C",
  usage_source           TEXT COLLATE "C",
  settled_at             BIGINT,
  created_at             BIGINT NOT NULL,
  sequence               BIGINT NOT NULL UNIQUE DEFAULT nextval('wasat.event_sequence'),
  PRIMARY KEY (request_id, number)
);

CREATE UNIQUE INDEX adjustments_once ON wasat.adjustments (request_id, reason);
CREATE INDEX adjustments_by_time ON wasat.adjustments (admitted_at, request_id, number);

-- Every budget as it was from then on.
CREATE TABLE wasat.budget_history (
  sequence       BIGINT PRIMARY KEY DEFAULT nextval('wasat.event_sequence'),
  budget_id      TEXT COLLATE "C" NOT NULL,
  scope          TEXT COLLATE "C" NOT NULL,
  scope_id       TEXT COLLATE "C" NOT NULL,
  period         TEXT COLLATE "C" NOT NULL,
  limit_nano_usd BIGINT NOT NULL,
  hard_stop      BOOLEAN NOT NULL,
  alert_percent  INTEGER,
  created_at     BIGINT NOT NULL,
  updated_at     BIGINT NOT NULL,
  is_deleted     BOOLEAN NOT NULL
);

-- Prices that rows point to. Equal versions are equal documents for ever.
CREATE TABLE wasat.prices (
  version    TEXT COLLATE "C" PRIMARY KEY,
  document   TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

-- Sums by hour of admission, written with the rows that they count. id: a digest of the five names, which may be
-- longer than an index takes. Sums are exact however large they grow. Without a value a name is empty.
CREATE TABLE wasat.usage_hours (
  hour                   BIGINT NOT NULL,
  id                     BYTEA NOT NULL,
  key_id                 TEXT COLLATE "C" NOT NULL,
  project_id             TEXT COLLATE "C" NOT NULL,
  model                  TEXT COLLATE "C" NOT NULL,
  upstream               TEXT COLLATE "C" NOT NULL,
  tags                   TEXT COLLATE "C" NOT NULL,
  requests               NUMERIC NOT NULL CHECK (requests >= 0),
  failed                 NUMERIC NOT NULL CHECK (failed >= 0),
  estimated              NUMERIC NOT NULL CHECK (estimated >= 0),
  unpriced               NUMERIC NOT NULL CHECK (unpriced >= 0),
  prompt_tokens          NUMERIC NOT NULL CHECK (prompt_tokens >= 0),
  cached_tokens          NUMERIC NOT NULL CHECK (cached_tokens >= 0),
  candidates_tokens      NUMERIC NOT NULL CHECK (candidates_tokens >= 0),
  thoughts_tokens        NUMERIC NOT NULL CHECK (thoughts_tokens >= 0),
  tool_use_prompt_tokens NUMERIC NOT NULL CHECK (tool_use_prompt_tokens >= 0),
  total_tokens           NUMERIC NOT NULL CHECK (total_tokens >= 0),
  billed_nano_usd        NUMERIC NOT NULL CHECK (billed_nano_usd >= 0),
  upstream_cost_nano_usd NUMERIC NOT NULL CHECK (upstream_cost_nano_usd >= 0),
  PRIMARY KEY (hour, id)
) WITH (fillfactor = 70, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.01);

CREATE INDEX usage_hours_of_key ON wasat.usage_hours (key_id, hour);
CREATE INDEX usage_hours_of_project ON wasat.usage_hours (project_id, hour);

-- Requests admitted before pruned_before were removed; the sums and the windows still hold them.
CREATE TABLE wasat.ledger_state (
  only_row      BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (only_row),
  pruned_before BIGINT NOT NULL
);
INSERT INTO wasat.ledger_state (pruned_before) VALUES (0);

-- Append-only. The triggers are ALWAYS, so that `session_replication_role` does not go around them.

CREATE FUNCTION wasat.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION wasat.refuse_early_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.admitted_at < (SELECT pruned_before FROM wasat.ledger_state) THEN RETURN OLD; END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

DO $$
DECLARE
  name TEXT;
BEGIN
  FOREACH name IN ARRAY ARRAY['reservations', 'requests', 'other_attempts', 'adjustments'] LOOP
    EXECUTE format('CREATE TRIGGER no_change BEFORE UPDATE OR TRUNCATE ON wasat.%I
      FOR EACH STATEMENT EXECUTE FUNCTION wasat.refuse_change()', name);
    EXECUTE format('CREATE TRIGGER no_delete BEFORE DELETE ON wasat.%I
      FOR EACH ROW EXECUTE FUNCTION wasat.refuse_early_delete()', name);
    EXECUTE format('ALTER TABLE wasat.%I ENABLE ALWAYS TRIGGER no_change', name);
    EXECUTE format('ALTER TABLE wasat.%I ENABLE ALWAYS TRIGGER no_delete', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['budget_history', 'prices'] LOOP
    EXECUTE format('CREATE TRIGGER no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON wasat.%I
      FOR EACH STATEMENT EXECUTE FUNCTION wasat.refuse_change()', name);
    EXECUTE format('ALTER TABLE wasat.%I ENABLE ALWAYS TRIGGER no_change', name);
  END LOOP;
END $$;
