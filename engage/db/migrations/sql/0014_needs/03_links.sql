-- One-time pages: who holds the link sees one referral, and nothing else. The link's hash stands
-- outside the wall, because nobody has signed in; what it leads to stands inside.

ALTER TABLE credential
    ADD COLUMN practice_id uuid,
    DROP CONSTRAINT credential_kind_check,
    ADD CONSTRAINT credential_kind_check CHECK (kind IN ('token', 'email', 'referral')),
    ADD CONSTRAINT credential_of_practice CHECK ((kind = 'referral') = (practice_id IS NOT NULL));
CREATE INDEX credential_by_subject ON credential (person_id) WHERE kind = 'referral';

CREATE FUNCTION link_add(
    p_kind text, p_hash bytea, p_practice uuid, p_subject uuid, p_now timestamptz,
    p_expires timestamptz
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO credential (kind, hash, practice_id, person_id, created_at, expires_at)
    SELECT p_kind, p_hash, p_practice, p_subject, p_now, p_expires WHERE p_kind = 'referral'
$$;

-- What a link leads to, used up or not: who comes too late is told so.
CREATE FUNCTION link_open(p_kind text, p_hashes bytea[], p_now timestamptz)
RETURNS TABLE (practice_id uuid, subject_id uuid, usable boolean)
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.practice_id, c.person_id, c.revoked_at IS NULL AND c.expires_at > p_now
    FROM credential c
    WHERE c.kind = p_kind AND c.kind = 'referral' AND c.hash = ANY (p_hashes)
$$;

CREATE FUNCTION link_revoke(p_kind text, p_practice uuid, p_subject uuid, p_now timestamptz)
RETURNS void
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE credential SET revoked_at = p_now
    WHERE kind = p_kind AND kind = 'referral' AND practice_id = p_practice
      AND person_id = p_subject AND revoked_at IS NULL
$$;
