-- turn_save as it was, and: a risk in what nobody knew of begins an episode, and a text may have a
-- moment after which it is not said any more.

ALTER TABLE message ADD COLUMN not_after timestamptz;

-- Everything a decision says, in one call. Returns null, or the SQLSTATE that undid all of it, or a
-- list of the risks that join an episode of before: what that does to it is need.py's to say. What
-- PostgreSQL undid for another's sake is raised: the caller tries the whole transaction again.
-- Rows to change are named by arrays: a join with a JSON list is planned for a hundred rows, and
-- then reads a whole table to find one.
CREATE OR REPLACE FUNCTION turn_save(p jsonb) RETURNS text
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    my_practice uuid := (p ->> 'practice_id')::uuid;
    my_at timestamptz := (p ->> 'at')::timestamptz;
    my_line uuid := (p ->> 'line_id')::uuid;
    state text;
    touched integer;
    risk record;
    joining uuid[] := '{}';
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
        UPDATE message SET handled_at = coalesce(handled_at, my_at),
            thread_id = (p #>> '{inbound,thread_id}')::uuid,
            conversation_id = (p #>> '{inbound,conversation_id}')::uuid,
            author = p #>> '{inbound,author}',
            author_id = (p #>> '{inbound,author_id}')::uuid,
            prompt = p #>> '{inbound,prompt}',
            sure = p #>> '{inbound,sure}', why = p #>> '{inbound,why}'
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
    IF p ? 'risks' THEN
        -- Of each need of a person one. That they never had it is the key's to say: their episodes are
        -- counted from one, so whoever has had it has had the first. Of two turns that find the same
        -- at once the later one waits for the key and joins. One by one: a join with a JSON list is
        -- planned for a hundred rows, and then reads the needs of a whole practice.
        FOR risk IN
            SELECT r.*, r.by AS setter FROM jsonb_to_recordset(p -> 'risks')
                AS r (id uuid, need_id uuid, patient_id uuid, domain text, severity text, rule text,
                      rule_version text, answer_id uuid, message_id uuid, by text, by_id uuid)
        LOOP
            -- Who has another record, merged into this one, may have had it there.
            IF NOT EXISTS (
                SELECT FROM patient o
                WHERE o.practice_id = my_practice AND o.merged_into = risk.patient_id)
            THEN
                INSERT INTO need (practice_id, id, patient_id, domain, episode, status, severity,
                                  opened_at, changed_at, first, codes, version)
                VALUES (my_practice, risk.need_id, risk.patient_id, risk.domain, 1, 'risk',
                        risk.severity, my_at, my_at, false, '[]', 1)
                ON CONFLICT DO NOTHING;
                IF FOUND THEN
                    INSERT INTO need_event (practice_id, id, need_id, patient_id, act, status, at, by,
                                            by_id, rule, rule_version, answer_id, message_id)
                    VALUES (my_practice, risk.id, risk.need_id, risk.patient_id, 'find', 'risk',
                            my_at, risk.setter, risk.by_id, risk.rule, risk.rule_version,
                            risk.answer_id, risk.message_id)
                    ON CONFLICT DO NOTHING;
                    CONTINUE;
                END IF;
            END IF;
            joining := joining || risk.id;
        END LOOP;
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
                      body text, segments integer, not_after timestamptz)
        ), fresh AS (
            INSERT INTO text_key (practice_id, cause_id, key, message_id)
            SELECT my_practice, w.cause_id, w.key, w.id FROM wanted w
            ON CONFLICT DO NOTHING RETURNING message_id
        ), sent AS (
            INSERT INTO message (practice_id, id, line_id, thread_id, conversation_id, direction,
                                 author, author_id, body_sealed, text_id, text_key, prompt, kind,
                                 status, segments, at, not_after)
            SELECT my_practice, w.id, my_line, w.thread_id, w.conversation_id, 'out',
                   w.author, w.author_id, decode(w.body, 'base64'), w.text_id, w.key, w.prompt,
                   w.kind, 'queued', w.segments, my_at, w.not_after
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
        UPDATE paging g SET answered_at = my_at
        WHERE g.practice_id = my_practice AND g.ended_at IS NULL AND g.item_id = ANY (ARRAY(
            SELECT q.id FROM queue_item q
            WHERE q.practice_id = my_practice AND q.closed_at IS NULL AND q.about_id = ANY (ARRAY(
                SELECT value::uuid FROM jsonb_array_elements_text(p -> 'answered')))));
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
    IF p ? 'pages' THEN
        -- Anew, if it was over, if a person had answered since, or if it has become a crisis. What is
        -- under way otherwise keeps its clock: ten texts must not climb ten steps.
        INSERT INTO paging AS g (practice_id, item_id, policy, started_at, next_at)
        SELECT my_practice, r.item_id, r.policy, my_at, r.at
        FROM jsonb_to_recordset(p -> 'pages') AS r (item_id uuid, at timestamptz, policy jsonb)
        ON CONFLICT (practice_id, item_id) DO UPDATE
        SET policy = excluded.policy, step = 0, started_at = excluded.started_at,
            next_at = excluded.next_at, acknowledged_by = NULL, acknowledged_at = NULL,
            lease_until = NULL, answered_at = NULL, ended_at = NULL
        WHERE g.ended_at IS NOT NULL OR g.answered_at IS NOT NULL
           OR (excluded.policy ->> 'severity' = 'crisis'
               AND coalesce(g.policy ->> 'severity', '') <> 'crisis');
        UPDATE paging g SET next_at = r.at
        FROM jsonb_to_recordset(p -> 'pages') AS r (item_id uuid, at timestamptz)
        WHERE g.practice_id = my_practice AND g.item_id = r.item_id AND g.step = 0
          AND g.acknowledged_at IS NULL AND r.at < g.next_at
          AND g.item_id = ANY (ARRAY(
            SELECT (value ->> 'item_id')::uuid FROM jsonb_array_elements(p -> 'pages')));
        PERFORM due_set('page', g.item_id, my_practice, g.next_at) FROM paging g
        WHERE g.practice_id = my_practice AND g.next_at IS NOT NULL AND g.item_id = ANY (ARRAY(
            SELECT (value ->> 'item_id')::uuid FROM jsonb_array_elements(p -> 'pages')));
    END IF;
    IF p ? 'unpaged' THEN
        -- Only what nobody has been told of yet.
        WITH off AS (
            UPDATE paging g SET ended_at = my_at, next_at = NULL
            WHERE g.practice_id = my_practice AND g.step = 0 AND g.ended_at IS NULL
              AND g.item_id = ANY (ARRAY(
                SELECT value::uuid FROM jsonb_array_elements_text(p -> 'unpaged')))
            RETURNING g.item_id
        ) SELECT count(due_done('page', o.item_id)) FROM off o INTO state;
        state := NULL;
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
    RETURN CASE WHEN joining <> '{}' THEN to_jsonb(joining)::text END;
EXCEPTION
    WHEN serialization_failure OR deadlock_detected THEN RAISE;
    WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
        RETURN state;
END $$;
