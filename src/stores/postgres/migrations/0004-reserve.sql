-- Opens requests: all of a batch in one transaction, each on its own granted or refused.

CREATE TYPE wasat.reserve_entry AS (
  ord INTEGER, request_id TEXT, key_id TEXT, project_id TEXT, verb TEXT, model TEXT, tags TEXT,
  reserved_nano_usd BIGINT, is_priced BOOLEAN, lease_ms BIGINT, nonce TEXT
);

-- Asks every hard budget, in the order of arrival. decisions[ord]: 0 on the books already, 1 granted, 2 refused.
-- The budgets are locked; what they hold is counted here in arrays, because a batch may have a thousand requests.
CREATE FUNCTION wasat.decide(
  entries wasat.reserve_entry[], known BOOLEAN[], now BIGINT, OUT decisions INTEGER[], OUT refused JSON
) LANGUAGE plpgsql AS $$
DECLARE
  ids TEXT[];
  limits BIGINT[];
  starts BIGINT[];
  spent BIGINT[];
  reserved BIGINT[];
  places JSONB;
  e wasat.reserve_entry;
  above INTEGER[];
  place INTEGER;
  blocker INTEGER;
  refusals JSON[] := '{}';
BEGIN
  refused := '[]';
  WITH hard AS (
    SELECT b.id, b.scope, b.scope_id, b.limit_nano_usd, s.start, s.spent, s.reserved,
      row_number() OVER (ORDER BY b.scope, b.scope_id, b.period)::INTEGER AS place
    FROM wasat.budgets b CROSS JOIN LATERAL wasat.window_state(b, now) s
    WHERE b.hard_stop AND (b.scope = 'gateway'
      OR (b.scope = 'key' AND b.scope_id = ANY (ARRAY(SELECT DISTINCT x.key_id FROM unnest(entries) x)))
      OR (b.scope = 'project' AND b.scope_id = ANY (ARRAY(SELECT DISTINCT x.project_id FROM unnest(entries) x))))
  ), scopes AS (
    SELECT h.scope || ':' || h.scope_id AS scope, array_agg(h.place ORDER BY h.place)::TEXT AS above
    FROM hard h GROUP BY 1
  )
  SELECT array_agg(h.id ORDER BY h.place), array_agg(h.limit_nano_usd ORDER BY h.place),
      array_agg(h.start ORDER BY h.place), array_agg(h.spent ORDER BY h.place),
      array_agg(h.reserved ORDER BY h.place),
      (SELECT jsonb_object_agg(s.scope, s.above) FROM scopes s)
    INTO ids, limits, starts, spent, reserved, places FROM hard h;
  IF ids IS NULL THEN
    SELECT array_agg(CASE WHEN k THEN 0 ELSE 1 END ORDER BY n) INTO decisions
      FROM unnest(known) WITH ORDINALITY AS u (k, n);
    RETURN;
  END IF;

  FOREACH e IN ARRAY entries LOOP
    IF known[e.ord] THEN
      decisions[e.ord] := 0;
      CONTINUE;
    END IF;
    above := coalesce((places ->> 'gateway:')::INTEGER[], '{}')
      || coalesce((places ->> ('project:' || e.project_id))::INTEGER[], '{}')
      || coalesce((places ->> ('key:' || e.key_id))::INTEGER[], '{}');
    blocker := NULL;
    FOREACH place IN ARRAY above LOOP
      IF NOT e.is_priced OR spent[place] + reserved[place] + e.reserved_nano_usd > limits[place] THEN
        blocker := place;
        EXIT;
      END IF;
    END LOOP;
    IF blocker IS NULL THEN
      decisions[e.ord] := 1;
      FOREACH place IN ARRAY above LOOP
        reserved[place] := reserved[place] + e.reserved_nano_usd;
      END LOOP;
    ELSE
      decisions[e.ord] := 2;
      refusals := refusals || json_build_object('ord', e.ord,
        'reason', CASE WHEN e.is_priced THEN 'exhausted' ELSE 'unpriced' END, 'budget', ids[blocker],
        'start', starts[blocker], 'spent', spent[blocker], 'reserved', reserved[blocker]);
    END IF;
  END LOOP;
  refused := array_to_json(refusals);
END $$;

-- now: the time of admission. known: ids that are on the books already, and whether by this very call (a lost answer).
-- refused: with the budgets that they name. Whatever is in neither list was granted.
CREATE FUNCTION wasat.reserve(batch JSON, instance TEXT) RETURNS JSON LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
  entries wasat.reserve_entry[];
  known BOOLEAN[];
  repeats JSON;
  now BIGINT;
  decisions INTEGER[];
  refused JSON;
  changes wasat.window_change[];
BEGIN
  SELECT array_agg(e ORDER BY e.ord) INTO entries
    FROM json_populate_recordset(NULL::wasat.reserve_entry, batch) e;
  PERFORM wasat.lock_budgets(
    ARRAY(SELECT DISTINCT e.key_id FROM unnest(entries) e),
    ARRAY(SELECT DISTINCT e.project_id FROM unnest(entries) e WHERE e.project_id IS NOT NULL));
  SELECT array_agg(r.request_id IS NOT NULL ORDER BY e.ord),
      json_agg(json_build_object('ord', e.ord, 'is_ours', r.nonce = e.nonce, 'admitted_at', r.admitted_at))
        FILTER (WHERE r.request_id IS NOT NULL)
    INTO known, repeats
    FROM unnest(entries) e LEFT JOIN wasat.reservations r ON r.request_id = e.request_id;
  now := wasat.now_ms();
  SELECT d.decisions, d.refused INTO decisions, refused FROM wasat.decide(entries, known, now) d;

  INSERT INTO wasat.reservations (request_id, key_id, project_id, verb, model, tags, reserved_nano_usd, is_priced,
      admitted_at, lease_until, nonce)
    SELECT e.request_id, e.key_id, e.project_id, e.verb, e.model, e.tags, e.reserved_nano_usd, e.is_priced,
      now, now + e.lease_ms, e.nonce
    FROM unnest(entries) e WHERE decisions[e.ord] = 1 ORDER BY e.request_id;
  INSERT INTO wasat.open_reservations (request_id, key_id, project_id, admitted_at, reserved_nano_usd, lease_until,
      instance_id)
    SELECT e.request_id, e.key_id, e.project_id, now, e.reserved_nano_usd, now + e.lease_ms, instance
    FROM unnest(entries) e WHERE decisions[e.ord] = 1 ORDER BY e.request_id;
  changes := wasat.move_budgets(ARRAY(
    SELECT ROW(e.key_id, e.project_id, now, 0, e.reserved_nano_usd)::wasat.movement
    FROM unnest(entries) e WHERE decisions[e.ord] = 1));

  -- What was decided in arrays must be what stands in the table; else nothing of it happened.
  IF EXISTS (
    SELECT 1 FROM unnest(changes) c
      JOIN wasat.budgets b ON b.id = c.budget_id AND b.hard_stop
      JOIN wasat.budget_windows w ON w.budget_id = c.budget_id AND w.window_start = c.window_start
    WHERE w.spent_nano_usd + w.reserved_nano_usd > b.limit_nano_usd
  ) THEN
    RAISE EXCEPTION 'a reservation would exceed its budget';
  END IF;

  RETURN json_build_object('now', now, 'known', coalesce(repeats, '[]'), 'refused', refused, 'budgets', (
    SELECT coalesce(json_object_agg(b.id, wasat.budget_json(b)), '{}') FROM wasat.budgets b
    WHERE b.id = ANY (ARRAY(SELECT DISTINCT r ->> 'budget' FROM json_array_elements(refused) r))));
END $$;
