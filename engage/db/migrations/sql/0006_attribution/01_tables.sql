-- Attribution: how sure we are who wrote a text and why, what staff corrected and what that undid, and
-- which two records are one person's. See docs/decisions/0015.

ALTER TABLE message
    ADD COLUMN sure text CHECK (sure IN ('certain', 'likely', 'doubtful', 'none')),
    ADD COLUMN why text;

-- Staff said who really wrote a text: from, to, and what was undone. Never changed; the text itself
-- shows what counts now.
CREATE TABLE correction (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    message_id uuid NOT NULL,
    staff_id uuid NOT NULL REFERENCES staff (id),
    at timestamptz NOT NULL,
    from_author text NOT NULL,
    from_author_id uuid,
    from_patient_id uuid,
    from_prompt text,
    from_sure text,
    from_why text,
    to_author text NOT NULL CHECK (to_author IN ('patient', 'caregiver', 'unknown')),
    to_author_id uuid,
    to_patient_id uuid,
    to_prompt text,
    -- What became of its effects: [{"kind": "answer", "id": ..., "fate": "undone"}]. Ids only.
    undone jsonb NOT NULL,
    reason_sealed bytea,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, from_patient_id) REFERENCES patient (practice_id, id),
    FOREIGN KEY (practice_id, to_patient_id) REFERENCES patient (practice_id, id),
    CHECK ((to_author = 'unknown') = (to_patient_id IS NULL))
);
CREATE INDEX correction_by_message ON correction (practice_id, message_id, id DESC);
CREATE INDEX correction_from_patient ON correction (practice_id, from_patient_id, id DESC);
CREATE INDEX correction_to_patient ON correction (practice_id, to_patient_id, id DESC);

-- Answers that turned out to be somebody else's. The answer itself stays as it was given.
CREATE TABLE answer_undone (
    practice_id uuid NOT NULL,
    answer_id uuid NOT NULL,
    correction_id uuid NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, answer_id),
    FOREIGN KEY (practice_id, answer_id) REFERENCES answer (practice_id, id),
    FOREIGN KEY (practice_id, correction_id) REFERENCES correction (practice_id, id)
);

-- A reason that no longer holds, and the correction that says so.
ALTER TABLE flag
    ADD COLUMN withdrawn_at timestamptz,
    ADD COLUMN withdrawn_by uuid,
    ADD CONSTRAINT flag_withdrawn CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL));
CREATE INDEX flag_by_source ON flag (practice_id, source_id);
CREATE INDEX answer_by_message ON answer (practice_id, message_id) WHERE message_id IS NOT NULL;

-- Work that only a misread text opened is cancelled, and says why.
ALTER TABLE queue_item
    DROP CONSTRAINT queue_item_check1,
    ADD CONSTRAINT queue_item_outcome CHECK (
        (status <> 'completed' OR outcome IS NOT NULL)
        AND (outcome IS NULL OR closed_at IS NOT NULL));

-- Two records of one person: the first points to the one that is kept. Nothing is moved that can't be
-- moved back. NOT VALID: the column is new and empty, and the owner is behind the wall too.
ALTER TABLE patient
    ADD COLUMN merged_into uuid,
    ADD CONSTRAINT patient_merged CHECK (merged_into <> id),
    ADD CONSTRAINT patient_merged_into FOREIGN KEY (practice_id, merged_into)
        REFERENCES patient (practice_id, id) NOT VALID;
CREATE INDEX patient_by_survivor ON patient (practice_id, merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE merger (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    into_id uuid NOT NULL,
    staff_id uuid NOT NULL REFERENCES staff (id),
    at timestamptz NOT NULL,
    -- What it changed, so that it can be changed back: status, phones, links, work. Ids and words of
    -- our own only.
    changed jsonb NOT NULL,
    undone_at timestamptz,
    undone_by uuid REFERENCES staff (id),
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    FOREIGN KEY (practice_id, into_id) REFERENCES patient (practice_id, id),
    CHECK (patient_id <> into_id)
);
CREATE UNIQUE INDEX uq_one_merger_at_a_time ON merger (practice_id, patient_id)
    WHERE undone_at IS NULL;

DO $$
DECLARE
    walled text;
BEGIN
    FOREACH walled IN ARRAY ARRAY['correction', 'answer_undone', 'merger']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', walled);
        EXECUTE format(
            'CREATE POLICY reads ON %I FOR SELECT
             USING (practice_id = ANY (current_setting(''engage.practices'')::uuid[]))', walled);
        EXECUTE format(
            'CREATE POLICY inserts ON %I FOR INSERT
             WITH CHECK (practice_id = current_setting(''engage.practice'')::uuid)', walled);
        EXECUTE format(
            'CREATE POLICY updates ON %I FOR UPDATE
             USING (practice_id = current_setting(''engage.practice'')::uuid)
             WITH CHECK (practice_id = current_setting(''engage.practice'')::uuid)', walled);
    END LOOP;
END $$;
