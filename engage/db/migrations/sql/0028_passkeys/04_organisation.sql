-- Staff who come in by their organisation may no more than the groups allow that it has them in.
ALTER TABLE sign_in ADD COLUMN roles text[];

-- One round to the organisation and back: once, for ten minutes, on the device that began it.
CREATE TABLE organisation_round (
    id uuid PRIMARY KEY,
    state_hash bytea NOT NULL UNIQUE,
    device_hash bytea NOT NULL,
    told_sealed bytea NOT NULL,
    made_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX organisation_round_by_moment ON organisation_round (made_at);

CREATE FUNCTION organisation_round_put(
    p_id uuid, p_state bytea, p_device bytea, p_told bytea, p_now timestamptz, p_until timestamptz
) RETURNS void
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM organisation_round WHERE id = ANY (ARRAY(
        SELECT r.id FROM organisation_round r WHERE r.made_at < p_now - interval '1 day'
        ORDER BY r.made_at LIMIT 20 FOR UPDATE SKIP LOCKED));
    INSERT INTO organisation_round (id, state_hash, device_hash, told_sealed, made_at, until_at)
    VALUES (p_id, p_state, p_device, p_told, p_now, p_until)
$$;

CREATE FUNCTION organisation_round_take(p_states bytea[], p_devices bytea[], p_now timestamptz)
RETURNS TABLE (id uuid, told_sealed bytea)
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE organisation_round r SET used_at = p_now
    WHERE r.state_hash = ANY (p_states) AND r.device_hash = ANY (p_devices) AND r.used_at IS NULL
      AND r.until_at > p_now
    RETURNING r.id, r.told_sealed
$$;

-- Narrows a sign-in that has just begun; it is never widened.
CREATE FUNCTION sign_in_narrow(p_id uuid, p_person uuid, p_roles text[]) RETURNS void
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE sign_in SET roles = p_roles WHERE id = p_id AND person_id = p_person AND roles IS NULL
$$;

DROP FUNCTION sign_in_find(uuid, uuid, timestamptz);
CREATE FUNCTION sign_in_find(p_id uuid, p_person uuid, p_now timestamptz)
RETURNS TABLE (kind text, practice_id uuid, phone_id uuid, roles text[])
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT i.kind, i.practice_id, i.phone_id, i.roles FROM sign_in i
    WHERE i.id = p_id AND i.person_id = p_person AND i.ended_at IS NULL AND i.until_at > p_now
$$;

-- As in 0024, and with it: roles that the organisation's groups do not allow are not there.
CREATE OR REPLACE FUNCTION signed_in(p_id uuid, p_person uuid, p_now timestamptz) RETURNS jsonb
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
                      AND (m.until_at IS NULL OR m.until_at > p_now)
                      AND (mine.roles IS NULL OR m.role = ANY (mine.roles))))
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
