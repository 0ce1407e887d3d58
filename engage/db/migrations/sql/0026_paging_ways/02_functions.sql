-- Stores, changes or takes away the phone somebody is paged on.
CREATE FUNCTION staff_phone_put(p_staff uuid, p_sealed bytea, p_now timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM staff_phone WHERE staff_id = p_staff AND p_sealed IS NULL;
    INSERT INTO staff_phone (staff_id, number_sealed, set_at)
    SELECT p_staff, p_sealed, p_now WHERE p_sealed IS NOT NULL
    ON CONFLICT (staff_id) DO UPDATE
    SET number_sealed = excluded.number_sealed, set_at = excluded.set_at
$$;

CREATE FUNCTION staff_phone_of(p_staff uuid) RETURNS bytea
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT number_sealed FROM staff_phone WHERE staff_id = p_staff
$$;

-- Whose browser this is from now on; the oldest of too many ends. Returns the subscription's id.
CREATE FUNCTION push_put(
    p_id uuid, p_kind text, p_person uuid, p_practice uuid, p_hashes bytea[], p_service text,
    p_sealed bytea, p_now timestamptz, p_most integer
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- Under an older secret key it has another hash: the first one is the one to keep.
    DELETE FROM push_subscription WHERE endpoint_hash = ANY (p_hashes);
    INSERT INTO push_subscription (id, kind, person_id, practice_id, endpoint_hash, service,
                                   browser_sealed, made_at)
    VALUES (p_id, p_kind, p_person, p_practice, p_hashes[1], p_service, p_sealed, p_now)
    ON CONFLICT (endpoint_hash) DO UPDATE
    SET id = excluded.id, kind = excluded.kind, person_id = excluded.person_id,
        practice_id = excluded.practice_id, service = excluded.service,
        browser_sealed = excluded.browser_sealed, made_at = excluded.made_at, ended_at = NULL, ended_why = NULL;
    UPDATE push_subscription SET ended_at = p_now, ended_why = 'too-many'
    WHERE ended_at IS NULL AND id IN (
        SELECT s.id FROM push_subscription s
        WHERE s.person_id = p_person AND s.kind = p_kind AND s.ended_at IS NULL
        ORDER BY s.made_at DESC, s.id DESC OFFSET p_most);
END $$;

CREATE FUNCTION push_list(p_kind text, p_person uuid)
RETURNS TABLE (id uuid, service text, browser_sealed bytea, made_at timestamptz)
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.id, s.service, s.browser_sealed, s.made_at FROM push_subscription s
    WHERE s.person_id = p_person AND s.kind = p_kind AND s.ended_at IS NULL
    ORDER BY s.made_at, s.id
$$;

-- Ends a person's own subscription; false if it is none of theirs, or over.
CREATE FUNCTION push_end(p_kind text, p_person uuid, p_id uuid, p_why text, p_now timestamptz) RETURNS boolean
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH ended AS (
        UPDATE push_subscription SET ended_at = p_now, ended_why = p_why
        WHERE id = p_id AND person_id = p_person AND kind = p_kind AND ended_at IS NULL RETURNING 1
    ) SELECT EXISTS (SELECT FROM ended)
$$;

-- By which ways each of these members of staff can be told, beside an address that everybody has.
CREATE FUNCTION staff_pagers(p_staff uuid[]) RETURNS TABLE (staff_id uuid, way text)
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT p.staff_id, 'sms' FROM staff_phone p WHERE p.staff_id = ANY (p_staff)
    UNION ALL
    SELECT DISTINCT s.person_id, 'push' FROM push_subscription s
    WHERE s.kind = 'staff' AND s.person_id = ANY (p_staff) AND s.ended_at IS NULL
$$;
