-- Takes one try of each kind, or none and says which has no room left (counted from 1). In order of
-- their names, so that two requests never wait for each other; serial by key, so that none slips by.
CREATE FUNCTION sign_in_allow(
    p_kinds text[], p_keys bytea[], p_seconds integer[], p_most integer[], p_now timestamptz
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    one record;
    taken bigint;
    full_at integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(t.number) FROM (
        SELECT hashtextextended(k.kind || encode(k.key, 'hex'), 24) AS number
        FROM unnest(p_kinds, p_keys) AS k (kind, key) ORDER BY 1) t;
    FOR one IN
        SELECT k.* FROM unnest(p_kinds, p_keys, p_seconds, p_most)
            WITH ORDINALITY AS k (kind, key, seconds, most, place)
    LOOP
        SELECT count(*) INTO taken FROM sign_in_try t
        WHERE t.kind = one.kind AND t.key_hash = one.key
          AND t.at > p_now - make_interval(secs => one.seconds);
        IF taken >= one.most THEN
            full_at := one.place;
            EXIT;
        END IF;
    END LOOP;
    IF full_at > 0 THEN
        RETURN full_at;
    END IF;
    INSERT INTO sign_in_try (kind, key_hash, at)
    SELECT DISTINCT k.kind, k.key, p_now FROM unnest(p_kinds, p_keys) AS k (kind, key);
    -- Old ones go as new ones come; nobody counts further back than a day.
    DELETE FROM sign_in_try WHERE id = ANY (ARRAY(
        SELECT t.id FROM sign_in_try t WHERE t.at < p_now - interval '25 hours'
        ORDER BY t.at LIMIT 20 FOR UPDATE SKIP LOCKED));
    RETURN 0;
END $$;

CREATE FUNCTION sign_in_step_add(
    p_kind text, p_hash bytea, p_staff uuid, p_now timestamptz, p_until timestamptz
) RETURNS void
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    -- The newest invitation is the only one.
    UPDATE sign_in_step SET ended_at = p_now
    WHERE staff_id = p_staff AND kind = p_kind AND p_kind = 'invitation' AND ended_at IS NULL;
    INSERT INTO sign_in_step (hash, kind, staff_id, made_at, until_at)
    VALUES (p_hash, p_kind, p_staff, p_now, p_until)
$$;

-- Whose step it is, and one try of it is gone; it is locked until the transaction ends.
CREATE FUNCTION sign_in_step_try(
    p_kinds text[], p_hashes bytea[], p_most integer, p_now timestamptz
) RETURNS TABLE (kind text, staff_id uuid)
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE sign_in_step s SET tries = s.tries + 1
    WHERE s.hash = ANY (p_hashes) AND s.kind = ANY (p_kinds) AND s.ended_at IS NULL
      AND s.until_at > p_now AND s.tries < p_most
    RETURNING s.kind, s.staff_id
$$;

CREATE FUNCTION sign_in_step_end(p_hashes bytea[], p_now timestamptz) RETURNS void
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE sign_in_step SET ended_at = p_now WHERE hash = ANY (p_hashes) AND ended_at IS NULL
$$;

CREATE FUNCTION staff_secret_of(p_staff uuid)
RETURNS TABLE (password_hash bytea, totp_sealed bytea, totp_step bigint, next_totp_sealed bytea)
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.password_hash, s.totp_sealed, s.totp_step, s.next_totp_sealed
    FROM staff_secret s WHERE s.staff_id = p_staff
$$;

-- What an invitation sets; it counts when a code of it has been shown.
CREATE FUNCTION staff_secret_offer(p_staff uuid, p_password bytea, p_totp bytea) RETURNS void
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO staff_secret (staff_id, next_password_hash, next_totp_sealed)
    VALUES (p_staff, p_password, p_totp)
    ON CONFLICT (staff_id) DO UPDATE
    SET next_password_hash = excluded.next_password_hash, next_totp_sealed = excluded.next_totp_sealed
$$;

-- From now on the new password and authenticator alone open, and whoever was in by the old is out.
CREATE FUNCTION staff_secret_confirm(p_staff uuid, p_step bigint, p_codes bytea[], p_now timestamptz)
RETURNS boolean
LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE staff_secret s
    SET password_hash = s.next_password_hash, totp_sealed = s.next_totp_sealed, totp_step = p_step,
        set_at = p_now, next_password_hash = NULL, next_totp_sealed = NULL
    WHERE s.staff_id = p_staff AND s.next_totp_sealed IS NOT NULL;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM recovery_code c WHERE c.staff_id = p_staff;
    INSERT INTO recovery_code (staff_id, hash) SELECT p_staff, c.hash FROM unnest(p_codes) AS c (hash);
    UPDATE sign_in_step s SET ended_at = p_now WHERE s.staff_id = p_staff AND s.ended_at IS NULL;
    UPDATE sign_in i SET ended_at = p_now, ended_why = 'renewed'
    WHERE i.kind = 'staff' AND i.person_id = p_staff AND i.ended_at IS NULL;
    RETURN true;
END $$;

-- A code is good once: only a later step than the last one counts.
CREATE FUNCTION staff_totp_use(p_staff uuid, p_step bigint) RETURNS boolean
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH used AS (
        UPDATE staff_secret SET totp_step = p_step
        WHERE staff_id = p_staff AND totp_step < p_step RETURNING 1
    ) SELECT EXISTS (SELECT FROM used)
$$;

CREATE FUNCTION recovery_code_use(p_staff uuid, p_hash bytea, p_now timestamptz) RETURNS boolean
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH used AS (
        UPDATE recovery_code SET used_at = p_now
        WHERE staff_id = p_staff AND hash = p_hash AND used_at IS NULL RETURNING 1
    ) SELECT EXISTS (SELECT FROM used)
$$;

CREATE FUNCTION sign_in_begin(
    p_id uuid, p_kind text, p_person uuid, p_practice uuid, p_phone uuid, p_factors text,
    p_refresh bytea, p_idle integer, p_now timestamptz, p_until timestamptz
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO sign_in (id, kind, person_id, practice_id, phone_id, factors, began_at, used_at,
                         idle_seconds, until_at)
    VALUES (p_id, p_kind, p_person, p_practice, p_phone, p_factors, p_now, p_now, p_idle, p_until);
    INSERT INTO refresh_token (hash, sign_in_id, made_at) VALUES (p_refresh, p_id, p_now)
$$;

-- Exchanges a refresh token for the next one. A used one that comes again within the grace was two
-- requests of one client; later, somebody has a copy, and everything made from it ends.
CREATE FUNCTION sign_in_refresh(
    p_hashes bytea[], p_next bytea, p_grace integer, p_now timestamptz
) RETURNS TABLE (outcome text, id uuid, kind text, person_id uuid, practice_id uuid)
LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    token refresh_token;
    mine sign_in;
BEGIN
    SELECT t.* INTO token FROM refresh_token t WHERE t.hash = ANY (p_hashes) LIMIT 1;
    IF token.hash IS NULL THEN
        RETURN;
    END IF;
    -- The family first: all its tokens are changed under this lock.
    SELECT i.* INTO mine FROM sign_in i WHERE i.id = token.sign_in_id FOR UPDATE;
    SELECT t.* INTO token FROM refresh_token t WHERE t.hash = token.hash;
    IF mine.ended_at IS NOT NULL OR mine.until_at <= p_now
       OR mine.used_at + make_interval(secs => mine.idle_seconds) <= p_now THEN
        RETURN;
    END IF;
    IF token.used_at IS NOT NULL AND p_now - token.used_at <= make_interval(secs => p_grace) THEN
        RETURN QUERY SELECT 'raced', mine.id, mine.kind, mine.person_id, mine.practice_id;
        RETURN;
    END IF;
    IF token.used_at IS NOT NULL THEN
        UPDATE sign_in i SET ended_at = p_now, ended_why = 'reused' WHERE i.id = mine.id;
        RETURN QUERY SELECT 'reused', mine.id, mine.kind, mine.person_id, mine.practice_id;
        RETURN;
    END IF;
    UPDATE refresh_token t SET used_at = p_now WHERE t.hash = token.hash;
    UPDATE sign_in i SET used_at = p_now WHERE i.id = mine.id;
    INSERT INTO refresh_token (hash, sign_in_id, made_at) VALUES (p_next, mine.id, p_now);
    RETURN QUERY SELECT 'refreshed', mine.id, mine.kind, mine.person_id, mine.practice_id;
END $$;

CREATE FUNCTION sign_in_find(p_id uuid, p_person uuid, p_now timestamptz)
RETURNS TABLE (kind text, practice_id uuid, phone_id uuid)
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT i.kind, i.practice_id, i.phone_id FROM sign_in i
    WHERE i.id = p_id AND i.person_id = p_person AND i.ended_at IS NULL AND i.until_at > p_now
$$;

CREATE FUNCTION sign_in_list(p_person uuid, p_now timestamptz)
RETURNS TABLE (id uuid, factors text, began_at timestamptz, used_at timestamptz, until_at timestamptz)
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT i.id, i.factors, i.began_at, i.used_at,
           least(i.until_at, i.used_at + make_interval(secs => i.idle_seconds))
    FROM sign_in i
    WHERE i.person_id = p_person AND i.ended_at IS NULL
      AND least(i.until_at, i.used_at + make_interval(secs => i.idle_seconds)) > p_now
    ORDER BY i.used_at DESC, i.id DESC LIMIT 100
$$;

CREATE FUNCTION sign_in_end(p_id uuid, p_person uuid, p_why text, p_now timestamptz) RETURNS boolean
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH gone AS (
        UPDATE sign_in SET ended_at = p_now, ended_why = p_why
        WHERE id = p_id AND person_id = p_person AND ended_at IS NULL RETURNING 1
    ) SELECT EXISTS (SELECT FROM gone)
$$;

-- One live code a phone: a newer one ends the one before.
CREATE FUNCTION sign_in_code_put(
    p_id uuid, p_phone bytea, p_purpose text, p_device bytea, p_code bytea, p_now timestamptz,
    p_until timestamptz
) RETURNS void
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('code' || encode(p_phone, 'hex'), 24));
    UPDATE sign_in_code SET ended_at = p_now
    WHERE phone_hash = p_phone AND purpose = p_purpose AND ended_at IS NULL;
    INSERT INTO sign_in_code (id, phone_hash, purpose, device_hash, code_hash, made_at, until_at)
    VALUES (p_id, p_phone, p_purpose, p_device, p_code, p_now, p_until)
$$;

-- One try of the live code of a phone, by the device that asked for it; right once, and then used up.
CREATE FUNCTION sign_in_code_try(
    p_phones bytea[], p_purpose text, p_devices bytea[], p_codes bytea[], p_most integer,
    p_now timestamptz
) RETURNS boolean
LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    live sign_in_code;
BEGIN
    SELECT c.* INTO live FROM sign_in_code c
    WHERE c.phone_hash = ANY (p_phones) AND c.purpose = p_purpose AND c.ended_at IS NULL
      AND c.until_at > p_now AND c.tries < p_most AND c.device_hash = ANY (p_devices)
    FOR UPDATE;
    IF live.id IS NULL THEN
        RETURN false;
    END IF;
    IF live.code_hash = ANY (p_codes) THEN
        UPDATE sign_in_code SET ended_at = p_now, tries = tries + 1 WHERE id = live.id;
        RETURN true;
    END IF;
    UPDATE sign_in_code SET tries = tries + 1 WHERE id = live.id;
    RETURN false;
END $$;

-- Who uses a phone now, in whichever practices know the number; inside the wall, by the caller's scope.
CREATE FUNCTION phone_people(p_practices uuid[], p_hashes bytea[])
RETURNS TABLE (practice_id uuid, phone_id uuid, kind text, person_id uuid, given_name text,
               language text, closed boolean)
LANGUAGE sql STABLE AS $$
    SELECT f.practice_id, f.id,
           CASE WHEN u.patient_id IS NULL THEN 'caregiver' ELSE 'patient' END,
           coalesce(u.patient_id, u.caregiver_id),
           coalesce(p.given_name, c.given_name), coalesce(p.language, c.language),
           EXISTS (SELECT FROM line l WHERE l.practice_id = f.practice_id AND l.phone_id = f.id
                   AND l.opted_out_at IS NOT NULL)
    FROM unnest(p_practices, p_hashes) AS known (practice, hash)
    JOIN phone f ON f.practice_id = known.practice AND f.number_hash = known.hash
    JOIN phone_use u ON u.practice_id = f.practice_id AND u.phone_id = f.id AND u.until_at IS NULL
    LEFT JOIN patient p ON p.practice_id = u.practice_id AND p.id = u.patient_id
    LEFT JOIN caregiver c ON c.practice_id = u.practice_id AND c.id = u.caregiver_id
    WHERE u.caregiver_id IS NOT NULL OR (p.status = 'active' AND p.merged_into IS NULL)
    ORDER BY f.practice_id, 3 DESC, 4
$$;

-- Who holds an access token's sign-in, as things stand now: ended, disabled, left, another phone, and
-- it is nobody. One round trip, as `authenticate` is for a token.
CREATE FUNCTION signed_in(p_id uuid, p_person uuid, p_now timestamptz) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    mine record;
BEGIN
    SELECT * INTO mine FROM sign_in_find(p_id, p_person, p_now);
    IF mine.kind IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('engage.practices', '{}', true);
    IF mine.kind = 'staff' THEN
        PERFORM set_config('engage.staff', p_person::text, true);
        RETURN (
            SELECT jsonb_build_object(
                'type', 'staff', 'id', s.id, 'given_name', s.given_name,
                'family_name', s.family_name,
                'memberships', (
                    SELECT coalesce(jsonb_agg(jsonb_build_object(
                        'practice_id', m.practice_id, 'role', m.role)), '[]')
                    FROM membership m
                    WHERE m.staff_id = s.id AND m.from_at <= p_now
                      AND (m.until_at IS NULL OR m.until_at > p_now)))
            FROM staff s WHERE s.id = p_person AND s.active);
    END IF;
    PERFORM set_config('engage.practices', format('{%s}', mine.practice_id), true);
    RETURN (
        SELECT jsonb_build_object(
            'type', mine.kind, 'practice_id', mine.practice_id, 'id', p_person,
            'given_name', coalesce(p.given_name, c.given_name),
            'family_name', coalesce(p.family_name, c.family_name),
            'language', coalesce(p.language, c.language))
        FROM phone_use u
        LEFT JOIN patient p ON p.practice_id = u.practice_id AND p.id = u.patient_id
        LEFT JOIN caregiver c ON c.practice_id = u.practice_id AND c.id = u.caregiver_id
        WHERE u.practice_id = mine.practice_id AND u.phone_id = mine.phone_id AND u.until_at IS NULL
          AND CASE WHEN mine.kind = 'caregiver' THEN u.caregiver_id = p_person
                   ELSE u.patient_id = p_person AND p.status = 'active' AND p.merged_into IS NULL END
        LIMIT 1);
END $$;
