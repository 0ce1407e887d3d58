-- Care: conversations and their timers, screenings and answers, flags and queue items.

CREATE TABLE screening (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    instrument text NOT NULL,
    instrument_version text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('sms', 'staff')),
    language text NOT NULL CHECK (language IN ('en', 'es')),
    status text NOT NULL CHECK (status IN ('in-progress', 'completed', 'stopped')),
    verdict jsonb,
    requested_by uuid REFERENCES staff (id),
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id)
);
CREATE INDEX screening_by_patient ON screening (practice_id, patient_id, id DESC);

-- An answer is never overwritten: the newest row of an item counts, the older ones stay readable.
CREATE TABLE answer (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    screening_id uuid NOT NULL,
    item text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('chosen', 'declined', 'did-not-know', 'not-asked')),
    option text,
    loinc text,
    message_id uuid,
    reporter text NOT NULL CHECK (reporter IN ('patient', 'caregiver', 'staff')),
    reporter_id uuid,
    at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, screening_id) REFERENCES screening (practice_id, id),
    CHECK ((kind = 'chosen') = (option IS NOT NULL))
);
CREATE INDEX answer_by_screening ON answer (practice_id, screening_id, item, id DESC);

CREATE TABLE conversation (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    thread_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    screening_id uuid,
    script text NOT NULL,
    language text NOT NULL CHECK (language IN ('en', 'es')),
    state jsonb NOT NULL,
    open boolean NOT NULL,
    started_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, thread_id) REFERENCES thread (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    FOREIGN KEY (practice_id, screening_id) REFERENCES screening (practice_id, id)
);
CREATE INDEX conversation_open ON conversation (practice_id, thread_id) WHERE open;

CREATE TABLE timer (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    name text NOT NULL,
    step integer NOT NULL,
    fires_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, conversation_id) REFERENCES conversation (practice_id, id)
);

CREATE TABLE queue_item (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    about_id uuid NOT NULL,
    patient_id uuid,
    line_id uuid,
    thread_id uuid,
    subject text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('routine', 'urgent', 'possible', 'crisis')),
    urgency integer NOT NULL GENERATED ALWAYS AS (
        CASE severity WHEN 'crisis' THEN 0 WHEN 'possible' THEN 1 WHEN 'urgent' THEN 2 ELSE 3 END
    ) STORED,
    status text NOT NULL CHECK (status IN ('ready', 'in-progress', 'completed', 'cancelled')),
    owner_id uuid NOT NULL REFERENCES staff (id),
    owner_why text NOT NULL,
    due_at timestamptz NOT NULL,
    opened_at timestamptz NOT NULL,
    waiting_since timestamptz,
    claimed_at timestamptz,
    first_touch_at timestamptz,
    closed_at timestamptz,
    closed_by uuid REFERENCES staff (id),
    outcome text,
    note_sealed bytea,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    FOREIGN KEY (practice_id, line_id) REFERENCES line (practice_id, id),
    FOREIGN KEY (practice_id, thread_id) REFERENCES thread (practice_id, id),
    CHECK ((closed_at IS NULL) = (status IN ('ready', 'in-progress'))),
    CHECK ((status = 'completed') = (outcome IS NOT NULL))
);
CREATE UNIQUE INDEX uq_one_open_item_per_episode
    ON queue_item (practice_id, about_id, subject) WHERE closed_at IS NULL;
CREATE INDEX queue_open ON queue_item (practice_id, urgency, due_at, id) WHERE closed_at IS NULL;
CREATE INDEX queue_open_by_owner
    ON queue_item (practice_id, owner_id, urgency, due_at, id) WHERE closed_at IS NULL;

CREATE INDEX queue_item_by_patient ON queue_item (practice_id, patient_id, id DESC);

CREATE TABLE flag (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    item_id uuid NOT NULL,
    patient_id uuid,
    reason text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('routine', 'urgent', 'possible', 'crisis')),
    rule text NOT NULL,
    source_id uuid NOT NULL,
    message_id uuid,
    at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, id),
    CONSTRAINT uq_flag_per_source_and_rule UNIQUE (practice_id, source_id, rule),
    FOREIGN KEY (practice_id, item_id) REFERENCES queue_item (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id)
);
CREATE INDEX flag_by_item ON flag (practice_id, item_id, id);
