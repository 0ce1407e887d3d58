-- A record that only those who care for the person may open (FHIR confidentiality R), and since when.
CREATE TABLE restriction (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    reason text NOT NULL CHECK (reason IN (
        'colleague', 'colleagues-family', 'public-person', 'own-wish')),
    set_by uuid NOT NULL REFERENCES staff (id),
    set_at timestamptz NOT NULL,
    lifted_by uuid REFERENCES staff (id),
    lifted_at timestamptz,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    CHECK ((lifted_by IS NULL) = (lifted_at IS NULL))
);
CREATE UNIQUE INDEX uq_restricted_once ON restriction (practice_id, patient_id)
    WHERE lifted_at IS NULL;

-- Somebody who is not theirs opened it, and said why.
CREATE TABLE glass (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    staff_id uuid NOT NULL REFERENCES staff (id),
    reason text NOT NULL CHECK (reason IN (
        'treatment', 'emergency', 'patient-asked', 'oversight', 'other', 'crisis')),
    words_sealed bytea,
    opened_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    acknowledged_by uuid REFERENCES staff (id),
    acknowledged_at timestamptz,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    -- No setting, no role and no request makes it another hour.
    CHECK (until_at = opened_at + interval '60 minutes'),
    CHECK ((acknowledged_by IS NULL) = (acknowledged_at IS NULL)),
    -- Nobody acknowledges themselves.
    CHECK (acknowledged_by <> staff_id)
);
CREATE INDEX glass_of_reader ON glass (practice_id, staff_id, patient_id, until_at);

-- Whom we told of it, by which way, and what became of that.
CREATE TABLE glass_notice (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    glass_id uuid NOT NULL,
    staff_id uuid NOT NULL REFERENCES staff (id),
    channel text NOT NULL CHECK (channel IN ('console', 'email', 'sms', 'push')),
    at timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('queued', 'sent', 'refused', 'withdrawn')),
    told_at timestamptz,
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, glass_id, staff_id, channel),
    FOREIGN KEY (practice_id, glass_id) REFERENCES glass (practice_id, id),
    CHECK ((status = 'sent') = (told_at IS NOT NULL))
);

-- Every request for a restricted record, written before it is read; the refused ones too.
CREATE TABLE restricted_read (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    staff_id uuid NOT NULL REFERENCES staff (id),
    at timestamptz NOT NULL,
    operation text NOT NULL,
    way text NOT NULL CHECK (way IN (
        'assigned', 'cover', 'owner', 'paged', 'care-team', 'break-glass', 'claim', 'refused')),
    glass_id uuid,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    FOREIGN KEY (practice_id, glass_id) REFERENCES glass (practice_id, id),
    CHECK ((way = 'break-glass') = (glass_id IS NOT NULL))
);
CREATE INDEX restricted_read_by_patient ON restricted_read (practice_id, patient_id, id);
CREATE INDEX restricted_read_by_glass ON restricted_read (practice_id, glass_id)
    WHERE glass_id IS NOT NULL;

DO $$
DECLARE
    walled text;
BEGIN
    FOREACH walled IN ARRAY ARRAY['restriction', 'glass', 'glass_notice', 'restricted_read']
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
