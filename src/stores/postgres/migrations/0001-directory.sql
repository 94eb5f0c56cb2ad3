-- Who there is and what each may do. The schema `wasat` and the table of migrations are made by the migrator.
-- Times are milliseconds since the epoch. Text that decides an order or an identity is compared by its bytes.

CREATE TABLE wasat.settings (
  name  TEXT COLLATE "C" PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE wasat.projects (
  id         TEXT COLLATE "C" PRIMARY KEY,
  name       TEXT NOT NULL,
  limits     TEXT NOT NULL,
  disabled   BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL CHECK (created_at >= 0),
  updated_at BIGINT NOT NULL CHECK (updated_at >= 0)
);

CREATE TABLE wasat.keys (
  id         TEXT COLLATE "C" PRIMARY KEY,
  name       TEXT NOT NULL,
  digest     TEXT COLLATE "C" NOT NULL UNIQUE,
  project_id TEXT COLLATE "C" REFERENCES wasat.projects ON DELETE RESTRICT,
  models     TEXT NOT NULL,
  addresses  TEXT NOT NULL,
  limits     TEXT NOT NULL,
  expires_at BIGINT,
  disabled   BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL CHECK (created_at >= 0),
  updated_at BIGINT NOT NULL CHECK (updated_at >= 0)
);

CREATE INDEX keys_of_project ON wasat.keys (project_id) WHERE project_id IS NOT NULL;

-- Whoever moves a budget locks its row here first, in the order of scope, scope_id, period: so replicas wait for each
-- other and never in a circle. The scope_id of the gateway is empty.
CREATE TABLE wasat.budgets (
  id             TEXT COLLATE "C" PRIMARY KEY,
  scope          TEXT COLLATE "C" NOT NULL CHECK (scope IN ('key', 'project', 'gateway')),
  scope_id       TEXT COLLATE "C" NOT NULL,
  period         TEXT COLLATE "C" NOT NULL CHECK (period IN ('day', 'week', 'month', 'ever')),
  limit_nano_usd BIGINT NOT NULL CHECK (limit_nano_usd BETWEEN 0 AND 9007199254740991),
  hard_stop      BOOLEAN NOT NULL,
  alert_percent  INTEGER CHECK (alert_percent BETWEEN 1 AND 100),
  created_at     BIGINT NOT NULL CHECK (created_at >= 0),
  updated_at     BIGINT NOT NULL CHECK (updated_at >= 0),
  UNIQUE (scope, scope_id, period)
);

-- What is spent and reserved in each window: a cache of the ledger's rows, written in the same transaction.
-- A window without a row is one in which nothing happened yet, or nothing since its budget exists.
CREATE TABLE wasat.budget_windows (
  budget_id         TEXT COLLATE "C" NOT NULL REFERENCES wasat.budgets ON DELETE CASCADE,
  window_start      BIGINT NOT NULL,
  spent_nano_usd    BIGINT NOT NULL CHECK (spent_nano_usd >= 0),
  reserved_nano_usd BIGINT NOT NULL CHECK (reserved_nano_usd >= 0),
  PRIMARY KEY (budget_id, window_start)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);

-- One alert for each budget and window.
CREATE TABLE wasat.budget_alerts (
  budget_id      TEXT COLLATE "C" NOT NULL REFERENCES wasat.budgets ON DELETE CASCADE,
  window_start   BIGINT NOT NULL,
  spent_nano_usd BIGINT NOT NULL CHECK (spent_nano_usd >= 0),
  created_at     BIGINT NOT NULL,
  PRIMARY KEY (budget_id, window_start)
);
