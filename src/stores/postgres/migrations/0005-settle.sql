-- Closes requests: all of a batch in one transaction, each of them once.

CREATE TYPE wasat.hour_change AS (
  hour BIGINT, key_id TEXT, project_id TEXT, model TEXT, upstream TEXT, tags TEXT,
  requests INTEGER, failed INTEGER, estimated INTEGER, unpriced INTEGER,
  prompt_tokens BIGINT, cached_tokens BIGINT, candidates_tokens BIGINT, thoughts_tokens BIGINT,
  tool_use_prompt_tokens BIGINT, total_tokens BIGINT, billed_nano_usd BIGINT, upstream_cost_nano_usd BIGINT
);

CREATE FUNCTION wasat.hour_id(key_id TEXT, project_id TEXT, model TEXT, upstream TEXT, tags TEXT)
RETURNS BYTEA LANGUAGE sql STABLE AS $$
  SELECT sha256(convert_to(json_build_array(key_id, project_id, model, upstream, tags)::TEXT, 'UTF8'))
$$;

-- For rows that are new. A sum that gets smaller goes through change_hours, because a new row must not be negative.
CREATE FUNCTION wasat.add_hours(changes wasat.hour_change[]) RETURNS VOID LANGUAGE sql AS $$
  INSERT INTO wasat.usage_hours AS h
    SELECT c.hour, wasat.hour_id(c.key_id, c.project_id, c.model, c.upstream, c.tags) AS id,
      c.key_id, c.project_id, c.model, c.upstream, c.tags,
      sum(c.requests), sum(c.failed), sum(c.estimated), sum(c.unpriced),
      sum(c.prompt_tokens), sum(c.cached_tokens), sum(c.candidates_tokens), sum(c.thoughts_tokens),
      sum(c.tool_use_prompt_tokens), sum(c.total_tokens), sum(c.billed_nano_usd), sum(c.upstream_cost_nano_usd)
    FROM unnest(changes) c
    GROUP BY c.hour, c.key_id, c.project_id, c.model, c.upstream, c.tags
    ORDER BY hour, id
  ON CONFLICT (hour, id) DO UPDATE SET
    requests = h.requests + EXCLUDED.requests,
    failed = h.failed + EXCLUDED.failed,
    estimated = h.estimated + EXCLUDED.estimated,
    unpriced = h.unpriced + EXCLUDED.unpriced,
    prompt_tokens = h.prompt_tokens + EXCLUDED.prompt_tokens,
    cached_tokens = h.cached_tokens + EXCLUDED.cached_tokens,
    candidates_tokens = h.candidates_tokens + EXCLUDED.candidates_tokens,
    thoughts_tokens = h.thoughts_tokens + EXCLUDED.thoughts_tokens,
    tool_use_prompt_tokens = h.tool_use_prompt_tokens + EXCLUDED.tool_use_prompt_tokens,
    total_tokens = h.total_tokens + EXCLUDED.total_tokens,
    billed_nano_usd = h.billed_nano_usd + EXCLUDED.billed_nano_usd,
    upstream_cost_nano_usd = h.upstream_cost_nano_usd + EXCLUDED.upstream_cost_nano_usd
$$;

-- For adjustments of rows that were counted before.
CREATE FUNCTION wasat.change_hours(changes wasat.hour_change[]) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
  c RECORD;
BEGIN
  FOR c IN
    SELECT x.hour, wasat.hour_id(x.key_id, x.project_id, x.model, x.upstream, x.tags) AS id,
      sum(x.unpriced) AS unpriced,
      sum(x.prompt_tokens) AS prompt_tokens, sum(x.cached_tokens) AS cached_tokens,
      sum(x.candidates_tokens) AS candidates_tokens, sum(x.thoughts_tokens) AS thoughts_tokens,
      sum(x.tool_use_prompt_tokens) AS tool_use_prompt_tokens, sum(x.total_tokens) AS total_tokens,
      sum(x.billed_nano_usd) AS billed_nano_usd, sum(x.upstream_cost_nano_usd) AS upstream_cost_nano_usd
    FROM unnest(changes) x GROUP BY 1, 2 ORDER BY 1, 2
  LOOP
    UPDATE wasat.usage_hours h SET
      unpriced = h.unpriced + c.unpriced,
      prompt_tokens = h.prompt_tokens + c.prompt_tokens,
      cached_tokens = h.cached_tokens + c.cached_tokens,
      candidates_tokens = h.candidates_tokens + c.candidates_tokens,
      thoughts_tokens = h.thoughts_tokens + c.thoughts_tokens,
      tool_use_prompt_tokens = h.tool_use_prompt_tokens + c.tool_use_prompt_tokens,
      total_tokens = h.total_tokens + c.total_tokens,
      billed_nano_usd = h.billed_nano_usd + c.billed_nano_usd,
      upstream_cost_nano_usd = h.upstream_cost_nano_usd + c.upstream_cost_nano_usd
    WHERE h.hour = c.hour AND h.id = c.id;
    IF NOT FOUND THEN RAISE EXCEPTION 'an adjusted request is in no sum'; END IF;
  END LOOP;
END $$;

-- other_attempts: a JSON array, or nothing.
CREATE TYPE wasat.settle_entry AS (
  ord INTEGER, request_id TEXT, key_id TEXT, project_id TEXT, admitted_at BIGINT, settled_at BIGINT, verb TEXT,
  model TEXT, tags TEXT, outcome TEXT, status BIGINT, upstream TEXT, upstream_model TEXT, model_version TEXT,
  attempts BIGINT, other_attempts JSON, usage_source TEXT, tier TEXT, prompt_tokens BIGINT, cached_tokens BIGINT,
  candidates_tokens BIGINT, thoughts_tokens BIGINT, tool_use_prompt_tokens BIGINT, total_tokens BIGINT, details TEXT,
  price_version TEXT, reserved_nano_usd BIGINT, billed_nano_usd BIGINT, upstream_cost_nano_usd BIGINT,
  finish_reason TEXT, delivered_bytes BIGINT, first_byte_ms DOUBLE PRECISION, duration_ms DOUBLE PRECISION
);

-- Whether an entry says what the row says already: then it is the same settlement once more. Neither its time of
-- admission nor what it reserved is asked: the reservation knew better.
CREATE FUNCTION wasat.is_same(e wasat.settle_entry, r wasat.requests) RETURNS BOOLEAN LANGUAGE sql IMMUTABLE AS $$
  SELECT (e.key_id, e.settled_at, e.verb, e.model, e.tags, e.outcome, e.status, e.attempts, e.usage_source, e.tier,
      e.prompt_tokens, e.cached_tokens, e.candidates_tokens, e.thoughts_tokens, e.tool_use_prompt_tokens,
      e.total_tokens, e.billed_nano_usd, e.upstream_cost_nano_usd, e.delivered_bytes, e.duration_ms)
    = (r.key_id, r.settled_at, r.verb, r.model, r.tags, r.outcome, r.status, r.attempts, r.usage_source, r.tier,
      r.prompt_tokens, r.cached_tokens, r.candidates_tokens, r.thoughts_tokens, r.tool_use_prompt_tokens,
      r.total_tokens, r.billed_nano_usd, r.upstream_cost_nano_usd, r.delivered_bytes, r.duration_ms)
    AND (e.project_id, e.upstream, e.upstream_model, e.model_version, e.details, e.price_version, e.finish_reason,
      e.first_byte_ms)
    IS NOT DISTINCT FROM (r.project_id, r.upstream, r.upstream_model, r.model_version, r.details, r.price_version,
      r.finish_reason, r.first_byte_ms)
$$;

CREATE FUNCTION wasat.is_same_late(e wasat.settle_entry, a wasat.adjustments) RETURNS BOOLEAN
LANGUAGE sql IMMUTABLE AS $$
  SELECT (e.settled_at, e.outcome, e.usage_source, e.tier, e.prompt_tokens, e.cached_tokens, e.candidates_tokens,
      e.thoughts_tokens, e.tool_use_prompt_tokens, e.total_tokens, e.billed_nano_usd, e.upstream_cost_nano_usd)
    = (a.settled_at, a.outcome, a.usage_source, a.tier, a.prompt_tokens, a.cached_tokens, a.candidates_tokens,
      a.thoughts_tokens, a.tool_use_prompt_tokens, a.total_tokens, a.billed_nano_usd, a.upstream_cost_nano_usd)
    AND (e.upstream, e.upstream_model, e.details, e.price_version)
    IS NOT DISTINCT FROM (a.upstream, a.upstream_model, a.details, a.price_version)
$$;

-- What becomes of each entry, by ord: 1 closes its reservation; 2 brings its own; 3 comes late, after recovery closed it;
-- 4 stands there already; 5 stands there otherwise; 6 is of another key or project than its reservation;
-- 7 is older than what the ledger keeps. The open reservations are locked.
CREATE FUNCTION wasat.judge(entries wasat.settle_entry[]) RETURNS INTEGER[] LANGUAGE sql AS $$
  SELECT array_agg(CASE
      WHEN o.request_id IS NOT NULL THEN
        CASE WHEN (o.key_id, o.project_id) IS NOT DISTINCT FROM (e.key_id, e.project_id) THEN 1 ELSE 6 END
      WHEN r.request_id IS NULL THEN CASE WHEN e.admitted_at < s.pruned_before THEN 7 ELSE 2 END
      WHEN r.outcome = 'crash_recovered' AND e.outcome = 'crash_recovered' THEN 4
      WHEN r.outcome <> 'crash_recovered' THEN CASE WHEN wasat.is_same(e, r) THEN 4 ELSE 5 END
      WHEN (r.key_id, r.project_id) IS DISTINCT FROM (e.key_id, e.project_id) THEN 6
      WHEN a.request_id IS NULL THEN 3
      WHEN wasat.is_same_late(e, a) THEN 4
      ELSE 5
    END ORDER BY e.ord)
  FROM unnest(entries) e
    CROSS JOIN wasat.ledger_state s
    LEFT JOIN wasat.open_reservations o ON o.request_id = e.request_id
    LEFT JOIN wasat.requests r ON r.request_id = e.request_id
    LEFT JOIN wasat.adjustments a ON a.request_id = e.request_id AND a.reason = 'late'
$$;

CREATE FUNCTION wasat.is_used(
  prompt BIGINT, cached BIGINT, candidates BIGINT, thoughts BIGINT, tool_use BIGINT, total BIGINT, details TEXT
) RETURNS BOOLEAN LANGUAGE sql IMMUTABLE AS $$
  SELECT prompt > 0 OR cached > 0 OR candidates > 0 OR thoughts > 0 OR tool_use > 0 OR total > 0
    OR details IS NOT NULL
$$;

-- Writes the rows of entries judged 1 and 2, with all that follows from them but the budgets.
CREATE FUNCTION wasat.write_requests(entries wasat.settle_entry[], verdicts INTEGER[]) RETURNS wasat.movement[]
LANGUAGE plpgsql AS $$
DECLARE
  written wasat.requests[];
  freed wasat.open_reservations[];
BEGIN
  IF 2 = ANY (verdicts) THEN
    -- Its lease is over before it began: it was never open.
    INSERT INTO wasat.reservations (request_id, key_id, project_id, verb, model, tags, reserved_nano_usd, is_priced,
        admitted_at, lease_until)
      SELECT e.request_id, e.key_id, e.project_id, e.verb, e.model, e.tags, e.reserved_nano_usd,
        e.price_version IS NOT NULL, e.admitted_at, e.admitted_at
      FROM unnest(entries) e WHERE verdicts[e.ord] = 2 ORDER BY e.request_id;
  END IF;
  WITH new AS (
    INSERT INTO wasat.requests (request_id, key_id, project_id, admitted_at, settled_at, verb, model, tags, outcome,
        status, upstream, upstream_model, model_version, attempts, usage_source, tier, prompt_tokens, cached_tokens,
        candidates_tokens, thoughts_tokens, tool_use_prompt_tokens, total_tokens, details, price_version,
        reserved_nano_usd, billed_nano_usd, upstream_cost_nano_usd, finish_reason, delivered_bytes, first_byte_ms,
        duration_ms, has_reservation)
      SELECT e.request_id, e.key_id, e.project_id, coalesce(o.admitted_at, e.admitted_at), e.settled_at, e.verb,
        e.model, e.tags, e.outcome, e.status, e.upstream, e.upstream_model, e.model_version, e.attempts,
        e.usage_source, e.tier, e.prompt_tokens, e.cached_tokens, e.candidates_tokens, e.thoughts_tokens,
        e.tool_use_prompt_tokens, e.total_tokens, e.details, e.price_version,
        coalesce(o.reserved_nano_usd, e.reserved_nano_usd), e.billed_nano_usd, e.upstream_cost_nano_usd,
        e.finish_reason, e.delivered_bytes, e.first_byte_ms, e.duration_ms, TRUE
      FROM unnest(entries) e LEFT JOIN wasat.open_reservations o ON o.request_id = e.request_id
      WHERE verdicts[e.ord] IN (1, 2) ORDER BY e.request_id
      RETURNING *
  )
  SELECT array_agg(new) INTO written FROM new;
  IF written IS NULL THEN RETURN '{}'; END IF;
  INSERT INTO wasat.other_attempts
    SELECT w.request_id, a.number, w.admitted_at, a.upstream, a.upstream_model, a.status, a.reason,
      a.exposure_nano_usd, a.duration_ms
    FROM unnest(entries) e
      JOIN wasat.requests w ON w.request_id = e.request_id
      CROSS JOIN LATERAL json_to_recordset(e.other_attempts) AS a (number BIGINT, upstream TEXT, upstream_model TEXT,
        status BIGINT, reason TEXT, exposure_nano_usd BIGINT, duration_ms DOUBLE PRECISION)
    WHERE verdicts[e.ord] IN (1, 2) AND e.other_attempts IS NOT NULL;
  WITH gone AS (
    DELETE FROM wasat.open_reservations o USING unnest(written) w WHERE o.request_id = w.request_id RETURNING o.*
  )
  SELECT array_agg(gone) INTO freed FROM gone;
  PERFORM wasat.add_hours(ARRAY(
    SELECT ROW(w.admitted_at - w.admitted_at % 3600000, w.key_id, coalesce(w.project_id, ''), w.model,
      coalesce(w.upstream, ''), w.tags, 1, (w.outcome <> 'complete')::INTEGER,
      (w.usage_source IN ('partial', 'estimated'))::INTEGER,
      (w.price_version IS NULL AND wasat.is_used(w.prompt_tokens, w.cached_tokens, w.candidates_tokens,
        w.thoughts_tokens, w.tool_use_prompt_tokens, w.total_tokens, w.details))::INTEGER,
      w.prompt_tokens, w.cached_tokens, w.candidates_tokens, w.thoughts_tokens, w.tool_use_prompt_tokens,
      w.total_tokens, w.billed_nano_usd, w.upstream_cost_nano_usd)::wasat.hour_change
    FROM unnest(written) w));
  RETURN ARRAY(
    SELECT ROW(w.key_id, w.project_id, w.admitted_at, w.billed_nano_usd, 0)::wasat.movement FROM unnest(written) w
    UNION ALL
    SELECT ROW(f.key_id, f.project_id, f.admitted_at, 0, -f.reserved_nano_usd)::wasat.movement FROM unnest(freed) f);
END $$;

-- Writes the adjustments of entries judged 3, in the hour and the names of the row that recovery wrote.
CREATE FUNCTION wasat.write_late(entries wasat.settle_entry[], verdicts INTEGER[], now BIGINT)
RETURNS wasat.movement[] LANGUAGE plpgsql AS $$
DECLARE
  written wasat.adjustments[];
BEGIN
  WITH new AS (
    INSERT INTO wasat.adjustments (request_id, number, admitted_at, reason, billed_nano_usd, upstream_cost_nano_usd,
        price_version, prompt_tokens, cached_tokens, candidates_tokens, thoughts_tokens, tool_use_prompt_tokens,
        total_tokens, details, upstream, upstream_model, tier, outcome, usage_source, settled_at, created_at)
      SELECT e.request_id, 1, r.admitted_at, 'late', e.billed_nano_usd, e.upstream_cost_nano_usd, e.price_version,
        e.prompt_tokens, e.cached_tokens, e.candidates_tokens, e.thoughts_tokens, e.tool_use_prompt_tokens,
        e.total_tokens, e.details, e.upstream, e.upstream_model, e.tier, e.outcome, e.usage_source, e.settled_at, now
      FROM unnest(entries) e JOIN wasat.requests r ON r.request_id = e.request_id
      WHERE verdicts[e.ord] = 3 ORDER BY e.request_id
      RETURNING *
  )
  SELECT array_agg(new) INTO written FROM new;
  PERFORM wasat.change_hours(ARRAY(
    SELECT ROW(r.admitted_at - r.admitted_at % 3600000, r.key_id, coalesce(r.project_id, ''), r.model,
      coalesce(r.upstream, ''), r.tags, 0, 0, 0,
      (w.price_version IS NULL AND wasat.is_used(w.prompt_tokens, w.cached_tokens, w.candidates_tokens,
        w.thoughts_tokens, w.tool_use_prompt_tokens, w.total_tokens, w.details))::INTEGER,
      w.prompt_tokens, w.cached_tokens, w.candidates_tokens, w.thoughts_tokens, w.tool_use_prompt_tokens,
      w.total_tokens, w.billed_nano_usd, w.upstream_cost_nano_usd)::wasat.hour_change
    FROM unnest(written) w JOIN wasat.requests r ON r.request_id = w.request_id));
  RETURN ARRAY(
    SELECT ROW(r.key_id, r.project_id, r.admitted_at, w.billed_nano_usd, 0)::wasat.movement
    FROM unnest(written) w JOIN wasat.requests r ON r.request_id = w.request_id);
END $$;

-- verdicts as `judge` tells them; alerts of the budgets that reached theirs, when there is somebody to hear of them.
CREATE FUNCTION wasat.close_requests(entries wasat.settle_entry[], is_heard BOOLEAN) RETURNS JSON
LANGUAGE plpgsql AS $$
DECLARE
  verdicts INTEGER[];
  movements wasat.movement[];
  changes wasat.window_change[];
  now BIGINT;
BEGIN
  PERFORM wasat.lock_budgets(
    ARRAY(SELECT DISTINCT e.key_id FROM unnest(entries) e),
    ARRAY(SELECT DISTINCT e.project_id FROM unnest(entries) e WHERE e.project_id IS NOT NULL));
  PERFORM 1 FROM wasat.open_reservations o WHERE o.request_id = ANY (ARRAY(SELECT e.request_id FROM unnest(entries) e))
    ORDER BY o.request_id FOR UPDATE;
  now := wasat.now_ms();
  verdicts := wasat.judge(entries);
  movements := wasat.write_requests(entries, verdicts);
  IF 3 = ANY (verdicts) THEN movements := movements || wasat.write_late(entries, verdicts, now); END IF;
  changes := wasat.move_budgets(movements);
  RETURN json_build_object('verdicts', array_to_json(verdicts), 'alerts',
    CASE WHEN is_heard THEN wasat.raise_alerts(changes, now) END);
END $$;

-- documents: prices that this process has not written yet, [{version, document}].
CREATE FUNCTION wasat.write_prices(documents JSON) RETURNS VOID LANGUAGE sql AS $$
  INSERT INTO wasat.prices (version, document, created_at)
    SELECT p.version, p.document, wasat.now_ms()
    FROM json_to_recordset(documents) AS p (version TEXT, document TEXT) ORDER BY p.version
  ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION wasat.settle(batch JSON, documents JSON) RETURNS JSON LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
BEGIN
  IF documents IS NOT NULL THEN PERFORM wasat.write_prices(documents); END IF;
  RETURN wasat.close_requests(ARRAY(
    SELECT e FROM json_populate_recordset(NULL::wasat.settle_entry, batch) e ORDER BY e.ord), TRUE);
END $$;
