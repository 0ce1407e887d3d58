-- Free times that people choose among, and what is asked and told about a visit. Two people can't have
-- one slot: times of one schedule never overlap, and a slot holds one visit.

-- Ships with PostgreSQL and is trusted: whoever owns the database may create it. In a schema that no
-- login may use, its functions are nobody's to call; the constraint needs no leave.
CREATE SCHEMA extension;
CREATE EXTENSION btree_gist SCHEMA extension;

-- Who sees people somewhere, as FHIR's Schedule.
CREATE TABLE schedule (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    place_id uuid NOT NULL,
    -- As staff call it; no text has it.
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    -- How to get ready, in the words that a person reads; empty: nothing.
    prepare_en text NOT NULL DEFAULT '' CHECK (length(prepare_en) <= 300),
    prepare_es text NOT NULL DEFAULT '' CHECK (length(prepare_es) <= 300),
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, place_id) REFERENCES place (practice_id, id)
);

CREATE TABLE slot (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    schedule_id uuid NOT NULL,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN (
        'free', 'busy', 'busy-unavailable', 'busy-tentative', 'entered-in-error')),
    -- Offered to somebody, for some minutes.
    held_for uuid,
    held_until timestamptz,
    appointment_id uuid,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, schedule_id) REFERENCES schedule (practice_id, id),
    FOREIGN KEY (practice_id, held_for) REFERENCES patient (practice_id, id),
    FOREIGN KEY (practice_id, appointment_id) REFERENCES appointment (practice_id, id),
    CONSTRAINT slot_has_a_length CHECK (end_at > start_at AND end_at <= start_at + interval '1 day'),
    CONSTRAINT slot_taken CHECK ((status = 'busy') = (appointment_id IS NOT NULL)),
    CONSTRAINT slot_held CHECK (
        (status = 'busy-tentative') = (held_for IS NOT NULL)
        AND (held_for IS NULL) = (held_until IS NULL)),
    CONSTRAINT slot_alone EXCLUDE USING gist (
        practice_id WITH =, schedule_id WITH =, tstzrange(start_at, end_at) WITH &&)
        WHERE (status <> 'entered-in-error')
);
CREATE UNIQUE INDEX slot_of_visit ON slot (practice_id, appointment_id) WHERE appointment_id IS NOT NULL;
CREATE INDEX slot_by_start ON slot (practice_id, schedule_id, start_at, id);

-- What the person said of it, as FHIR's participant.status; and the version of its calendar entry.
ALTER TABLE appointment
    ADD COLUMN answer text NOT NULL DEFAULT 'needs-action' CHECK (answer IN (
        'needs-action', 'accepted', 'declined', 'tentative')),
    ADD COLUMN answered_at timestamptz,
    ADD COLUMN answered_by text CHECK (answered_by IN ('patient', 'caregiver', 'staff')),
    ADD COLUMN schedule_id uuid,
    ADD COLUMN sequence integer NOT NULL DEFAULT 0,
    -- Where a visit by video is: whoever has the address is in.
    ADD COLUMN telehealth_sealed bytea,
    ADD CONSTRAINT appointment_answered CHECK ((answer = 'needs-action') = (answered_at IS NULL)
        AND (answered_at IS NULL) = (answered_by IS NULL));
SELECT set_config('engage.practices', '{}', true);
ALTER TABLE appointment
    ADD FOREIGN KEY (practice_id, schedule_id) REFERENCES schedule (practice_id, id);
ALTER TABLE appointment_event DROP CONSTRAINT appointment_event_act_check;
ALTER TABLE appointment_event ADD CONSTRAINT appointment_event_act_check
    CHECK (act IN ('create', 'move', 'status', 'hear', 'answer'));
ALTER TABLE appointment_event ADD COLUMN answer text CHECK (answer IN (
    'needs-action', 'accepted', 'declined', 'tentative'));
