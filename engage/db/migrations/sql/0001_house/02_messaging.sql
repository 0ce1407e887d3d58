-- Messaging: lines, threads, texts, receipts, consent, and the simulated carrier's ledger.
-- message is partitioned by the month inside its UUIDv7 id; receipts and text keys are not, because
-- sameness is for ever.

CREATE TABLE line (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    number_id uuid NOT NULL,
    phone_id uuid NOT NULL,
    opted_out_at timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, id),
    CONSTRAINT uq_line UNIQUE (practice_id, number_id, phone_id),
    FOREIGN KEY (practice_id, number_id) REFERENCES practice_number (practice_id, id),
    FOREIGN KEY (practice_id, phone_id) REFERENCES phone (practice_id, id)
);

CREATE TABLE thread (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    line_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, id),
    CONSTRAINT uq_thread UNIQUE (practice_id, line_id, patient_id),
    FOREIGN KEY (practice_id, line_id) REFERENCES line (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id)
);
CREATE INDEX thread_by_patient ON thread (practice_id, patient_id);

CREATE TABLE message (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    line_id uuid NOT NULL,
    thread_id uuid,
    conversation_id uuid,
    direction text NOT NULL CHECK (direction IN ('in', 'out')),
    author text NOT NULL CHECK (author IN ('patient', 'caregiver', 'unknown', 'staff', 'system')),
    author_id uuid,
    body_sealed bytea NOT NULL,
    text_id text,
    text_key text,
    prompt text,
    kind text NOT NULL CHECK (kind IN (
        'reply', 'check-in', 'screening', 'staff', 'consent', 'safety')),
    status text NOT NULL,
    status_reason text,
    carrier_sid text,
    error_code integer,
    segments integer,
    media_count integer NOT NULL DEFAULT 0,
    opt_out_type text,
    at timestamptz NOT NULL,
    sending_at timestamptz,
    status_at timestamptz,
    handled_at timestamptz,
    tries integer NOT NULL DEFAULT 0,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, line_id) REFERENCES line (practice_id, id),
    FOREIGN KEY (practice_id, thread_id) REFERENCES thread (practice_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX message_by_thread ON message (practice_id, thread_id, id DESC);
CREATE INDEX message_by_line ON message (practice_id, line_id, id DESC);
-- Texts of a line are read, and leave, in the order in which they came: few rows, short-lived.
CREATE INDEX message_unread ON message (practice_id, line_id, id)
    WHERE direction = 'in' AND handled_at IS NULL;
CREATE INDEX message_leaving ON message (practice_id, line_id, id)
    WHERE direction = 'out' AND status IN ('queued', 'sending');

-- One row per carrier id, for ever: a signed duplicate finds it and has no effect.
CREATE TABLE receipt (
    practice_id uuid NOT NULL REFERENCES practice (id),
    account_sid text NOT NULL,
    sid text NOT NULL,
    message_id uuid NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, account_sid, sid)
);

-- One row per text a conversation or a person's click may cause, for ever: no key is sent twice.
CREATE TABLE text_key (
    practice_id uuid NOT NULL REFERENCES practice (id),
    cause_id uuid NOT NULL,
    key text NOT NULL,
    message_id uuid NOT NULL,
    PRIMARY KEY (practice_id, cause_id, key)
);

CREATE TABLE delivery_report (
    practice_id uuid NOT NULL REFERENCES practice (id),
    message_id uuid NOT NULL,
    status text NOT NULL,
    error_code integer NOT NULL DEFAULT 0,
    at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, message_id, status, error_code)
);

CREATE TABLE consent_event (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    line_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('opted-out', 'opted-in')),
    how text NOT NULL,
    message_id uuid,
    staff_id uuid REFERENCES staff (id),
    at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, line_id) REFERENCES line (practice_id, id)
);

CREATE INDEX consent_event_by_line ON consent_event (practice_id, line_id, id DESC);

CREATE TABLE simulator_text (
    practice_id uuid NOT NULL REFERENCES practice (id),
    sid text NOT NULL,
    own_id text,
    from_number text NOT NULL,
    to_hash bytea NOT NULL,
    body_sealed bytea NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, sid)
);
CREATE INDEX simulator_text_by_to ON simulator_text (practice_id, to_hash, at);
