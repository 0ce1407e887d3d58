-- A text whose process died in the middle is looked after at once, whatever its lane: nothing is sent
-- by it, it is only found out what became of it. So a claim leaves a mark, and whoever puts the row
-- back, or takes it out, wipes it. Found by the storm: an account that had to slow down kept the text
-- of a killed worker in "sending".
ALTER TABLE due ADD COLUMN claimed boolean NOT NULL DEFAULT false;
CREATE INDEX due_claimed ON due (due_at) WHERE kind = 'outbox' AND claimed;

CREATE FUNCTION due_claimed() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    NEW.claimed := true;
    RETURN NEW;
END $$;
CREATE TRIGGER due_claimed BEFORE UPDATE ON due
    FOR EACH ROW WHEN (NEW.kind = 'outbox' AND NEW.tries > OLD.tries)
    EXECUTE FUNCTION due_claimed();

CREATE OR REPLACE FUNCTION due_set(p_kind text, p_id uuid, p_practice uuid, p_at timestamptz)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO due (kind, id, practice_id, due_at) VALUES (p_kind, p_id, p_practice, p_at)
    ON CONFLICT (kind, id) DO UPDATE SET due_at = excluded.due_at, claimed = false
$$;

CREATE OR REPLACE FUNCTION due_wait(p_kind text, p_id uuid, p_at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE due SET due_at = p_at, tries = greatest(tries - 1, 0), claimed = false
    WHERE kind = p_kind AND id = p_id
$$;

CREATE FUNCTION outbox_lapsed(
    p_now timestamptz, p_lease_until timestamptz, p_limit integer
) RETURNS TABLE (practice_id uuid, id uuid, tries integer)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
    UPDATE due SET due_at = p_lease_until, tries = due.tries + 1
    WHERE due.kind = 'outbox' AND due.id = ANY (ARRAY(
        SELECT d.id FROM due d
        WHERE d.kind = 'outbox' AND d.claimed AND d.due_at <= p_now
        ORDER BY d.due_at LIMIT p_limit
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING due.practice_id, due.id, due.tries
$$;
