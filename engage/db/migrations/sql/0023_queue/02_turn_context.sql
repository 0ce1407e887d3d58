-- All that a decision about one line may depend on. Call it only after the line is locked: a
-- statement that locks and reads at once sees the state before the lock.
-- Lists are met with = ANY (array) or a join, never with OR: an OR over a subquery reads a whole
-- practice per text (measured: 50 ms with 20,000 patients, docs/performance.md).
-- As in 0002_hot_path, with what staff have said of their work: hours, how much they hold, languages.
-- Replacing a function forgets its settings, so they stand here.
CREATE OR REPLACE FUNCTION turn_context(
    p_practice uuid, p_line uuid, p_patient uuid, p_now timestamptz
) RETURNS jsonb
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    ahead uuid := month_floor(p_now + interval '1 day');
BEGIN
    RETURN (
        WITH here AS (
            SELECT * FROM line WHERE practice_id = p_practice AND id = p_line
        ), mine AS (
            SELECT t.id, t.patient_id, p.given_name, p.language, p.time_zone, p.status,
                   EXISTS (SELECT FROM phone_use u, here h
                           WHERE u.practice_id = p_practice AND u.phone_id = h.phone_id
                             AND u.patient_id = t.patient_id AND u.until_at IS NULL) AS uses_phone
            FROM thread t
            JOIN patient p ON p.practice_id = p_practice AND p.id = t.patient_id
            WHERE t.practice_id = p_practice AND t.line_id = p_line
            UNION ALL
            SELECT NULL, p.id, p.given_name, p.language, p.time_zone, p.status, false
            FROM patient p
            WHERE p_line IS NULL AND p.practice_id = p_practice AND p.id = p_patient
        )
        SELECT jsonb_build_object(
            'line', (SELECT jsonb_build_object(
                'id', h.id, 'number_id', h.number_id, 'opted_out', h.opted_out_at IS NOT NULL)
                FROM here h),
            'practice', (SELECT jsonb_build_object(
                'id', r.id, 'name', r.name, 'texting_name', r.texting_name,
                'support_phone', r.support_phone, 'time_zone', r.time_zone,
                'business_hours', r.business_hours, 'holidays', r.holidays,
                'responsible_id', r.responsible_id)
                FROM practice r WHERE r.id = p_practice),
            'threads', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'id', m.id, 'patient_id', m.patient_id, 'given_name', m.given_name,
                'language', m.language, 'active', m.status = 'active', 'uses_phone', m.uses_phone,
                'manager_id', (SELECT a.staff_id FROM assignment a
                    WHERE a.practice_id = p_practice AND a.patient_id = m.patient_id
                      AND a.from_at <= p_now AND (a.until_at IS NULL OR a.until_at > p_now)
                    ORDER BY a.from_at DESC LIMIT 1),
                'team', (SELECT coalesce(jsonb_agg(c.staff_id ORDER BY c.from_at, c.staff_id), '[]')
                    FROM care_team_member c
                    WHERE c.practice_id = p_practice AND c.patient_id = m.patient_id
                      AND c.from_at <= p_now AND (c.until_at IS NULL OR c.until_at > p_now))
                ) ORDER BY m.id), '[]') FROM mine m),
            'caregivers', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'id', g.id, 'given_name', g.given_name,
                'of', (SELECT coalesce(jsonb_agg(o.patient_id ORDER BY o.patient_id), '[]')
                    FROM caregiver_of o
                    WHERE o.practice_id = p_practice AND o.caregiver_id = g.id
                      AND o.from_at <= p_now AND (o.until_at IS NULL OR o.until_at > p_now))
                ) ORDER BY g.id), '[]')
                FROM phone_use u
                JOIN here h ON h.phone_id = u.phone_id
                JOIN caregiver g ON g.practice_id = p_practice AND g.id = u.caregiver_id
                WHERE u.practice_id = p_practice AND u.until_at IS NULL),
            'conversations', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'id', c.id, 'thread_id', c.thread_id, 'patient_id', c.patient_id,
                'screening_id', c.screening_id, 'script', c.script, 'language', c.language,
                'state', c.state, 'started_at', c.started_at,
                -- The texts of it that have not left: nobody has read them yet.
                'queued', (SELECT coalesce(jsonb_agg(k.key ORDER BY k.key), '[]')
                    FROM text_key k
                    JOIN message o ON o.practice_id = p_practice AND o.id = k.message_id
                    WHERE k.practice_id = p_practice AND k.cause_id = c.id
                      AND o.status = 'queued' AND o.id < ahead)) ORDER BY c.id), '[]')
                FROM (SELECT m.id FROM mine m WHERE m.id IS NOT NULL
                      UNION ALL
                      SELECT t.id FROM thread t
                      WHERE p_line IS NULL AND t.practice_id = p_practice AND t.patient_id = p_patient
                     ) here_or_theirs
                JOIN conversation c ON c.practice_id = p_practice AND c.thread_id = here_or_theirs.id
                WHERE c.open),
            'items', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'id', q.id, 'about_id', q.about_id, 'subject', q.subject, 'severity', q.severity,
                'owner_id', q.owner_id, 'due_at', q.due_at,
                'waiting', q.waiting_since IS NOT NULL) ORDER BY q.id), '[]')
                FROM queue_item q
                WHERE q.practice_id = p_practice AND q.closed_at IS NULL
                  AND q.about_id = ANY (ARRAY(SELECT m.patient_id FROM mine m) || p_line)),
            'staff', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'id', s.id, 'given_name', s.given_name, 'roles', s.roles,
                -- A practice that has written down nobody's duty pays for one look at an empty index.
                'duty', (SELECT jsonb_build_object(
                    'hours', d.hours, 'capacity', d.capacity, 'languages', d.languages,
                    'held', (SELECT count(*) FROM (
                        SELECT FROM queue_item o
                        WHERE o.practice_id = p_practice AND o.owner_id = s.id
                          AND o.closed_at IS NULL LIMIT d.capacity) held
                        WHERE d.capacity IS NOT NULL))
                    FROM duty d WHERE d.practice_id = p_practice AND d.staff_id = s.id)
                ) ORDER BY s.id), '[]')
                FROM (SELECT f.id, f.given_name, jsonb_agg(b.role ORDER BY b.role) AS roles
                      FROM membership b JOIN staff f ON f.id = b.staff_id
                      WHERE b.practice_id = p_practice AND f.active AND b.from_at <= p_now
                        AND (b.until_at IS NULL OR b.until_at > p_now)
                      GROUP BY f.id, f.given_name) s),
            'covers', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'absent_id', v.absent_id, 'cover_id', v.cover_id,
                'from_at', v.from_at, 'until_at', v.until_at) ORDER BY v.from_at, v.id), '[]')
                FROM cover v WHERE v.practice_id = p_practice AND v.until_at > p_now)
        ));
END $$;
