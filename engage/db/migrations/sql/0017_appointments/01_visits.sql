-- Visits and their places. Of each thing that is known of a visit the newest word counts (`said`), so
-- that a late or repeated message of a clinic changes nothing; what was said is added to a history.

CREATE TABLE place (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    -- As the clinic's own messages name it.
    external_id text CHECK (length(external_id) BETWEEN 1 AND 80),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    address_sealed bytea NOT NULL,
    zone text NOT NULL,
    -- What to bring, in the words that a person reads.
    bring text NOT NULL CHECK (length(bring) <= 300),
    created_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (practice_id, id),
    CONSTRAINT uq_place_external_id UNIQUE (practice_id, external_id)
);
CREATE INDEX place_by_name ON place (practice_id, name, id);

CREATE TABLE appointment (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    place_id uuid,
    status text NOT NULL CHECK (status IN (
        'proposed', 'pending', 'booked', 'arrived', 'checked-in', 'fulfilled', 'noshow', 'cancelled',
        'waitlist', 'entered-in-error')),
    start_at timestamptz,
    end_at timestamptz,
    -- Of the place; of the practice where there is none.
    zone text NOT NULL,
    -- What it is for, in words: "dialysis".
    what_sealed bytea,
    reason text CHECK (reason IN (
        'patient', 'patient-online', 'provider', 'ride', 'work', 'felt-ill', 'forgot', 'other')),
    -- The ids that asking and scheduling system gave it.
    placer text CHECK (length(placer) BETWEEN 1 AND 80),
    filler text CHECK (length(filler) BETWEEN 1 AND 80),
    said jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (practice_id, id),
    CONSTRAINT uq_appointment_filler UNIQUE (practice_id, filler),
    CONSTRAINT uq_appointment_placer UNIQUE (practice_id, placer),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    FOREIGN KEY (practice_id, place_id) REFERENCES place (practice_id, id),
    -- FHIR app-2, app-3 and app-4.
    CONSTRAINT appointment_both_ends CHECK ((start_at IS NULL) = (end_at IS NULL) AND end_at > start_at),
    CONSTRAINT appointment_timed CHECK (
        start_at IS NOT NULL
        OR status IN ('proposed', 'waitlist', 'cancelled', 'entered-in-error')),
    CONSTRAINT appointment_reasoned CHECK (reason IS NULL OR status IN ('cancelled', 'noshow'))
);
CREATE INDEX appointment_by_patient ON appointment (practice_id, patient_id, start_at);
CREATE INDEX appointment_by_start ON appointment (practice_id, start_at, id);

CREATE TABLE appointment_event (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    appointment_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    act text NOT NULL CHECK (act IN ('create', 'move', 'status', 'hear')),
    -- False: an older word, which is kept and changed nothing.
    applied boolean NOT NULL,
    -- How the visit stood after it.
    status text NOT NULL,
    start_at timestamptz,
    end_at timestamptz,
    place_id uuid,
    reason text,
    at timestamptz NOT NULL,
    by text NOT NULL CHECK (by IN ('staff', 'clinic', 'patient', 'caregiver')),
    by_id uuid,
    note_sealed bytea,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, appointment_id) REFERENCES appointment (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id)
);
CREATE INDEX appointment_event_by_visit ON appointment_event (practice_id, appointment_id, id);
CREATE INDEX appointment_event_by_patient ON appointment_event (practice_id, patient_id, id);

-- The visit that a piece of work must be done before. A new key reads the table, through its wall; the
-- column is new, so there is nothing to be seen.
SELECT set_config('engage.practices', '{}', true);
ALTER TABLE queue_item
    ADD COLUMN appointment_id uuid,
    ADD FOREIGN KEY (practice_id, appointment_id) REFERENCES appointment (practice_id, id);
