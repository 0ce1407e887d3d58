-- As in 0033_family_notices, and with it: browsers that ended thirty days ago go. Nothing outside the wall
-- has a loop that tidies: old ones go as new ones come.
CREATE INDEX push_subscription_ended ON push_subscription (ended_at) WHERE ended_at IS NOT NULL;

CREATE OR REPLACE FUNCTION push_put(
    p_id uuid, p_kind text, p_person uuid, p_practice uuid, p_sign_in uuid, p_hashes bytea[],
    p_service text, p_sealed bytea, p_now timestamptz, p_most integer
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- Under an older secret key it has another hash: the first one is the one to keep.
    DELETE FROM push_subscription WHERE endpoint_hash = ANY (p_hashes);
    INSERT INTO push_subscription (id, kind, person_id, practice_id, sign_in_id, endpoint_hash, service,
                                   browser_sealed, made_at)
    VALUES (p_id, p_kind, p_person, p_practice, p_sign_in, p_hashes[1], p_service, p_sealed, p_now)
    ON CONFLICT (endpoint_hash) DO UPDATE
    SET id = excluded.id, kind = excluded.kind, person_id = excluded.person_id,
        practice_id = excluded.practice_id, sign_in_id = excluded.sign_in_id, service = excluded.service,
        browser_sealed = excluded.browser_sealed, made_at = excluded.made_at, ended_at = NULL, ended_why = NULL;
    UPDATE push_subscription SET ended_at = p_now, ended_why = 'too-many'
    WHERE ended_at IS NULL AND id IN (
        SELECT s.id FROM push_subscription s
        WHERE s.person_id = p_person AND s.kind = p_kind AND s.ended_at IS NULL
        ORDER BY s.made_at DESC, s.id DESC OFFSET p_most);
    DELETE FROM push_subscription WHERE id = ANY (ARRAY(
        SELECT s.id FROM push_subscription s WHERE s.ended_at <= p_now - interval '30 days'
        ORDER BY s.ended_at LIMIT 20 FOR UPDATE SKIP LOCKED));
END $$;
