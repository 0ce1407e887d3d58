-- As in 0024_sign_in, and with it: a caregiver who chose to be told said by whose clock they live, so the
-- hours of that place count. Of whom nothing is known every zone counts, as before. News take no room from
-- what is said about care: only other news feel that some have left.
CREATE OR REPLACE FUNCTION text_timing(
    p_practice uuid, p_line uuid, p_patient uuid, p_text uuid, p_since uuid, p_now timestamptz
) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    WITH recent AS (
        SELECT m.id, m.thread_id, m.direction, m.author, m.kind, m.status, m.at, m.sending_at,
               m.held_until, t.patient_id
        FROM message m
        LEFT JOIN thread t ON t.practice_id = p_practice AND t.id = m.thread_id
        WHERE m.practice_id = p_practice AND m.line_id = p_line AND m.id >= p_since
    ), users AS (
        SELECT p.time_zone, p.us_state
        FROM line l
        JOIN phone_use u ON u.practice_id = p_practice AND u.phone_id = l.phone_id
            AND u.until_at IS NULL
        JOIN patient p ON p.practice_id = p_practice AND p.id = u.patient_id
        WHERE l.practice_id = p_practice AND l.id = p_line
        UNION
        SELECT p.time_zone, p.us_state FROM patient p
        WHERE p_line IS NULL AND p.practice_id = p_practice AND p.id = p_patient
    )
    SELECT jsonb_build_object(
        'practice_zone', r.time_zone, 'texting_hours', r.texting_hours,
        'a_day', r.texts_a_day, 'a_week', r.texts_a_week,
        'clocks', (SELECT coalesce(jsonb_agg(DISTINCT n.choices ->> 'zone'), '[]')
            FROM line l
            JOIN phone_use u ON u.practice_id = p_practice AND u.phone_id = l.phone_id
                AND u.until_at IS NULL
            JOIN family_news n ON n.practice_id = p_practice AND n.person_id = u.caregiver_id
            WHERE l.practice_id = p_practice AND l.id = p_line),
        'people', (SELECT coalesce(jsonb_agg(jsonb_build_array(u.time_zone, u.us_state)), '[]')
            FROM users u),
        'wrote_at', (SELECT max(m.at) FROM recent m WHERE m.direction = 'in'),
        -- A text whose fate is not known may have left, and counts.
        'left', (SELECT coalesce(jsonb_agg(m.sending_at), '[]') FROM recent m
            WHERE m.direction = 'out' AND m.sending_at IS NOT NULL
              AND m.kind NOT IN ('safety', 'consent', 'code', 'reply', 'right-person', 'staff')
              AND (m.kind <> 'news' OR EXISTS (SELECT FROM message n
                  WHERE n.practice_id = p_practice AND n.id = p_text AND n.kind = 'news'))
              AND m.status NOT IN ('queued', 'refused', 'withdrawn', 'expired')
              AND m.id IS DISTINCT FROM p_text),
        'waiting', (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'id', m.id, 'kind', m.kind, 'at', m.at, 'until', m.held_until,
            'patient_id', m.patient_id)), '[]') FROM recent m
            WHERE m.direction = 'out' AND m.status = 'queued' AND m.id IS DISTINCT FROM p_text),
        'in_crisis', EXISTS (SELECT FROM queue_item q
            WHERE q.practice_id = p_practice AND q.about_id = p_patient AND q.closed_at IS NULL
              AND q.severity = 'crisis'),
        'staff_wrote_at', (SELECT max(m.at) FROM recent m
            WHERE m.direction = 'out' AND m.author = 'staff' AND m.patient_id = p_patient
              AND m.at > coalesce((SELECT max(q.closed_at) FROM queue_item q
                  WHERE q.practice_id = p_practice AND q.about_id = p_patient), '-infinity')),
        -- The newest of: a text from the phone, its verification, the day the number was given.
        'heard_at', greatest(
            (SELECT max(m.at) FROM message m
             WHERE m.practice_id = p_practice AND m.line_id = p_line AND m.direction = 'in'
               AND m.id >= month_floor(p_now - interval '90 days')
               AND m.id < month_floor(p_now + interval '1 day')
               -- Whoever opens a closed line has not said who they are: numbers change hands.
               AND NOT EXISTS (SELECT FROM consent_event o
                   WHERE o.practice_id = p_practice AND o.line_id = p_line
                     AND o.message_id = m.id AND o.kind = 'opted-in')),
            (SELECT l.verified_at FROM line l
             WHERE l.practice_id = p_practice AND l.id = p_line),
            (SELECT max(u.from_at) FROM phone_use u
             WHERE u.practice_id = p_practice AND u.until_at IS NULL
               AND u.patient_id = p_patient),
            (SELECT max(u.from_at) FROM line l
             JOIN phone_use u ON u.practice_id = p_practice AND u.phone_id = l.phone_id
                 AND u.until_at IS NULL
             JOIN caregiver_of o ON o.practice_id = p_practice AND o.caregiver_id = u.caregiver_id
                 AND o.patient_id = p_patient AND o.until_at IS NULL
             WHERE l.practice_id = p_practice AND l.id = p_line)),
        'asked_at', (SELECT max(e.at) FILTER (WHERE e.kind = 'asked') FROM consent_event e
            WHERE e.practice_id = p_practice AND e.patient_id = p_patient AND e.line_id = p_line),
        'answered_at', (SELECT max(e.at) FILTER (WHERE e.kind = 'right-person')
            FROM consent_event e
            WHERE e.practice_id = p_practice AND e.patient_id = p_patient AND e.line_id = p_line))
    FROM practice r WHERE r.id = p_practice
$$;
