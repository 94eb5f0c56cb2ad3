-- Budgets: their windows, their locks, and what moves them. Times are milliseconds since the epoch.
--
-- Locks are always taken in this order, so that nobody waits in a circle: prices, the ledger's advisory lock (shared by
-- whoever writes rows; alone for who must see all rows at rest), budgets by scope, scope_id and period, open
-- reservations by id, new rows by id, hours by hour and id.

CREATE FUNCTION wasat.now_ms() RETURNS BIGINT LANGUAGE sql VOLATILE AS $$
  SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::BIGINT
$$;

-- Weeks start on Monday: 1970-01-01 was a Thursday.
CREATE FUNCTION wasat.window_start(period TEXT, at BIGINT) RETURNS BIGINT LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE period
    WHEN 'day' THEN at - at % 86400000
    WHEN 'week' THEN at - (at + 259200000) % 604800000
    WHEN 'month' THEN
      (extract(epoch FROM date_trunc('month', to_timestamp(at / 1000.0) AT TIME ZONE 'UTC')) * 1000)::BIGINT
    ELSE 0
  END
$$;

-- The first moment after the window; of `ever`, the end of time.
CREATE FUNCTION wasat.window_end(period TEXT, start BIGINT) RETURNS BIGINT LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE period
    WHEN 'day' THEN start + 86400000
    WHEN 'week' THEN start + 604800000
    WHEN 'month' THEN
      (extract(epoch FROM (to_timestamp(start / 1000.0) AT TIME ZONE 'UTC') + INTERVAL '1 month') * 1000)::BIGINT
    ELSE 9223372036854775807
  END
$$;

CREATE FUNCTION wasat.lock_ledger() RETURNS VOID LANGUAGE sql AS $$
  SELECT pg_advisory_xact_lock(7740321470001)
$$;

CREATE FUNCTION wasat.lock_budgets(key_ids TEXT[], project_ids TEXT[]) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(7740321470001);
  PERFORM 1 FROM wasat.budgets b
    WHERE b.scope = 'gateway'
      OR (b.scope = 'key' AND b.scope_id = ANY (key_ids))
      OR (b.scope = 'project' AND b.scope_id = ANY (project_ids))
    ORDER BY b.scope, b.scope_id, b.period
    FOR NO KEY UPDATE;
END $$;

-- What the ledger's rows come to in one window of a budget: for a window that has no row yet.
CREATE FUNCTION wasat.window_totals(
  b wasat.budgets, start BIGINT, OUT spent BIGINT, OUT reserved BIGINT
) LANGUAGE plpgsql AS $$
DECLARE
  finish BIGINT := wasat.window_end(b.period, start);
BEGIN
  IF b.scope = 'gateway' THEN
    SELECT sum(h.billed_nano_usd) INTO spent FROM wasat.usage_hours h
      WHERE h.hour >= start AND h.hour < finish;
    SELECT sum(o.reserved_nano_usd) INTO reserved FROM wasat.open_reservations o
      WHERE o.admitted_at >= start AND o.admitted_at < finish;
  ELSIF b.scope = 'project' THEN
    SELECT sum(h.billed_nano_usd) INTO spent FROM wasat.usage_hours h
      WHERE h.project_id = b.scope_id AND h.hour >= start AND h.hour < finish;
    SELECT sum(o.reserved_nano_usd) INTO reserved FROM wasat.open_reservations o
      WHERE o.project_id = b.scope_id AND o.admitted_at >= start AND o.admitted_at < finish;
  ELSE
    SELECT sum(h.billed_nano_usd) INTO spent FROM wasat.usage_hours h
      WHERE h.key_id = b.scope_id AND h.hour >= start AND h.hour < finish;
    SELECT sum(o.reserved_nano_usd) INTO reserved FROM wasat.open_reservations o
      WHERE o.key_id = b.scope_id AND o.admitted_at >= start AND o.admitted_at < finish;
  END IF;
  spent := coalesce(spent, 0);
  reserved := coalesce(reserved, 0);
END $$;

CREATE FUNCTION wasat.window_state(
  b wasat.budgets, at BIGINT, OUT start BIGINT, OUT spent BIGINT, OUT reserved BIGINT
) LANGUAGE plpgsql AS $$
DECLARE
  totals RECORD;
BEGIN
  start := wasat.window_start(b.period, at);
  SELECT w.spent_nano_usd, w.reserved_nano_usd INTO spent, reserved
    FROM wasat.budget_windows w WHERE w.budget_id = b.id AND w.window_start = start;
  IF FOUND THEN RETURN; END IF;
  totals := wasat.window_totals(b, start);
  spent := totals.spent;
  reserved := totals.reserved;
END $$;

-- What one request adds to the windows over it; negative to give back.
CREATE TYPE wasat.movement AS (
  key_id TEXT, project_id TEXT, admitted_at BIGINT, spent BIGINT, reserved BIGINT
);

CREATE TYPE wasat.window_change AS (
  budget_id TEXT, window_start BIGINT, spent BIGINT, reserved BIGINT
);

-- Moves every budget over these requests, in the windows of their admission, and tells the windows. Their rows are on
-- the ledger already: a window that is made here is made from them. The budgets are locked.
CREATE FUNCTION wasat.move_budgets(movements wasat.movement[]) RETURNS wasat.window_change[]
LANGUAGE plpgsql AS $$
DECLARE
  changes wasat.window_change[];
BEGIN
  WITH hours AS (
    SELECT m.key_id, m.project_id, m.admitted_at - m.admitted_at % 3600000 AS hour,
      sum(m.spent) AS spent, sum(m.reserved) AS reserved
    FROM unnest(movements) m GROUP BY 1, 2, 3
  ), scopes AS (
    SELECT 'gateway' AS scope, '' AS scope_id, hour, sum(spent) AS spent, sum(reserved) AS reserved
      FROM hours GROUP BY hour
    UNION ALL SELECT 'key', key_id, hour, sum(spent), sum(reserved) FROM hours GROUP BY key_id, hour
    UNION ALL SELECT 'project', project_id, hour, sum(spent), sum(reserved) FROM hours
      WHERE project_id IS NOT NULL GROUP BY project_id, hour
  ), windows AS (
    SELECT b.id, wasat.window_start(b.period, s.hour) AS start, sum(s.spent) AS spent, sum(s.reserved) AS reserved
    FROM scopes s JOIN wasat.budgets b ON b.scope = s.scope AND b.scope_id = s.scope_id
    GROUP BY 1, 2
  )
  SELECT array_agg(ROW(id, start, spent, reserved)::wasat.window_change) INTO changes FROM windows;
  IF changes IS NULL THEN RETURN '{}'; END IF;

  UPDATE wasat.budget_windows w
    SET spent_nano_usd = w.spent_nano_usd + c.spent, reserved_nano_usd = w.reserved_nano_usd + c.reserved
    FROM unnest(changes) c WHERE w.budget_id = c.budget_id AND w.window_start = c.window_start
      AND (c.spent <> 0 OR c.reserved <> 0);
  INSERT INTO wasat.budget_windows (budget_id, window_start, spent_nano_usd, reserved_nano_usd)
    SELECT c.budget_id, c.window_start, t.spent, t.reserved
    FROM unnest(changes) c
      JOIN wasat.budgets b ON b.id = c.budget_id
      CROSS JOIN LATERAL wasat.window_totals(b, c.window_start) t
    WHERE NOT EXISTS (
      SELECT 1 FROM wasat.budget_windows w WHERE w.budget_id = c.budget_id AND w.window_start = c.window_start
    );
  RETURN changes;
END $$;

CREATE FUNCTION wasat.budget_json(b wasat.budgets) RETURNS JSON LANGUAGE sql IMMUTABLE AS $$
  SELECT json_build_object('id', b.id, 'scope', b.scope, 'scope_id', b.scope_id, 'period', b.period,
    'limit_nano_usd', b.limit_nano_usd, 'hard_stop', b.hard_stop, 'alert_percent', b.alert_percent,
    'created_at', b.created_at, 'updated_at', b.updated_at)
$$;

-- The windows that have just reached the alert of their budget, each told once.
CREATE FUNCTION wasat.raise_alerts(changes wasat.window_change[], now BIGINT) RETURNS JSON LANGUAGE plpgsql AS $$
DECLARE
  alerts JSON;
BEGIN
  WITH raised AS (
    INSERT INTO wasat.budget_alerts (budget_id, window_start, spent_nano_usd, created_at)
    SELECT w.budget_id, w.window_start, w.spent_nano_usd, now
    FROM unnest(changes) c
      JOIN wasat.budgets b ON b.id = c.budget_id
      JOIN wasat.budget_windows w ON w.budget_id = c.budget_id AND w.window_start = c.window_start
    WHERE b.alert_percent IS NOT NULL AND w.spent_nano_usd > 0
      AND w.spent_nano_usd::NUMERIC * 100 >= b.limit_nano_usd::NUMERIC * b.alert_percent
    ON CONFLICT DO NOTHING
    RETURNING *
  )
  SELECT json_agg(json_build_object(
      'budget', wasat.budget_json(b), 'window_start', r.window_start, 'spent', r.spent_nano_usd))
    INTO alerts FROM raised r JOIN wasat.budgets b ON b.id = r.budget_id;
  RETURN coalesce(alerts, '[]');
END $$;

CREATE FUNCTION wasat.write_history(b wasat.budgets, is_deleted BOOLEAN) RETURNS VOID LANGUAGE sql AS $$
  INSERT INTO wasat.budget_history (budget_id, scope, scope_id, period, limit_nano_usd, hard_stop, alert_percent,
    created_at, updated_at, is_deleted)
  VALUES (b.id, b.scope, b.scope_id, b.period, b.limit_nano_usd, b.hard_stop, b.alert_percent,
    b.created_at, b.updated_at, is_deleted)
$$;

-- Alone with the ledger: a reservation that is just being written would be in no window of the new budget.
CREATE FUNCTION wasat.create_budget(document JSON) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
  b wasat.budgets := json_populate_record(NULL::wasat.budgets, document);
  start BIGINT;
BEGIN
  PERFORM wasat.lock_ledger();
  INSERT INTO wasat.budgets SELECT b.*;
  start := wasat.window_start(b.period, wasat.now_ms());
  INSERT INTO wasat.budget_windows SELECT b.id, start, t.spent, t.reserved FROM wasat.window_totals(b, start) t;
  PERFORM wasat.write_history(b, FALSE);
END $$;

CREATE FUNCTION wasat.update_budget(document JSON) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
DECLARE
  new wasat.budgets := json_populate_record(NULL::wasat.budgets, document);
  b wasat.budgets;
BEGIN
  UPDATE wasat.budgets SET limit_nano_usd = new.limit_nano_usd, hard_stop = new.hard_stop,
      alert_percent = new.alert_percent, updated_at = new.updated_at
    WHERE id = new.id RETURNING * INTO b;
  IF NOT FOUND THEN RETURN FALSE; END IF;
  PERFORM wasat.write_history(b, FALSE);
  RETURN TRUE;
END $$;

CREATE FUNCTION wasat.delete_budgets(ids TEXT[]) RETURNS INTEGER LANGUAGE plpgsql AS $$
DECLARE
  b wasat.budgets;
  deleted INTEGER := 0;
BEGIN
  FOR b IN SELECT * FROM wasat.budgets WHERE id = ANY (ids) ORDER BY scope, scope_id, period FOR UPDATE LOOP
    PERFORM wasat.write_history(b, TRUE);
    DELETE FROM wasat.budgets WHERE id = b.id;
    deleted := deleted + 1;
  END LOOP;
  RETURN deleted;
END $$;

CREATE FUNCTION wasat.delete_key(doomed TEXT) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM wasat.keys WHERE id = doomed;
  IF NOT FOUND THEN RETURN FALSE; END IF;
  PERFORM wasat.delete_budgets(ARRAY(SELECT id FROM wasat.budgets WHERE scope = 'key' AND scope_id = doomed));
  RETURN TRUE;
END $$;

CREATE FUNCTION wasat.delete_project(doomed TEXT) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM wasat.projects WHERE id = doomed;
  IF NOT FOUND THEN RETURN FALSE; END IF;
  PERFORM wasat.delete_budgets(ARRAY(SELECT id FROM wasat.budgets WHERE scope = 'project' AND scope_id = doomed));
  RETURN TRUE;
END $$;
