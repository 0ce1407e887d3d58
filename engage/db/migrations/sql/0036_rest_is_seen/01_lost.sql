-- Work that rests past its moment, and a leave that nobody will act on, are lost like the rest.
CREATE OR REPLACE FUNCTION audit_lost(p_now timestamptz)
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
        UNION ALL
        SELECT q.practice_id, 'snooze', q.id, q.snoozed_until FROM queue_item q
        WHERE q.closed_at IS NULL AND q.snoozed_at IS NOT NULL
        UNION ALL
        -- While somebody is away a row waits for their return.
        SELECT c.practice_id, 'cover', c.id, c.from_at FROM cover c WHERE c.until_at > p_now
    ) w
    WHERE w.at <= p_now AND NOT EXISTS (SELECT FROM due d WHERE d.kind = w.kind AND d.id = w.id)
    LIMIT 1000
$$;
