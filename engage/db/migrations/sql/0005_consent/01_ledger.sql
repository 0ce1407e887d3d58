-- Consent: a ledger per line and per person and purpose. See docs/decisions/0014.

-- The wall stands aside for the owner, here only: a new reference is checked by reading both tables.
ALTER TABLE consent_event NO FORCE ROW LEVEL SECURITY;
ALTER TABLE patient NO FORCE ROW LEVEL SECURITY;
ALTER TABLE phone NO FORCE ROW LEVEL SECURITY;

ALTER TABLE consent_event
    ALTER COLUMN line_id DROP NOT NULL,
    -- Whose; null where it is the phone's, whoever holds it.
    ADD COLUMN patient_id uuid,
    ADD COLUMN phone_id uuid,
    -- What the texts are about; null is everything.
    ADD COLUMN purpose text CHECK (purpose IN ('care-texts', 'screenings', 'check-ins', 'visits')),
    ADD COLUMN scope text NOT NULL DEFAULT 'all' CHECK (scope IN ('all', 'programme')),
    ADD COLUMN actor text NOT NULL DEFAULT 'person'
        CHECK (actor IN ('person', 'staff', 'carrier', 'system')),
    -- Exactly which words were answered.
    ADD COLUMN wording_id text,
    ADD COLUMN wording_version text,
    ADD COLUMN wording_language text CHECK (wording_language IN ('en', 'es')),
    ADD COLUMN reason_sealed bytea,
    DROP CONSTRAINT consent_event_kind_check,
    ADD CONSTRAINT consent_event_kind_check CHECK (kind IN (
        'opted-out', 'opted-in', 'suspected-opt-out', 'granted', 'declined', 'withdrawn',
        'asked', 'right-person', 'wrong-person')),
    ADD CONSTRAINT consent_event_whose_check CHECK (line_id IS NOT NULL OR patient_id IS NOT NULL),
    ADD CONSTRAINT consent_event_programme_check CHECK (purpose IS NOT NULL OR scope = 'all'),
    ADD CONSTRAINT consent_event_words_check CHECK (
        (wording_id IS NULL) = (wording_version IS NULL)
        AND (wording_id IS NULL) = (wording_language IS NULL)),
    -- What staff say in a person's name stands with their name and their reason.
    ADD CONSTRAINT consent_event_reason_check CHECK (
        how <> 'staff' OR (staff_id IS NOT NULL AND reason_sealed IS NOT NULL)),
    ADD CONSTRAINT consent_event_patient_fkey
        FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    ADD CONSTRAINT consent_event_phone_fkey
        FOREIGN KEY (practice_id, phone_id) REFERENCES phone (practice_id, id);
CREATE INDEX consent_event_by_patient ON consent_event (practice_id, patient_id, id DESC)
    WHERE patient_id IS NOT NULL;

-- When the person on the phone said that they are who we take them for, or staff made sure.
ALTER TABLE line ADD COLUMN verified_at timestamptz;

ALTER TABLE message
    DROP CONSTRAINT message_kind_check,
    ADD CONSTRAINT message_kind_check CHECK (kind IN (
        'safety', 'consent', 'reply', 'right-person', 'staff', 'visit-3h', 'visit-2d', 'discharge',
        'check-in', 'screening', 'nudge'));

-- What was the carrier's evidence keeps its author.
UPDATE consent_event SET actor = CASE WHEN how = 'carrier' THEN 'carrier' ELSE 'staff' END
WHERE how = 'carrier' OR staff_id IS NOT NULL;

ALTER TABLE consent_event FORCE ROW LEVEL SECURITY;
ALTER TABLE patient FORCE ROW LEVEL SECURITY;
ALTER TABLE phone FORCE ROW LEVEL SECURITY;
