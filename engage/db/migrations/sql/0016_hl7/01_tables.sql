-- What hospitals' systems send: who may, every message as it came, and what a stay is made of.

-- Which practice a sender's messages are for. Outside the wall: a message names its sender before
-- anybody knows whose it is. `authority` is whose patient ids are the practice's own.
CREATE TABLE hl7_sender (
    application text NOT NULL CHECK (length(application) <= 200),
    facility text NOT NULL CHECK (length(facility) <= 200),
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    authority text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (application, facility)
);

CREATE FUNCTION hl7_sender_find(p_application text, p_facility text)
RETURNS TABLE (practice_id uuid, id uuid, authority text)
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.practice_id, s.id, s.authority FROM hl7_sender s
    WHERE s.application = p_application AND s.facility = p_facility
$$;

-- A sender of this practice may be told again whose ids it gives; one of another practice's is left
-- as it is, and the answer is false.
CREATE FUNCTION hl7_sender_add(
    p_application text, p_facility text, p_practice uuid, p_id uuid, p_authority text, p_now timestamptz
) RETURNS boolean
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH known AS (
        INSERT INTO hl7_sender (application, facility, practice_id, id, authority, created_at)
        VALUES (p_application, p_facility, p_practice, p_id, p_authority, p_now)
        ON CONFLICT (application, facility) DO UPDATE SET authority = excluded.authority
            WHERE hl7_sender.practice_id = excluded.practice_id
        RETURNING 1
    ) SELECT EXISTS (SELECT FROM known)
$$;

-- One message. A sender that counts from one again sends other messages under old ids, so what it is
-- about (a keyed hash of event and visit) is part of what makes it the same.
CREATE TABLE hl7_message (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    sender_id uuid NOT NULL,
    control_id text NOT NULL,
    about_hash bytea NOT NULL,
    event text NOT NULL,
    body_sealed bytea NOT NULL,
    at timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('recorded', 'applied', 'ignored', 'unknown', 'failed')),
    tries integer NOT NULL DEFAULT 0,
    PRIMARY KEY (practice_id, id),
    CONSTRAINT uq_hl7_message UNIQUE (practice_id, sender_id, control_id, about_hash)
);
CREATE INDEX hl7_message_waiting ON hl7_message (practice_id, status, id)
    WHERE status IN ('recorded', 'unknown', 'failed');

DO $$
BEGIN
    ALTER TABLE hl7_message ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY reads ON hl7_message FOR SELECT
        USING (practice_id = ANY (current_setting('engage.practices')::uuid[]));
    CREATE POLICY inserts ON hl7_message FOR INSERT
        WITH CHECK (practice_id = current_setting('engage.practice')::uuid);
    CREATE POLICY updates ON hl7_message FOR UPDATE
        USING (practice_id = current_setting('engage.practice')::uuid)
        WITH CHECK (practice_id = current_setting('engage.practice')::uuid);
END $$;

-- Of each thing that is known of a stay, from when it counts and in which message it was said: what
-- comes late or twice then changes nothing.
ALTER TABLE discharge
    ADD COLUMN said jsonb NOT NULL DEFAULT '{}',
    -- What began the call that is open for it, or was made: the source of its flags.
    ADD COLUMN begun_by uuid;

-- The check-ins that a discharge begins; a practice may do without.
ALTER TABLE practice ADD COLUMN asks_after_discharge boolean NOT NULL DEFAULT true;

-- hl7: a message that could not be applied at once.
DO $$
DECLARE
    kinds text;
BEGIN
    SELECT string_agg(quote_literal(kind[1]), ', ') INTO kinds
    FROM pg_constraint c,
         regexp_matches(pg_get_constraintdef(c.oid), '''([a-z0-9-]+)''', 'g') AS kind
    WHERE c.conname = 'due_kind_check' AND c.conrelid = 'due'::regclass;
    ALTER TABLE due DROP CONSTRAINT due_kind_check;
    EXECUTE format(
        'ALTER TABLE due ADD CONSTRAINT due_kind_check CHECK (kind IN (%s, ''hl7''))', kinds);
END $$;
