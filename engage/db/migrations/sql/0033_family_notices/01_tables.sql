-- What somebody of a family wishes to be told, and what they have seen and not been told yet: one row a
-- person. Their browsers are those of 0026; when to look is a row of `due`.
CREATE TABLE family_news (
    practice_id uuid NOT NULL REFERENCES practice (id),
    -- A caregiver or a patient.
    person_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('caregiver', 'patient')),
    choices jsonb NOT NULL,
    -- They chose to be told of something: of nobody else is anything looked up or kept.
    wants boolean NOT NULL,
    -- What they could read, as marks, and what waits. Without wishes there is none.
    state_sealed bytea,
    -- The last text that was written to them: while it waits to leave there is no other.
    text_id uuid,
    changed_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (practice_id, person_id),
    CHECK (wants = (state_sealed IS NOT NULL))
);
CREATE INDEX family_news_by_text ON family_news (practice_id, text_id) WHERE text_id IS NOT NULL;

ALTER TABLE family_news ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reads ON family_news FOR SELECT
    USING (practice_id = ANY (current_setting('engage.practices')::uuid[]));
CREATE POLICY inserts ON family_news FOR INSERT
    WITH CHECK (practice_id = current_setting('engage.practice')::uuid);
CREATE POLICY updates ON family_news FOR UPDATE
    USING (practice_id = current_setting('engage.practice')::uuid)
    WITH CHECK (practice_id = current_setting('engage.practice')::uuid);

DO $$
DECLARE
    kinds text;
BEGIN
    SELECT string_agg(quote_literal(kind[1]), ', ') INTO kinds
    FROM pg_constraint c,
         regexp_matches(pg_get_constraintdef(c.oid), '''([a-z0-9-]+)''', 'g') AS kind
    WHERE c.conname = 'due_kind_check' AND c.conrelid = 'due'::regclass;
    ALTER TABLE due DROP CONSTRAINT due_kind_check;
    EXECUTE format('ALTER TABLE due ADD CONSTRAINT due_kind_check CHECK (kind IN (%s, ''news''))', kinds);
    SELECT string_agg(quote_literal(kind[1]), ', ') INTO kinds
    FROM pg_constraint c,
         regexp_matches(pg_get_constraintdef(c.oid), '''([a-z0-9-]+)''', 'g') AS kind
    WHERE c.conname = 'message_kind_check' AND c.conrelid = 'message'::regclass;
    ALTER TABLE message DROP CONSTRAINT message_kind_check;
    EXECUTE format(
        'ALTER TABLE message ADD CONSTRAINT message_kind_check CHECK (kind IN (%s, ''news''))', kinds);
END $$;
