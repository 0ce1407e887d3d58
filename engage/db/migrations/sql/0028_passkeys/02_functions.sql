-- As in 0024, and with it: whoever signs in has just proved who they are.
CREATE OR REPLACE FUNCTION sign_in_begin(
    p_id uuid, p_kind text, p_person uuid, p_practice uuid, p_phone uuid, p_factors text,
    p_refresh bytea, p_idle integer, p_now timestamptz, p_until timestamptz
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO sign_in (id, kind, person_id, practice_id, phone_id, factors, began_at, used_at,
                         idle_seconds, until_at, proved_at)
    VALUES (p_id, p_kind, p_person, p_practice, p_phone, p_factors, p_now, p_now, p_idle, p_until, p_now);
    INSERT INTO refresh_token (hash, sign_in_id, made_at) VALUES (p_refresh, p_id, p_now)
$$;

-- Gives a page a key of its own to a sign-in that holds.
CREATE FUNCTION page_key_add(p_hash bytea, p_sign_in uuid, p_person uuid, p_now timestamptz) RETURNS boolean
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH made AS (
        INSERT INTO page_key (hash, sign_in_id, made_at)
        SELECT p_hash, i.id, p_now FROM sign_in i
        WHERE i.id = p_sign_in AND i.person_id = p_person AND i.ended_at IS NULL AND i.until_at > p_now
        RETURNING 1
    ) SELECT EXISTS (SELECT FROM made)
$$;

-- Whose page this is, if its sign-in holds. A person's own deed keeps it from resting too long; it is
-- written down once a minute, not with each request.
CREATE FUNCTION page_key_open(p_hashes bytea[], p_deed boolean, p_now timestamptz)
RETURNS TABLE (sign_in_id uuid, person_id uuid)
LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    mine sign_in;
BEGIN
    SELECT i.* INTO mine FROM page_key k JOIN sign_in i ON i.id = k.sign_in_id
    WHERE k.hash = ANY (p_hashes) LIMIT 1;
    IF mine.id IS NULL OR mine.ended_at IS NOT NULL OR mine.until_at <= p_now
       OR mine.used_at + make_interval(secs => mine.idle_seconds) <= p_now THEN
        RETURN;
    END IF;
    IF p_deed AND mine.used_at < p_now - interval '1 minute' THEN
        UPDATE sign_in i SET used_at = p_now WHERE i.id = mine.id AND i.used_at < p_now;
    END IF;
    RETURN QUERY SELECT mine.id, mine.person_id;
END $$;

-- When the holder of a sign-in last proved who they are.
CREATE FUNCTION sign_in_proved(p_id uuid, p_person uuid) RETURNS timestamptz
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT i.proved_at FROM sign_in i WHERE i.id = p_id AND i.person_id = p_person AND i.ended_at IS NULL
$$;

CREATE FUNCTION sign_in_prove(p_id uuid, p_person uuid, p_now timestamptz) RETURNS boolean
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH fresh AS (
        UPDATE sign_in SET proved_at = p_now
        WHERE id = p_id AND person_id = p_person AND ended_at IS NULL AND until_at > p_now RETURNING 1
    ) SELECT EXISTS (SELECT FROM fresh)
$$;

-- When a token of `engage token` was made.
CREATE FUNCTION credential_made(p_kind text, p_hashes bytea[]) RETURNS timestamptz
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT max(c.created_at) FROM credential c
    WHERE c.kind = p_kind AND c.hash = ANY (p_hashes) AND c.revoked_at IS NULL
$$;

CREATE FUNCTION passkey_challenge_put(
    p_hash bytea, p_purpose text, p_bound bytea, p_now timestamptz, p_until timestamptz
) RETURNS void
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    -- Old ones go as new ones come.
    DELETE FROM passkey_challenge WHERE hash = ANY (ARRAY(
        SELECT c.hash FROM passkey_challenge c WHERE c.made_at < p_now - interval '1 day'
        ORDER BY c.made_at LIMIT 20 FOR UPDATE SKIP LOCKED));
    INSERT INTO passkey_challenge (hash, purpose, bound_hash, made_at, until_at)
    VALUES (p_hash, p_purpose, p_bound, p_now, p_until)
$$;

-- Uses a challenge up; false if it is over, was used, is for something else, or was asked for elsewhere.
CREATE FUNCTION passkey_challenge_take(
    p_hashes bytea[], p_purpose text, p_bounds bytea[], p_now timestamptz
) RETURNS boolean
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH used AS (
        UPDATE passkey_challenge SET used_at = p_now
        WHERE hash = ANY (p_hashes) AND purpose = p_purpose AND bound_hash = ANY (p_bounds)
          AND used_at IS NULL AND until_at > p_now RETURNING 1
    ) SELECT EXISTS (SELECT FROM used)
$$;

-- Keeps a new passkey; false if the device's own name for it is known already, or one has too many.
CREATE FUNCTION passkey_add(
    p_id uuid, p_kind text, p_person uuid, p_practice uuid, p_credential text, p_key text,
    p_count bigint, p_synced boolean, p_most integer, p_now timestamptz
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('passkey' || p_person::text, 28));
    IF (SELECT count(*) FROM passkey k
        WHERE k.person_id = p_person AND k.kind = p_kind AND k.ended_at IS NULL) >= p_most THEN
        RETURN false;
    END IF;
    INSERT INTO passkey (id, kind, person_id, practice_id, credential_id, public_key,
                         sign_count, synced, made_at)
    VALUES (p_id, p_kind, p_person, p_practice, p_credential, p_key, p_count, p_synced, p_now)
    ON CONFLICT (credential_id) DO NOTHING;
    RETURN FOUND;
END $$;

CREATE FUNCTION passkey_list(p_kind text, p_person uuid)
RETURNS TABLE (id uuid, credential_id text, synced boolean, made_at timestamptz, used_at timestamptz)
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT k.id, k.credential_id, k.synced, k.made_at, k.used_at FROM passkey k
    WHERE k.person_id = p_person AND k.kind = p_kind AND k.ended_at IS NULL
    ORDER BY k.made_at, k.id
$$;

-- The passkey by its device's own name, locked until the transaction ends.
CREATE FUNCTION passkey_find(p_credential text)
RETURNS TABLE (id uuid, kind text, person_id uuid, practice_id uuid, public_key text, sign_count bigint)
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT k.id, k.kind, k.person_id, k.practice_id, k.public_key, k.sign_count FROM passkey k
    WHERE k.credential_id = p_credential AND k.ended_at IS NULL FOR UPDATE
$$;

CREATE FUNCTION passkey_used(p_id uuid, p_count bigint, p_now timestamptz) RETURNS void
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE passkey SET sign_count = p_count, used_at = p_now WHERE id = p_id
$$;

CREATE FUNCTION passkey_end(p_kind text, p_person uuid, p_id uuid, p_now timestamptz) RETURNS boolean
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH gone AS (
        UPDATE passkey SET ended_at = p_now
        WHERE id = p_id AND person_id = p_person AND kind = p_kind AND ended_at IS NULL RETURNING 1
    ) SELECT EXISTS (SELECT FROM gone)
$$;

-- The phone that a caregiver or a patient is known by now; inside the wall, by the caller's scope.
CREATE FUNCTION family_phone(p_practice uuid, p_kind text, p_person uuid) RETURNS uuid
LANGUAGE sql STABLE AS $$
    SELECT u.phone_id FROM phone_use u
    WHERE u.practice_id = p_practice AND u.until_at IS NULL
      AND CASE WHEN p_kind = 'caregiver' THEN u.caregiver_id = p_person ELSE u.patient_id = p_person END
    ORDER BY u.from_at DESC, u.id DESC LIMIT 1
$$;
