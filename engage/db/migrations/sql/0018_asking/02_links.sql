-- One-time pages of patients: a link of the kind `screening` leads to one screening, as one of the kind
-- `referral` leads to a referral. Whatever is not a sign-in belongs to a practice.

DO $$
DECLARE
    kinds text;
BEGIN
    SELECT string_agg(quote_literal(kind[1]), ', ') INTO kinds
    FROM pg_constraint c,
         regexp_matches(pg_get_constraintdef(c.oid), '''([a-z0-9-]+)''', 'g') AS kind
    WHERE c.conname = 'credential_kind_check' AND c.conrelid = 'credential'::regclass;
    ALTER TABLE credential DROP CONSTRAINT credential_kind_check, DROP CONSTRAINT credential_of_practice;
    EXECUTE format(
        'ALTER TABLE credential ADD CONSTRAINT credential_kind_check CHECK (kind IN (
             %s, ''screening''))', kinds);
    ALTER TABLE credential ADD CONSTRAINT credential_of_practice
        CHECK ((kind IN ('token', 'email')) = (practice_id IS NULL));
END $$;

DROP INDEX credential_by_subject;
CREATE INDEX credential_by_subject ON credential (person_id) WHERE kind NOT IN ('token', 'email');

CREATE OR REPLACE FUNCTION link_add(
    p_kind text, p_hash bytea, p_practice uuid, p_subject uuid, p_now timestamptz,
    p_expires timestamptz
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO credential (kind, hash, practice_id, person_id, created_at, expires_at)
    SELECT p_kind, p_hash, p_practice, p_subject, p_now, p_expires
    WHERE p_kind NOT IN ('token', 'email')
$$;

CREATE OR REPLACE FUNCTION link_open(p_kind text, p_hashes bytea[], p_now timestamptz)
RETURNS TABLE (practice_id uuid, subject_id uuid, usable boolean)
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.practice_id, c.person_id, c.revoked_at IS NULL AND c.expires_at > p_now
    FROM credential c
    WHERE c.kind = p_kind AND c.kind NOT IN ('token', 'email') AND c.hash = ANY (p_hashes)
$$;

CREATE OR REPLACE FUNCTION link_revoke(p_kind text, p_practice uuid, p_subject uuid, p_now timestamptz)
RETURNS void
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE credential SET revoked_at = p_now
    WHERE kind = p_kind AND kind NOT IN ('token', 'email') AND practice_id = p_practice
      AND person_id = p_subject AND revoked_at IS NULL
$$;
