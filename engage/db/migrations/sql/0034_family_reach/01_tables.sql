-- A patient invites by text: what they allowed was said in that text, and no member of staff heard it.
ALTER TABLE caregiver_grant
    ADD COLUMN message_id uuid,
    DROP CONSTRAINT caregiver_grant_how_check,
    ADD CONSTRAINT caregiver_grant_how_check CHECK (how IN ('verbal', 'written', 'page', 'text')),
    DROP CONSTRAINT caregiver_grant_heard_check,
    ADD CONSTRAINT caregiver_grant_heard_check CHECK (
        (how IN ('page', 'text')) = (heard_by IS NULL)),
    ADD CONSTRAINT caregiver_grant_said_check CHECK ((how = 'text') = (message_id IS NOT NULL));
ALTER TABLE family_rule ADD COLUMN invites_by_text boolean NOT NULL DEFAULT true;

-- A text that asked to invite somebody, and the conversation that asks back. Number and name stand
-- in the text alone.
CREATE TABLE invitation_wish (
    practice_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    message_id uuid NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, conversation_id),
    FOREIGN KEY (practice_id, conversation_id) REFERENCES conversation (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id)
);

-- What the team gives a person's family to read: a file of a few kinds, sealed. Whoever takes it back
-- takes its content back with it; that it was there, and who saw it, stays.
CREATE TABLE family_document (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    about text NOT NULL CHECK (about IN ('care-plan', 'visit-summary', 'ride-voucher', 'other')),
    title_sealed bytea NOT NULL,
    -- What it is by its own bytes, never by what the sender said.
    format text NOT NULL CHECK (format IN ('pdf', 'png', 'jpeg')),
    bytes integer NOT NULL CHECK (bytes BETWEEN 1 AND 4194304),
    sensitive text CHECK (
        sensitive IN ('violence', 'substance', 'sexual', 'mental-health', 'staff-notes')),
    content_sealed bytea,
    added_by uuid NOT NULL REFERENCES staff (id),
    added_at timestamptz NOT NULL,
    removed_by uuid REFERENCES staff (id),
    removed_at timestamptz,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    CHECK ((removed_at IS NULL) = (removed_by IS NULL)),
    CHECK ((removed_at IS NULL) = (content_sealed IS NOT NULL))
);
CREATE INDEX family_document_by_patient ON family_document (practice_id, patient_id, id);

DO $$
DECLARE
    walled text;
BEGIN
    FOREACH walled IN ARRAY ARRAY['invitation_wish', 'family_document']
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
