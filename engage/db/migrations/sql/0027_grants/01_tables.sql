-- What a person allowed a caregiver: of which things, to see, to answer or to act, until when. Rows of
-- before were about visits and let somebody be told of them: they go on meaning that.
ALTER TABLE caregiver_grant
    DROP CONSTRAINT caregiver_grant_category_check,
    ADD CONSTRAINT caregiver_grant_category_check CHECK (category IN (
        'visits', 'check-ins', 'needs', 'rides', 'messages', 'documents')),
    DROP CONSTRAINT caregiver_grant_how_check,
    ADD CONSTRAINT caregiver_grant_how_check CHECK (how IN ('verbal', 'written', 'page')),
    ADD COLUMN verbs text[] NOT NULL DEFAULT '{see}',
    ADD CONSTRAINT caregiver_grant_verbs_check CHECK (
        verbs @> '{see}' AND verbs <@ '{see,answer,act}'),
    -- Never there by default: each kind was named when it was allowed.
    ADD COLUMN sensitive text[] NOT NULL DEFAULT '{}',
    ADD CONSTRAINT caregiver_grant_sensitive_check CHECK (
        sensitive <@ '{violence,substance,sexual,mental-health,staff-notes}'),
    ALTER COLUMN heard_by DROP NOT NULL,
    -- Staff heard or read it, or the person did it themselves, signed in.
    ADD CONSTRAINT caregiver_grant_heard_check CHECK ((how = 'page') = (heard_by IS NULL)),
    ADD COLUMN evidence_sealed bytea;
CREATE INDEX caregiver_grant_by_caregiver ON caregiver_grant (practice_id, caregiver_id, patient_id);
CREATE INDEX caregiver_of_by_caregiver ON caregiver_of (practice_id, caregiver_id, patient_id);

-- From which birthday on a minor's caregivers see less; without a row, from the twelfth.
CREATE TABLE family_rule (
    practice_id uuid NOT NULL PRIMARY KEY REFERENCES practice (id),
    narrows_at smallint NOT NULL CHECK (narrows_at BETWEEN 12 AND 18),
    changed_at timestamptz NOT NULL,
    changed_by uuid NOT NULL REFERENCES staff (id),
    version integer NOT NULL DEFAULT 1
);

-- A caregiver whose phone is not safe for a person: nothing of theirs is shown or texted there, to
-- nobody who uses that phone, whatever is granted.
CREATE TABLE unsafe_contact (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    caregiver_id uuid NOT NULL,
    from_at timestamptz NOT NULL,
    -- Nobody: the person themselves said it, and nobody but them takes it back on their page.
    noted_by uuid REFERENCES staff (id),
    until_at timestamptz,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    FOREIGN KEY (practice_id, caregiver_id) REFERENCES caregiver (practice_id, id)
);
CREATE INDEX unsafe_contact_by_patient ON unsafe_contact (practice_id, patient_id)
    WHERE until_at IS NULL;

-- An invitation by text: its link opens once, on whichever device, until then.
CREATE TABLE invitation (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    caregiver_id uuid NOT NULL,
    -- It opens only while the caregiver uses the phone that it was texted to.
    phone_id uuid NOT NULL,
    made_by_kind text NOT NULL CHECK (made_by_kind IN ('staff', 'patient')),
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    FOREIGN KEY (practice_id, caregiver_id) REFERENCES caregiver (practice_id, id),
    FOREIGN KEY (practice_id, phone_id) REFERENCES phone (practice_id, id)
);
CREATE INDEX invitation_by_caregiver ON invitation (practice_id, caregiver_id);

-- What the people around somebody do among themselves: an errand, a drive, a shared goal.
CREATE TABLE errand (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('to-do', 'ride', 'goal')),
    title_sealed bytea NOT NULL,
    appointment_id uuid,
    due_on date,
    status text NOT NULL CHECK (status IN ('open', 'claimed', 'done')),
    -- A caregiver or the person: who has it, to whom it was offered, who wrote it down.
    holder_id uuid,
    offered_to uuid,
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    FOREIGN KEY (practice_id, appointment_id) REFERENCES appointment (practice_id, id),
    CHECK ((status = 'open') <= (holder_id IS NULL)),
    CHECK ((status = 'claimed') <= (holder_id IS NOT NULL))
);
CREATE INDEX errand_by_patient ON errand (practice_id, patient_id, id);

-- What a device was shown last, as hashes: the next answer tells what is new and what is gone.
CREATE TABLE sync_point (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    person_id uuid NOT NULL,
    at timestamptz NOT NULL,
    state_sealed bytea NOT NULL,
    PRIMARY KEY (practice_id, id)
);
CREATE INDEX sync_point_by_person ON sync_point (practice_id, person_id, id);

-- How a caregiver says that they are themselves: their own answers, in nobody's record; they take
-- them back when they like.
CREATE TABLE strain_check (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    caregiver_id uuid NOT NULL,
    at timestamptz NOT NULL,
    script_version text NOT NULL,
    answers_sealed bytea NOT NULL,
    -- They wished the team to hear of it, in their own words.
    told boolean NOT NULL,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, caregiver_id) REFERENCES caregiver (practice_id, id)
);
CREATE INDEX strain_check_by_caregiver ON strain_check (practice_id, caregiver_id, id);

DO $$
DECLARE
    walled text;
BEGIN
    FOREACH walled IN ARRAY ARRAY[
        'family_rule', 'unsafe_contact', 'invitation', 'errand', 'sync_point', 'strain_check']
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
    CREATE POLICY deletes ON sync_point FOR DELETE
        USING (practice_id = current_setting('engage.practice')::uuid);
    CREATE POLICY deletes ON strain_check FOR DELETE
        USING (practice_id = current_setting('engage.practice')::uuid);
END $$;

-- The link of an invitation is a credential of its own kind.
DO $$
DECLARE
    kinds text;
BEGIN
    SELECT string_agg(quote_literal(kind[1]), ', ') INTO kinds
    FROM pg_constraint c,
         regexp_matches(pg_get_constraintdef(c.oid), '''([a-z0-9-]+)''', 'g') AS kind
    WHERE c.conname = 'credential_kind_check' AND c.conrelid = 'credential'::regclass;
    ALTER TABLE credential DROP CONSTRAINT credential_kind_check;
    EXECUTE format(
        'ALTER TABLE credential ADD CONSTRAINT credential_kind_check CHECK (kind IN (
             %s, ''invitation''))', kinds);
END $$;
