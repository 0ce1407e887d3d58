-- Needs and referrals. A need is an episode: a risk that answers showed, and what became of it. What
-- happened to either is added to its history, never changed.

CREATE TABLE need (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    domain text NOT NULL,
    episode integer NOT NULL CHECK (episode > 0),
    status text NOT NULL CHECK (status IN (
        'risk', 'wanted', 'in-progress', 'completed', 'confirmed', 'declined', 'reopened')),
    severity text NOT NULL CHECK (severity IN ('routine', 'urgent', 'possible', 'crisis')),
    opened_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    -- What the person wants help with first.
    first boolean NOT NULL,
    -- Codes that a person accepted: [{"system", "code", "display"}].
    codes jsonb NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, patient_id, domain, episode),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id)
);
CREATE UNIQUE INDEX uq_one_open_episode ON need (practice_id, patient_id, domain)
    WHERE status NOT IN ('confirmed', 'declined');

CREATE TABLE referral (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    need_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    service_id uuid,
    status text NOT NULL CHECK (status IN (
        'requested', 'received', 'accepted', 'rejected', 'in-progress', 'on-hold', 'cancelled',
        'failed', 'completed')),
    business text CHECK (business IN ('waitlist', 'no-capacity', 'patient-will-call')),
    way text NOT NULL CHECK (way IN ('page', 'staff', 'self')),
    -- What the organization is asked, in the words of the member of staff.
    asked_sealed bytea NOT NULL,
    requested_by uuid NOT NULL REFERENCES staff (id),
    requested_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    consent_at timestamptz,
    consent_how text CHECK (consent_how IN ('verbal', 'written')),
    consent_by uuid REFERENCES staff (id),
    -- Whether the organization may have the phone number.
    shares_phone boolean NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, need_id) REFERENCES need (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    FOREIGN KEY (practice_id, organization_id) REFERENCES organization (practice_id, id),
    FOREIGN KEY (practice_id, service_id) REFERENCES service (practice_id, id),
    -- Nobody's name leaves the practice without a consent that somebody recorded.
    CONSTRAINT referral_shared_with_consent CHECK (
        (consent_at IS NULL) = (consent_how IS NULL) AND (consent_at IS NULL) = (consent_by IS NULL)
        AND (way = 'self' OR consent_at IS NOT NULL) AND (consent_at IS NOT NULL OR NOT shares_phone))
);
CREATE INDEX referral_by_need ON referral (practice_id, need_id);
CREATE INDEX referral_by_patient ON referral (practice_id, patient_id);

CREATE TABLE need_event (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    need_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    act text NOT NULL CHECK (act IN (
        'find', 'want', 'decline', 'begin', 'fall-through', 'complete', 'confirm', 'reopen', 'code')),
    status text NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL CHECK (by IN ('patient', 'caregiver', 'staff', 'organization', 'system')),
    by_id uuid,
    rule text,
    rule_version text,
    answer_id uuid,
    message_id uuid,
    referral_id uuid,
    reason_sealed bytea,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, need_id) REFERENCES need (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    FOREIGN KEY (practice_id, answer_id) REFERENCES answer (practice_id, id),
    FOREIGN KEY (practice_id, referral_id) REFERENCES referral (practice_id, id)
);
CREATE INDEX need_event_by_need ON need_event (practice_id, need_id, id);

CREATE TABLE referral_event (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    referral_id uuid NOT NULL,
    status text NOT NULL,
    business text,
    at timestamptz NOT NULL,
    by text NOT NULL CHECK (by IN ('requester', 'target', 'patient')),
    by_id uuid,
    reason text,
    note_sealed bytea,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, referral_id) REFERENCES referral (practice_id, id)
);
CREATE INDEX referral_event_by_referral ON referral_event (practice_id, referral_id, id);

DO $$
DECLARE
    walled text;
BEGIN
    FOREACH walled IN ARRAY ARRAY[
        'organization', 'service', 'need', 'need_event', 'referral', 'referral_event']
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
