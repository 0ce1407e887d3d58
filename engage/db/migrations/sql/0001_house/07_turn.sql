-- The hot path: two functions around one pure decision. The first records, locks and then loads; the
-- second saves all that the decision says. Their EXCEPTION blocks are the savepoint of a turn: what
-- was recorded before them survives whatever the turn does. See docs/decisions/0001, 0005, 0006.

CREATE FUNCTION uuid7_at(at timestamptz) RETURNS uuid
LANGUAGE sql VOLATILE STRICT AS $$
    SELECT encode(set_bit(set_bit(overlay(
        uuid_send(gen_random_uuid())
        PLACING substring(int8send((extract(epoch FROM at) * 1000)::bigint) FROM 3) FROM 1 FOR 6
    ), 52, 1), 53, 1), 'hex')::uuid
$$;

-- All that a decision about one line may depend on. Call it only after the line is locked: a
-- statement that locks and reads at once sees the state before the lock.
-- Lists are met with = ANY (array) or a join, never with OR: an OR over a subquery reads a whole
-- practice per text (measured: 50 ms with 20,000 patients, docs/performance.md).
CREATE FUNCTION turn_context(
    p_practice uuid, p_line uuid, p_patient uuid, p_now timestamptz
) RETURNS jsonb
LANGUAGE plpgsql AS $$
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
                      AND o.status = 'queued')) ORDER BY c.id), '[]')
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
                'id', s.id, 'given_name', s.given_name, 'roles', s.roles) ORDER BY s.id), '[]')
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

-- Locks a line, then its patients by id (the lock order), then loads. Without a line (a patient
-- without a phone, answers entered by staff) it locks and loads the patient alone.
CREATE FUNCTION turn_open(
    p_practice uuid, p_line uuid, p_patient uuid, p_now timestamptz
) RETURNS jsonb
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM line WHERE practice_id = p_practice AND id = p_line FOR NO KEY UPDATE;
    -- A text may come from a person who was never texted on this number: each patient of the phone,
    -- or of a caregiver's phone, gets a thread.
    INSERT INTO thread (practice_id, id, line_id, patient_id, created_at)
    SELECT p_practice, uuid7_at(p_now), p_line, w.patient_id, p_now
    FROM (
        SELECT DISTINCT coalesce(u.patient_id, o.patient_id) AS patient_id
        FROM line l
        JOIN phone_use u ON u.practice_id = p_practice AND u.phone_id = l.phone_id
            AND u.until_at IS NULL
        LEFT JOIN caregiver_of o ON o.practice_id = p_practice AND o.caregiver_id = u.caregiver_id
            AND (o.until_at IS NULL OR o.until_at > p_now)
        WHERE l.practice_id = p_practice AND l.id = p_line
    ) w
    WHERE w.patient_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM thread t WHERE t.practice_id = p_practice
                      AND t.line_id = p_line AND t.patient_id = w.patient_id)
    ON CONFLICT DO NOTHING;
    PERFORM FROM patient p WHERE p.practice_id = p_practice AND p.id = ANY (p_patient || ARRAY(
        SELECT t.patient_id FROM thread t WHERE t.practice_id = p_practice AND t.line_id = p_line))
    ORDER BY p.id FOR NO KEY UPDATE;
    RETURN turn_context(p_practice, p_line, p_patient, p_now);
END $$;

-- The line of a phone on a practice number, made if it is new.
CREATE FUNCTION line_for(p_practice uuid, p_number uuid, p_phone uuid, p_now timestamptz) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    found uuid;
BEGIN
    SELECT l.id INTO found FROM line l
    WHERE l.practice_id = p_practice AND l.number_id = p_number AND l.phone_id = p_phone;
    IF found IS NULL THEN
        INSERT INTO line (practice_id, id, number_id, phone_id, created_at)
        VALUES (p_practice, uuid7_at(p_now), p_number, p_phone, p_now)
        ON CONFLICT ON CONSTRAINT uq_line DO NOTHING;
        SELECT l.id INTO found FROM line l
        WHERE l.practice_id = p_practice AND l.number_id = p_number AND l.phone_id = p_phone;
    END IF;
    RETURN found;
END $$;

-- The id of a phone by the keyed hash of its number, made with the id given if it is new.
CREATE FUNCTION phone_for(
    p_practice uuid, p_phone uuid, p_hash bytea, p_sealed bytea, p_now timestamptz
) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    found uuid;
BEGIN
    SELECT f.id INTO found FROM phone f WHERE f.practice_id = p_practice AND f.number_hash = p_hash;
    IF found IS NULL THEN
        INSERT INTO phone (practice_id, id, number_hash, number_sealed, created_at)
        VALUES (p_practice, p_phone, p_hash, p_sealed, p_now)
        ON CONFLICT ON CONSTRAINT uq_phone_number DO NOTHING;
        SELECT f.id INTO found FROM phone f
        WHERE f.practice_id = p_practice AND f.number_hash = p_hash;
    END IF;
    RETURN found;
END $$;

-- Whether an older text of the line still waits for its turn. Only the last minute counts: a text
-- that no machine can read must not keep later ones from being read.
CREATE FUNCTION text_behind(
    p_practice uuid, p_line uuid, p_message uuid, p_now timestamptz
) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM message m
        WHERE m.practice_id = p_practice AND m.line_id = p_line AND m.direction = 'in'
          AND m.handled_at IS NULL AND m.id < p_message
          AND m.id >= month_floor(p_now - interval '1 minute'));
END $$;

-- An inbound text: receipt, phone, line and message first; then, in a savepoint, lock and load.
-- p_turn false (fallback door, reconciler): record only, a worker takes the turn.
CREATE FUNCTION text_in(
    p_practice uuid, p_number uuid, p_account text, p_sid text, p_message uuid,
    p_phone uuid, p_phone_hash bytea, p_phone_sealed bytea,
    p_body bytea, p_media integer, p_opt_out text, p_at timestamptz, p_turn boolean
) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    my_phone uuid;
    my_line uuid;
    context jsonb;
    state text;
BEGIN
    -- As enter() does; an assignment costs plpgsql a tenth of a statement.
    state := set_config('engage.practices', ARRAY[p_practice]::text, true);
    state := set_config('engage.practice', p_practice::text, true);
    INSERT INTO receipt (practice_id, account_sid, sid, message_id, at)
    VALUES (p_practice, p_account, p_sid, p_message, p_at) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN jsonb_build_object('duplicate', true);
    END IF;
    my_phone := phone_for(p_practice, p_phone, p_phone_hash, p_phone_sealed, p_at);
    my_line := line_for(p_practice, p_number, my_phone, p_at);
    INSERT INTO message (practice_id, id, line_id, direction, author, body_sealed, kind, status,
                         carrier_sid, media_count, opt_out_type, at)
    VALUES (p_practice, p_message, my_line, 'in', 'unknown', p_body, 'reply', 'received',
            p_sid, p_media, p_opt_out, p_at);
    IF NOT p_turn THEN
        PERFORM due_set('inbox', p_message, p_practice, p_at);
        RETURN jsonb_build_object('duplicate', false, 'line_id', my_line);
    END IF;
    BEGIN
        context := turn_open(p_practice, my_line, NULL, p_at);
        IF text_behind(p_practice, my_line, p_message, p_at) THEN
            PERFORM due_set('inbox', p_message, p_practice, p_at);
            RETURN jsonb_build_object('duplicate', false, 'line_id', my_line, 'behind', true);
        END IF;
    EXCEPTION
        WHEN serialization_failure OR deadlock_detected THEN RAISE;
        WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
            RETURN jsonb_build_object('duplicate', false, 'line_id', my_line, 'failed', state);
    END;
    RETURN jsonb_build_object('duplicate', false, 'line_id', my_line, 'context', context);
END $$;

-- Everything a decision says, in one call. Returns null, or the SQLSTATE that undid all of it. What
-- PostgreSQL undid for another's sake is raised: the caller tries the whole transaction again.
-- Rows to change are named by arrays: a join with a JSON list is planned for a hundred rows, and
-- then reads a whole table to find one.
CREATE FUNCTION turn_save(p jsonb) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    my_practice uuid := (p ->> 'practice_id')::uuid;
    my_at timestamptz := (p ->> 'at')::timestamptz;
    my_line uuid := (p ->> 'line_id')::uuid;
    state text;
    touched integer;
BEGIN
    IF p ? 'opted_out' THEN
        UPDATE line SET opted_out_at = CASE WHEN (p ->> 'opted_out')::boolean THEN my_at END
        WHERE practice_id = my_practice AND id = my_line;
    END IF;
    IF p ? 'consents' THEN
        INSERT INTO consent_event (practice_id, id, line_id, kind, how, message_id, staff_id, at)
        SELECT my_practice, r.id, my_line, r.kind, r.how, r.message_id, r.staff_id, my_at
        FROM jsonb_to_recordset(p -> 'consents')
            AS r (id uuid, kind text, how text, message_id uuid, staff_id uuid)
        ON CONFLICT DO NOTHING;
    END IF;
    IF p ? 'screenings' THEN
        INSERT INTO screening (practice_id, id, patient_id, instrument, instrument_version, channel,
                               language, status, verdict, requested_by, started_at, ended_at)
        SELECT my_practice, r.id, r.patient_id, r.instrument, r.instrument_version, r.channel,
               r.language, r.status, r.verdict, r.requested_by, my_at,
               CASE WHEN r.status <> 'in-progress' THEN my_at END
        FROM jsonb_to_recordset(p -> 'screenings')
            AS r (id uuid, patient_id uuid, instrument text, instrument_version text, channel text,
                  language text, status text, verdict jsonb, requested_by uuid)
        ON CONFLICT (practice_id, id) DO UPDATE
        SET status = excluded.status, verdict = excluded.verdict, ended_at = excluded.ended_at,
            version = screening.version + 1;
    END IF;
    IF p ? 'conversations' THEN
        INSERT INTO conversation (practice_id, id, thread_id, patient_id, screening_id, script,
                                  language, state, open, started_at, updated_at)
        SELECT my_practice, r.id, r.thread_id, r.patient_id, r.screening_id, r.script,
               r.language, r.state, r.open, my_at, my_at
        FROM jsonb_to_recordset(p -> 'conversations')
            AS r (id uuid, thread_id uuid, patient_id uuid, screening_id uuid, script text,
                  language text, state jsonb, open boolean)
        ON CONFLICT (practice_id, id) DO UPDATE
        SET state = excluded.state, open = excluded.open, language = excluded.language,
            updated_at = excluded.updated_at;
    END IF;
    IF p ? 'inbound' THEN
        UPDATE message SET handled_at = my_at,
            thread_id = (p #>> '{inbound,thread_id}')::uuid,
            conversation_id = (p #>> '{inbound,conversation_id}')::uuid,
            author = p #>> '{inbound,author}',
            author_id = (p #>> '{inbound,author_id}')::uuid,
            prompt = p #>> '{inbound,prompt}'
        WHERE practice_id = my_practice AND id = (p #>> '{inbound,id}')::uuid;
    END IF;
    IF p ? 'answers' THEN
        INSERT INTO answer (practice_id, id, screening_id, item, kind, option, loinc, message_id,
                            reporter, reporter_id, at)
        SELECT my_practice, r.id, r.screening_id, r.item, r.kind, r.option, r.loinc, r.message_id,
               r.reporter, r.reporter_id, my_at
        FROM jsonb_to_recordset(p -> 'answers')
            AS r (id uuid, screening_id uuid, item text, kind text, option text, loinc text,
                  message_id uuid, reporter text, reporter_id uuid)
        ON CONFLICT DO NOTHING;
    END IF;
    IF p ? 'withdrawn' THEN
        WITH gone AS (
            UPDATE message m SET status = 'withdrawn', status_at = my_at
            WHERE m.practice_id = my_practice AND m.status = 'queued' AND m.id = ANY (ARRAY(
                SELECT k.message_id
                FROM text_key k, jsonb_to_recordset(p -> 'withdrawn') AS r (cause_id uuid, key text)
                WHERE k.practice_id = my_practice AND k.cause_id = r.cause_id AND k.key = r.key
                  AND k.cause_id = ANY (ARRAY(
                    SELECT (value ->> 'cause_id')::uuid
                    FROM jsonb_array_elements(p -> 'withdrawn')))))
            RETURNING m.id
        ) SELECT count(due_done('outbox', g.id)) FROM gone g INTO state;
        state := NULL;
    END IF;
    IF p ? 'texts' THEN
        WITH wanted AS (
            SELECT * FROM jsonb_to_recordset(p -> 'texts')
                AS r (id uuid, thread_id uuid, conversation_id uuid, cause_id uuid, key text,
                      text_id text, prompt text, kind text, author text, author_id uuid,
                      body text, segments integer)
        ), fresh AS (
            INSERT INTO text_key (practice_id, cause_id, key, message_id)
            SELECT my_practice, w.cause_id, w.key, w.id FROM wanted w
            ON CONFLICT DO NOTHING RETURNING message_id
        ), sent AS (
            INSERT INTO message (practice_id, id, line_id, thread_id, conversation_id, direction,
                                 author, author_id, body_sealed, text_id, text_key, prompt, kind,
                                 status, segments, at)
            SELECT my_practice, w.id, my_line, w.thread_id, w.conversation_id, 'out',
                   w.author, w.author_id, decode(w.body, 'base64'), w.text_id, w.key, w.prompt,
                   w.kind, 'queued', w.segments, my_at
            FROM wanted w JOIN fresh f ON f.message_id = w.id
            RETURNING id
        ) SELECT count(due_set('outbox', s.id, my_practice, my_at)) FROM sent s INTO state;
        state := NULL;
    END IF;
    IF p ? 'items' THEN
        INSERT INTO queue_item (practice_id, id, about_id, patient_id, line_id, thread_id, subject,
                                severity, status, owner_id, owner_why, due_at, opened_at, waiting_since)
        SELECT my_practice, r.id, r.about_id, r.patient_id, my_line, r.thread_id, r.subject,
               r.severity, 'ready', r.owner_id, r.owner_why, r.due_at, my_at, r.waiting_since
        FROM jsonb_to_recordset(p -> 'items')
            AS r (id uuid, about_id uuid, patient_id uuid, thread_id uuid, subject text,
                  severity text, owner_id uuid, owner_why text, due_at timestamptz,
                  waiting_since timestamptz);
    END IF;
    IF p ? 'raised' THEN
        UPDATE queue_item q SET severity = r.severity, due_at = least(q.due_at, r.due_at),
            waiting_since = coalesce(q.waiting_since, r.waiting_since), version = q.version + 1
        FROM jsonb_to_recordset(p -> 'raised')
            AS r (id uuid, severity text, due_at timestamptz, waiting_since timestamptz)
        WHERE q.practice_id = my_practice AND q.id = r.id AND q.closed_at IS NULL
          AND q.id = ANY (ARRAY(
            SELECT (value ->> 'id')::uuid FROM jsonb_array_elements(p -> 'raised')));
        GET DIAGNOSTICS touched = ROW_COUNT;
        IF touched < jsonb_array_length(p -> 'raised') THEN
            -- Somebody closed it after it was loaded: a flag must not join work that nobody sees.
            RAISE serialization_failure USING MESSAGE = 'an item was closed meanwhile';
        END IF;
    END IF;
    IF p ? 'answered' THEN
        UPDATE queue_item q SET waiting_since = NULL, version = q.version + 1,
            first_touch_at = coalesce(q.first_touch_at, my_at)
        WHERE q.practice_id = my_practice AND q.closed_at IS NULL AND q.waiting_since IS NOT NULL
          AND q.about_id = ANY (ARRAY(
            SELECT value::uuid FROM jsonb_array_elements_text(p -> 'answered')));
    END IF;
    IF p ? 'flags' THEN
        INSERT INTO flag (practice_id, id, item_id, patient_id, reason, severity, rule, source_id,
                          message_id, at)
        SELECT my_practice, r.id, r.item_id, r.patient_id, r.reason, r.severity, r.rule,
               r.source_id, r.message_id, my_at
        FROM jsonb_to_recordset(p -> 'flags')
            AS r (id uuid, item_id uuid, patient_id uuid, reason text, severity text, rule text,
                  source_id uuid, message_id uuid)
        ON CONFLICT DO NOTHING;
    END IF;
    IF p ? 'timers' THEN
        INSERT INTO timer (practice_id, id, conversation_id, name, step, fires_at)
        SELECT my_practice, r.id, r.conversation_id, r.name, r.step, r.fires_at
        FROM jsonb_to_recordset(p -> 'timers')
            AS r (id uuid, conversation_id uuid, name text, step integer, fires_at timestamptz)
        ON CONFLICT DO NOTHING;
        PERFORM due_set('timer', r.id, my_practice, r.fires_at)
        FROM jsonb_to_recordset(p -> 'timers') AS r (id uuid, fires_at timestamptz);
    END IF;
    IF p ? 'done' THEN
        DELETE FROM timer t WHERE t.practice_id = my_practice AND t.id = ANY (ARRAY(
            SELECT r.id FROM jsonb_to_recordset(p -> 'done') AS r (kind text, id uuid)
            WHERE r.kind = 'timer'));
        PERFORM due_done(r.kind, r.id) FROM jsonb_to_recordset(p -> 'done') AS r (kind text, id uuid);
    END IF;
    IF p ? 'feed' THEN
        INSERT INTO feed (practice_id, id, at, kind, subject_id, patient_id)
        SELECT my_practice, r.id, my_at, r.kind, r.subject_id, r.patient_id
        FROM jsonb_to_recordset(p -> 'feed')
            AS r (id uuid, kind text, subject_id uuid, patient_id uuid)
        ON CONFLICT DO NOTHING;
    END IF;
    IF p ? 'audit' THEN
        INSERT INTO audit (practice_id, id, at, actor, actor_id, action, subject, subject_id, patient_id)
        SELECT my_practice, r.id, my_at, r.actor, r.actor_id, r.action, r.subject, r.subject_id,
               r.patient_id
        FROM jsonb_to_recordset(p -> 'audit')
            AS r (id uuid, actor text, actor_id uuid, action text, subject text, subject_id uuid,
                  patient_id uuid)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
EXCEPTION
    WHEN serialization_failure OR deadlock_detected THEN RAISE;
    WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
        RETURN state;
END $$;

-- Planned once per connection and not once per text: every lookup here is by key, so one plan fits
-- all, and planning the loading costs several times what running it does. A plan may be made while a
-- table is still empty and is kept while it fills, so reading a whole table is not offered.
DO $$
DECLARE
    hot regprocedure;
BEGIN
    FOREACH hot IN ARRAY ARRAY[
        'turn_context(uuid, uuid, uuid, timestamptz)', 'turn_open(uuid, uuid, uuid, timestamptz)',
        'turn_save(jsonb)', 'text_in(uuid, uuid, text, text, uuid, uuid, bytea, bytea, bytea, integer,'
        ' text, timestamptz, boolean)']::regprocedure[]
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET plan_cache_mode = force_generic_plan', hot);
        EXECUTE format('ALTER FUNCTION %s SET enable_seqscan = off', hot);
    END LOOP;
END $$;
