-- Who may send next. Texts wait in lanes, one per sending number; a claim takes turns between them,
-- so that a practice with fifty thousand texts in its lane delays nobody else's.

-- What is due may now also be a practice: its account, and the look at the carrier's list.
ALTER TABLE due DROP CONSTRAINT due_kind_check;
ALTER TABLE due ADD CONSTRAINT due_kind_check CHECK (
    kind IN ('inbox', 'outbox', 'unknown', 'outcome', 'timer', 'account', 'reconcile'));

-- lane: the sending number. rank: 0 a safety text, 1 somebody waits for it, 2 the rest.
ALTER TABLE due ADD COLUMN lane uuid, ADD COLUMN rank smallint NOT NULL DEFAULT 2;
UPDATE due SET lane = practice_id WHERE kind = 'outbox';
ALTER TABLE due ADD CONSTRAINT due_lane_check CHECK (kind <> 'outbox' OR lane IS NOT NULL);
CREATE INDEX due_in_lane ON due (practice_id, lane, rank, due_at) WHERE kind = 'outbox';

-- When a lane opens again: a number that must breathe, or (under the practice's own id) a whole
-- account. Ids and moments only; outside the wall, because a claim looks at every practice.
CREATE TABLE lane (
    id uuid PRIMARY KEY,
    practice_id uuid NOT NULL,
    open_at timestamptz NOT NULL DEFAULT '-infinity',
    routine_at timestamptz NOT NULL DEFAULT '-infinity',
    served_at timestamptz NOT NULL DEFAULT '-infinity'
);

-- A text finds its lane and its rank as it becomes due. What answers a text of the last hour is
-- waited for, whatever kind it is. Without a scope (a loop that puts a row back) the row is already
-- there and keeps what it has.
CREATE FUNCTION due_place() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    its_line uuid;
    its_kind text;
BEGIN
    NEW.lane := coalesce(NEW.lane, NEW.practice_id);
    IF coalesce(current_setting('engage.practices', true), '') = '' THEN
        RETURN NEW;
    END IF;
    SELECT m.line_id, m.kind INTO its_line, its_kind FROM message m
    WHERE m.practice_id = NEW.practice_id AND m.id = NEW.id;
    IF NOT FOUND THEN
        RETURN NEW;
    END IF;
    SELECT coalesce(l.number_id, NEW.lane) INTO NEW.lane FROM line l
    WHERE l.practice_id = NEW.practice_id AND l.id = its_line;
    IF its_kind = 'safety' THEN
        NEW.rank := 0;
    ELSIF its_kind IN ('staff', 'consent', 'reply') THEN
        NEW.rank := 1;
    ELSE
        PERFORM FROM message i
        WHERE i.practice_id = NEW.practice_id AND i.line_id = its_line AND i.direction = 'in'
          AND i.id >= month_floor(NEW.due_at - interval '1 hour')
        ORDER BY i.id DESC LIMIT 1;
        IF FOUND THEN
            NEW.rank := 1;
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER due_place BEFORE INSERT ON due
    FOR EACH ROW WHEN (NEW.kind = 'outbox') EXECUTE FUNCTION due_place();

-- The claim of the outbox. It walks from lane to lane by index, reads the head of each rank, and
-- takes from the lanes that were served longest ago: safety first, then what somebody waits for.
-- The number of rows that wait in a lane costs nothing.
CREATE FUNCTION outbox_claim(
    p_now timestamptz, p_lease_until timestamptz, p_limit integer
) RETURNS TABLE (practice_id uuid, id uuid, tries integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
    mine uuid[];
    lanes uuid[];
    owners uuid[];
    opens boolean[];
    eases boolean[];
    share integer;
BEGIN
    WITH RECURSIVE walk AS (
        (SELECT d.practice_id, d.lane FROM due d WHERE d.kind = 'outbox'
         ORDER BY d.practice_id, d.lane LIMIT 1)
        UNION ALL
        SELECT n.practice_id, n.lane FROM walk w CROSS JOIN LATERAL (
            SELECT d.practice_id, d.lane FROM due d
            WHERE d.kind = 'outbox' AND (d.practice_id, d.lane) > (w.practice_id, w.lane)
            ORDER BY d.practice_id, d.lane LIMIT 1) n
    ), standing AS (
        SELECT w.practice_id, w.lane,
               greatest(o.open_at, h.open_at, '-infinity') <= p_now AS opens,
               greatest(o.open_at, h.open_at, o.routine_at, h.routine_at, '-infinity') <= p_now
               AS eases,
               coalesce(o.served_at, '-infinity') AS served_at
        FROM walk w
        LEFT JOIN lane o ON o.id = w.lane
        LEFT JOIN lane h ON h.id = w.practice_id
    ), heads AS (
        SELECT s.practice_id, s.lane, s.opens, s.eases, s.served_at, min(r.rank) AS first
        FROM standing s
        CROSS JOIN (VALUES (0), (1), (2)) r (rank)
        -- LIMIT and not EXISTS, which would be joined with all that waits.
        CROSS JOIN LATERAL (
            SELECT FROM due d
            WHERE d.kind = 'outbox' AND d.practice_id = s.practice_id
              AND d.lane = s.lane AND d.rank = r.rank AND d.due_at <= p_now
            LIMIT 1) head
        WHERE r.rank = 0 OR (r.rank = 1 AND s.opens) OR (r.rank = 2 AND s.eases)
        GROUP BY 1, 2, 3, 4, 5
        ORDER BY 6, 5, 1, 2 LIMIT p_limit
    )
    SELECT array_agg(h.lane), array_agg(h.practice_id), array_agg(h.opens), array_agg(h.eases)
    INTO lanes, owners, opens, eases FROM heads h;
    IF lanes IS NULL THEN
        RETURN;
    END IF;
    -- As many of each lane as there are shares; who asks for less than all asks again.
    share := (p_limit + cardinality(lanes) - 1) / cardinality(lanes);
    SELECT array_agg(c.id) INTO mine FROM (
        SELECT t.id FROM (
            SELECT t.id, t.rank, t.due_at, t.served, row_number() OVER (
                PARTITION BY t.lane ORDER BY t.rank, t.due_at) AS place
            FROM (
                SELECT d.id, r.rank, d.due_at, l.lane, l.served
                FROM unnest(lanes, owners, opens, eases) WITH ORDINALITY
                    AS l (lane, practice_id, opens, eases, served)
                CROSS JOIN (VALUES (0), (1), (2)) r (rank)
                CROSS JOIN LATERAL (
                    SELECT d.id, d.due_at FROM due d
                    WHERE d.kind = 'outbox' AND d.practice_id = l.practice_id
                      AND d.lane = l.lane AND d.rank = r.rank AND d.due_at <= p_now
                    ORDER BY d.due_at LIMIT share
                    FOR UPDATE SKIP LOCKED) d
                WHERE r.rank = 0 OR (r.rank = 1 AND l.opens) OR (r.rank = 2 AND l.eases)
            ) t
        ) t
        WHERE t.place <= share
        ORDER BY t.rank, t.place, t.served LIMIT p_limit) c;
    IF mine IS NULL THEN
        RETURN;
    END IF;
    -- Who was served goes to the back. A claim that hangs elsewhere must not hold this one up.
    INSERT INTO lane (id, practice_id) SELECT l.lane, l.practice_id
    FROM unnest(lanes, owners) AS l (lane, practice_id)
    WHERE NOT EXISTS (SELECT FROM lane k WHERE k.id = l.lane)
      AND pg_try_advisory_xact_lock(hashtextextended(l.lane::text, 4)) ORDER BY 1
    ON CONFLICT DO NOTHING;
    UPDATE lane SET served_at = p_now WHERE lane.id = ANY (ARRAY(
        SELECT k.id FROM lane k
        WHERE k.id = ANY (ARRAY(
            SELECT d.lane FROM due d WHERE d.kind = 'outbox' AND d.id = ANY (mine)))
        FOR NO KEY UPDATE SKIP LOCKED));
    RETURN QUERY
        UPDATE due SET due_at = p_lease_until, tries = due.tries + 1
        WHERE due.kind = 'outbox' AND due.id = ANY (mine)
        RETURNING due.practice_id, due.id, due.tries;
END $$;

-- How urgent a text in the outbox is; null if it is not there.
CREATE FUNCTION outbox_rank(p_id uuid) RETURNS smallint
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT d.rank FROM due d WHERE d.kind = 'outbox' AND d.id = p_id
$$;

-- Close a lane until a moment: for all but safety texts, or only for what nobody waits for.
CREATE FUNCTION lane_close(
    p_lane uuid, p_practice uuid, p_open timestamptz, p_routine timestamptz
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO lane (id, practice_id, open_at, routine_at)
    VALUES (p_lane, p_practice, coalesce(p_open, '-infinity'), coalesce(p_routine, '-infinity'))
    ON CONFLICT (id) DO UPDATE
    SET open_at = coalesce(p_open, lane.open_at), routine_at = coalesce(p_routine, lane.routine_at)
    WHERE lane.practice_id = p_practice
$$;

-- Every practice is reconciled, from the moment it has a number.
CREATE FUNCTION door_watched() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO due (kind, id, practice_id, due_at)
    VALUES ('reconcile', NEW.practice_id, NEW.practice_id, now())
    ON CONFLICT DO NOTHING;
    RETURN NEW;
END $$;
CREATE TRIGGER door_watched AFTER INSERT ON door FOR EACH ROW EXECUTE FUNCTION door_watched();
INSERT INTO due (kind, id, practice_id, due_at)
SELECT DISTINCT 'reconcile', d.practice_id, d.practice_id, now() FROM door d;
