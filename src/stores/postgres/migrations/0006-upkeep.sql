-- What is done beside the requests: recovery, prices that came later, and the end of old rows.

-- Makes this process, or keeps it, alive until `alive_ms` from now; tells how many are. Whoever had the same name is over.
CREATE FUNCTION wasat.stay_alive(own_id TEXT, own_name TEXT, alive_ms BIGINT) RETURNS INTEGER LANGUAGE plpgsql AS $$
DECLARE
  now BIGINT := wasat.now_ms();
BEGIN
  UPDATE wasat.instances SET alive_until = now + alive_ms WHERE id = own_id;
  IF NOT FOUND THEN
    INSERT INTO wasat.instances (id, name, started_at, alive_until) VALUES (own_id, own_name, now, now + alive_ms);
    UPDATE wasat.instances SET alive_until = -now WHERE name = own_name AND id <> own_id AND alive_until > 0;
  END IF;
  RETURN (SELECT count(*) FROM wasat.instances WHERE alive_until > now);
END $$;

-- The row that recovery writes for a reservation of which nothing more is known.
CREATE FUNCTION wasat.recovered_entry(ord INTEGER, r wasat.reservations, now BIGINT) RETURNS wasat.settle_entry
LANGUAGE sql IMMUTABLE AS $$
  SELECT ROW(ord, r.request_id, r.key_id, r.project_id, r.admitted_at, greatest(now, r.admitted_at), r.verb, r.model,
    r.tags, 'crash_recovered', 0, NULL, NULL, NULL, 0, NULL, 'none', 'standard', 0, 0, 0, 0, 0, 0, NULL, NULL,
    r.reserved_nano_usd, 0, 0, NULL, 0, NULL, 0)::wasat.settle_entry
$$;

-- Closes at most `rows_max` open reservations whose lease is over or whose process is. A process that only stopped
-- telling is over when `may_judge`: not while all of them had no chance to tell, because the server was away. Nor when
-- the caller itself, which is alive, would be over: then the clock has jumped. What was copied belongs to nobody.
CREATE FUNCTION wasat.recover(own_id TEXT, may_judge BOOLEAN, rows_max INTEGER) RETURNS JSON LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
  now BIGINT := wasat.now_ms();
  entries wasat.settle_entry[];
BEGIN
  may_judge := may_judge AND EXISTS (SELECT 1 FROM wasat.instances WHERE id = own_id AND alive_until > now);
  -- Not at once: what a killed process had sent may still be on its way into the books.
  DELETE FROM wasat.instances i WHERE abs(i.alive_until) < now - 86400000 AND (may_judge OR i.alive_until <= 0)
    AND NOT EXISTS (SELECT 1 FROM wasat.open_reservations o WHERE o.instance_id = i.id);
  SELECT array_agg(wasat.recovered_entry(c.ord, r, now) ORDER BY c.ord) INTO entries
    FROM (
      SELECT o.request_id, row_number() OVER (ORDER BY o.request_id)::INTEGER AS ord
      FROM wasat.open_reservations o LEFT JOIN wasat.instances i ON i.id = o.instance_id
      WHERE o.lease_until <= now OR i.alive_until <= 0 OR (may_judge AND i.alive_until < now)
        OR o.instance_id = 'copied'
      ORDER BY o.request_id LIMIT rows_max
    ) c JOIN wasat.reservations r ON r.request_id = c.request_id;
  IF entries IS NULL THEN RETURN NULL; END IF;
  RETURN wasat.close_requests(entries, FALSE);
END $$;

-- Closes reservations of ours of which nobody knows whether they were granted: nobody began on them.
CREATE FUNCTION wasat.release(ids TEXT[], instance TEXT) RETURNS JSON LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
  now BIGINT := wasat.now_ms();
  entries wasat.settle_entry[];
BEGIN
  SELECT array_agg(wasat.recovered_entry(c.ord, r, now) ORDER BY c.ord) INTO entries
    FROM (
      SELECT o.request_id, row_number() OVER (ORDER BY o.request_id)::INTEGER AS ord
      FROM wasat.open_reservations o WHERE o.request_id = ANY (ids) AND o.instance_id = instance
    ) c JOIN wasat.reservations r ON r.request_id = c.request_id;
  IF entries IS NULL THEN RETURN NULL; END IF;
  RETURN wasat.close_requests(entries, FALSE);
END $$;

-- batch: [{request_id, price_version, billed_nano_usd, upstream_cost_nano_usd}] of requests without a price.
-- Tells how many were priced now, and what they came to.
CREATE FUNCTION wasat.reprice(batch JSON, documents JSON) RETURNS JSON LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
  written wasat.adjustments[];
  now BIGINT;
BEGIN
  PERFORM wasat.write_prices(documents);
  PERFORM wasat.lock_budgets(
    ARRAY(SELECT DISTINCT r.key_id FROM json_to_recordset(batch) AS x (request_id TEXT)
      JOIN wasat.requests r USING (request_id)),
    ARRAY(SELECT DISTINCT r.project_id FROM json_to_recordset(batch) AS x (request_id TEXT)
      JOIN wasat.requests r USING (request_id) WHERE r.project_id IS NOT NULL));
  now := wasat.now_ms();
  WITH new AS (
    INSERT INTO wasat.adjustments (request_id, number, admitted_at, reason, billed_nano_usd, upstream_cost_nano_usd,
        price_version, created_at)
      SELECT r.request_id, coalesce(late.number, 0) + 1, r.admitted_at, 'repriced', x.billed_nano_usd,
        x.upstream_cost_nano_usd, x.price_version, now
      FROM json_to_recordset(batch) AS x (request_id TEXT, price_version TEXT, billed_nano_usd BIGINT,
          upstream_cost_nano_usd BIGINT)
        JOIN wasat.requests r ON r.request_id = x.request_id
        LEFT JOIN wasat.adjustments late ON late.request_id = x.request_id AND late.reason = 'late'
      WHERE NOT EXISTS (SELECT 1 FROM wasat.adjustments a WHERE a.request_id = x.request_id AND a.reason = 'repriced')
      ORDER BY r.request_id
      RETURNING *
  )
  SELECT array_agg(new) INTO written FROM new;
  PERFORM wasat.change_hours(ARRAY(
    SELECT ROW(r.admitted_at - r.admitted_at % 3600000, r.key_id, coalesce(r.project_id, ''), r.model,
      coalesce(r.upstream, ''), r.tags, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0,
      w.billed_nano_usd, w.upstream_cost_nano_usd)::wasat.hour_change
    FROM unnest(written) w JOIN wasat.requests r ON r.request_id = w.request_id));
  PERFORM wasat.move_budgets(ARRAY(
    SELECT ROW(r.key_id, r.project_id, r.admitted_at, w.billed_nano_usd, 0)::wasat.movement
    FROM unnest(written) w JOIN wasat.requests r ON r.request_id = w.request_id));
  RETURN (SELECT json_build_object('requests', count(*), 'billed', coalesce(sum(w.billed_nano_usd), 0)::TEXT)
    FROM unnest(written) w);
END $$;

-- Removes at most `rows_max` settled requests admitted before then, with all their rows; the sums stay.
-- Alone with the ledger: an adjustment that is just being written would be left without its request.
CREATE FUNCTION wasat.prune(before BIGINT, rows_max INTEGER) RETURNS INTEGER LANGUAGE plpgsql
SET jit = off AS $$
DECLARE
  ids TEXT[];
BEGIN
  PERFORM wasat.lock_ledger();
  UPDATE wasat.ledger_state SET pruned_before = before WHERE pruned_before < before;
  ids := ARRAY(SELECT r.request_id FROM wasat.requests r WHERE r.admitted_at < before
    ORDER BY r.admitted_at, r.request_id LIMIT rows_max);
  DELETE FROM wasat.other_attempts WHERE request_id = ANY (ids);
  DELETE FROM wasat.adjustments WHERE request_id = ANY (ids);
  DELETE FROM wasat.reservations WHERE request_id = ANY (ids);
  DELETE FROM wasat.requests WHERE request_id = ANY (ids);
  RETURN cardinality(ids);
END $$;
