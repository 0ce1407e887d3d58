-- A claim that is still worked on lasts longer, so that leases can be short and whoever dies is
-- replaced soon. Only the claim itself: a row that was done, or put back for later, has another
-- moment in due_at by now and keeps it. A row that is locked is just being settled: it is left alone.
CREATE FUNCTION due_hold(
    p_kind text, p_ids uuid[], p_leased_until timestamptz[], p_until timestamptz
) RETURNS SETOF uuid
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
    UPDATE due SET due_at = p_until
    WHERE due.kind = p_kind AND due.id = ANY (ARRAY(
        SELECT d.id FROM unnest(p_ids, p_leased_until) AS h (id, until_at)
        JOIN due d ON d.kind = p_kind AND d.id = h.id AND d.due_at = h.until_at
        FOR NO KEY UPDATE OF d SKIP LOCKED))
    RETURNING due.id
$$;
