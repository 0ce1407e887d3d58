-- What the auditor asks of tables that no login may read: ids, kinds and seconds, nothing else.

-- Every practice there is work or a number of. A practice whose door was taken away is still seen.
CREATE FUNCTION audit_practices() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT d.practice_id FROM door d
    UNION SELECT n.practice_id FROM lane n
    UNION SELECT e.practice_id FROM due e
    ORDER BY 1
$$;

-- Since when the oldest work of each kind waits although nothing keeps it, and what keeps failing.
-- A text waits for its lane: what counts is since when that is open and nobody was served from it.
CREATE FUNCTION audit_due(p_now timestamptz)
RETURNS TABLE (practice_id uuid, kind text, id uuid, seconds double precision, tries integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH stands AS (
        SELECT d.practice_id, d.kind, d.id, d.tries,
               CASE WHEN d.kind <> 'outbox' THEN d.due_at ELSE greatest(
                   d.due_at, o.open_at, h.open_at, o.served_at,
                   CASE WHEN d.rank = 2 THEN greatest(o.routine_at, h.routine_at) END)
               END AS since
        FROM due d
        LEFT JOIN lane o ON d.kind = 'outbox' AND o.id = d.lane
        LEFT JOIN lane h ON d.kind = 'outbox' AND h.id = d.practice_id
    ), oldest AS (
        SELECT DISTINCT ON (s.practice_id, s.kind)
               s.practice_id, s.kind, s.id, extract(epoch FROM p_now - s.since) AS seconds, 0 AS tries
        FROM stands s WHERE s.since <= p_now
        ORDER BY s.practice_id, s.kind, s.since
    ), failing AS (
        SELECT DISTINCT ON (s.practice_id, s.kind)
               s.practice_id, s.kind, s.id, 0 AS seconds, s.tries
        FROM stands s
        -- Rows that are used up: of the others a high count says how old they are.
        WHERE s.tries > 1
          AND s.kind IN ('inbox', 'outbox', 'outcome', 'timer', 'page', 'notify', 'hl7', 'letter')
        ORDER BY s.practice_id, s.kind, s.tries DESC
    )
    SELECT o.practice_id, o.kind, o.id, o.seconds::double precision, o.tries FROM oldest o
    UNION ALL
    SELECT f.practice_id, f.kind, f.id, f.seconds::double precision, f.tries FROM failing f
$$;

-- Work that waits and that no loop will ever find: its row in `due` is gone. In the caller's scope.
CREATE FUNCTION audit_lost(p_now timestamptz)
RETURNS TABLE (practice_id uuid, kind text, id uuid, seconds double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT w.practice_id, w.kind, w.id, extract(epoch FROM p_now - w.at)::double precision
    FROM (
        SELECT m.practice_id, 'inbox' AS kind, m.id, m.at FROM message m
        WHERE m.direction = 'in' AND m.handled_at IS NULL
        UNION ALL
        SELECT m.practice_id, 'outbox', m.id, m.at FROM message m
        WHERE m.direction = 'out' AND m.status = 'queued'
        UNION ALL
        SELECT t.practice_id, 'timer', t.id, t.fires_at FROM timer t
        UNION ALL
        SELECT p.practice_id, 'page', p.item_id, p.next_at FROM paging p WHERE p.ended_at IS NULL
        UNION ALL
        SELECT p.practice_id, 'notify', p.id, p.at FROM page p
        WHERE p.status IN ('queued', 'refused') AND p.at > p_now - interval '1 day'
          AND NOT EXISTS (SELECT FROM paging g WHERE g.practice_id = p.practice_id
                          AND g.item_id = p.item_id AND g.ended_at IS NOT NULL)
    ) w
    WHERE w.at <= p_now AND NOT EXISTS (SELECT FROM due d WHERE d.kind = w.kind AND d.id = w.id)
    LIMIT 1000
$$;

-- Texts of the last day that were begun after the STOP of their line. In the caller's scope. What the
-- law asks for (kind consent) and the safety text of a crisis may leave; so may what was begun before.
CREATE FUNCTION audit_stopped(p_now timestamptz)
RETURNS TABLE (practice_id uuid, id uuid, seconds double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT m.practice_id, m.id, extract(epoch FROM p_now - m.sending_at)::double precision
    FROM line l
    JOIN message m ON m.practice_id = l.practice_id AND m.line_id = l.id
    WHERE l.opted_out_at IS NOT NULL
      AND m.id >= month_floor(p_now - interval '1 day')
      AND m.direction = 'out' AND m.kind NOT IN ('consent', 'safety')
      AND m.sending_at > l.opted_out_at + interval '10 seconds'
      AND m.status NOT IN ('queued', 'withdrawn', 'expired')
    LIMIT 1000
$$;
