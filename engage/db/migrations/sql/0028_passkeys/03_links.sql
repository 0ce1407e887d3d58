-- A link by text opens what its code opens: the row of the code has both, and one use ends both.
ALTER TABLE sign_in_code
    ADD COLUMN link_hash bytea UNIQUE,
    -- Whose phone it was: a link does not say it.
    ADD COLUMN number_sealed bytea,
    ADD CHECK ((link_hash IS NULL) = (number_sealed IS NULL));

DROP FUNCTION sign_in_code_put(uuid, bytea, text, bytea, bytea, timestamptz, timestamptz);
CREATE FUNCTION sign_in_code_put(
    p_id uuid, p_phone bytea, p_purpose text, p_device bytea, p_code bytea, p_link bytea, p_number bytea,
    p_now timestamptz, p_until timestamptz
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('code' || encode(p_phone, 'hex'), 24));
    UPDATE sign_in_code SET ended_at = p_now
    WHERE phone_hash = p_phone AND purpose = p_purpose AND ended_at IS NULL;
    INSERT INTO sign_in_code (id, phone_hash, purpose, device_hash, code_hash, link_hash, number_sealed,
                              made_at, until_at)
    VALUES (p_id, p_phone, p_purpose, p_device, p_code, p_link, p_number, p_now, p_until)
$$;

-- Uses a link up, on the device that asked for it: elsewhere it stays as it was.
CREATE FUNCTION sign_in_link_take(p_links bytea[], p_devices bytea[], p_most integer, p_now timestamptz)
RETURNS TABLE (id uuid, number_sealed bytea)
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE sign_in_code c SET ended_at = p_now
    WHERE c.link_hash = ANY (p_links) AND c.device_hash = ANY (p_devices) AND c.ended_at IS NULL
      AND c.until_at > p_now AND c.tries < p_most
    RETURNING c.id, c.number_sealed
$$;

-- As in 0024, and with it: whether the phone is a new one of somebody who had another. For a day it gets
-- no code, so that whoever changed it can't be them by it before the old phone was heard.
DROP FUNCTION phone_people(uuid[], bytea[]);
CREATE FUNCTION phone_people(p_practices uuid[], p_hashes bytea[], p_now timestamptz)
RETURNS TABLE (practice_id uuid, phone_id uuid, kind text, person_id uuid, given_name text,
               language text, closed boolean, held boolean)
LANGUAGE sql STABLE AS $$
    SELECT f.practice_id, f.id,
           CASE WHEN u.patient_id IS NULL THEN 'caregiver' ELSE 'patient' END,
           coalesce(u.patient_id, u.caregiver_id),
           coalesce(p.given_name, c.given_name), coalesce(p.language, c.language),
           EXISTS (SELECT FROM line l WHERE l.practice_id = f.practice_id AND l.phone_id = f.id
                   AND l.opted_out_at IS NOT NULL),
           u.from_at > p_now - interval '24 hours' AND EXISTS (
               SELECT FROM phone_use o
               WHERE o.practice_id = u.practice_id AND o.phone_id <> u.phone_id
                 AND (o.patient_id = u.patient_id OR o.caregiver_id = u.caregiver_id))
    FROM unnest(p_practices, p_hashes) AS known (practice, hash)
    JOIN phone f ON f.practice_id = known.practice AND f.number_hash = known.hash
    JOIN phone_use u ON u.practice_id = f.practice_id AND u.phone_id = f.id AND u.until_at IS NULL
    LEFT JOIN patient p ON p.practice_id = u.practice_id AND p.id = u.patient_id
    LEFT JOIN caregiver c ON c.practice_id = u.practice_id AND c.id = u.caregiver_id
    WHERE u.caregiver_id IS NOT NULL OR (p.status = 'active' AND p.merged_into IS NULL)
    ORDER BY f.practice_id, 3 DESC, 4
$$;
