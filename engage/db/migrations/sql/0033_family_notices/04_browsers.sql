-- A family's browser takes pushes as long as somebody is signed in on it: with the sign-in, wherever it
-- ends, end its pushes. Members of staff are paged whether they are signed in or not.
ALTER TABLE push_subscription ADD COLUMN sign_in_id uuid;

DROP FUNCTION push_put(uuid, text, uuid, uuid, bytea[], text, bytea, timestamptz, integer);
CREATE FUNCTION push_put(
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
END $$;

DROP FUNCTION push_list(text, uuid);
-- Of staff no moment is asked; without one a family has none.
CREATE FUNCTION push_list(p_kind text, p_person uuid, p_now timestamptz)
RETURNS TABLE (id uuid, service text, browser_sealed bytea, made_at timestamptz, sign_in_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.id, s.service, s.browser_sealed, s.made_at, s.sign_in_id FROM push_subscription s
    WHERE s.person_id = p_person AND s.kind = p_kind AND s.ended_at IS NULL
      AND (s.kind = 'staff' OR EXISTS (
        SELECT FROM sign_in i
        WHERE i.id = s.sign_in_id AND i.person_id = s.person_id AND i.ended_at IS NULL
          AND least(i.until_at, i.used_at + make_interval(secs => i.idle_seconds)) > p_now))
    ORDER BY s.made_at, s.id
$$;
