-- What carriers taught us of phones, texts that are sent once more, and what the ledger says of a
-- text that was read as somebody else's, or too late. See docs/decisions/0014 and 0017.

-- What is known against a phone; no row is nothing. `doubts` are the moments of its failures, one a
-- day at most, since it was last heard of.
CREATE TABLE phone_state (
    practice_id uuid NOT NULL,
    phone_id uuid NOT NULL,
    trouble text CHECK (trouble IN ('dead', 'landline', 'doubtful')),
    since timestamptz,
    error_code integer,
    doubts timestamptz[] NOT NULL DEFAULT '{}',
    -- When a person of the practice was told of this trouble.
    told_at timestamptz,
    PRIMARY KEY (practice_id, phone_id),
    FOREIGN KEY (practice_id, phone_id) REFERENCES phone (practice_id, id),
    CHECK ((trouble IS NULL) = (since IS NULL)),
    CHECK (told_at IS NULL OR trouble IS NOT NULL)
);
ALTER TABLE phone_state ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reads ON phone_state FOR SELECT
    USING (practice_id = ANY (current_setting('engage.practices')::uuid[]));
CREATE POLICY inserts ON phone_state FOR INSERT
    WITH CHECK (practice_id = current_setting('engage.practice')::uuid);
CREATE POLICY updates ON phone_state FOR UPDATE
    USING (practice_id = current_setting('engage.practice')::uuid)
    WITH CHECK (practice_id = current_setting('engage.practice')::uuid);

-- The carrier's id of a first attempt that did not arrive: from then on the text is the second one,
-- and of the first only "delivered after all" is news. What each attempt was reported as is kept.
ALTER TABLE message ADD COLUMN failed_sid text;
ALTER TABLE delivery_report
    ADD COLUMN attempt smallint NOT NULL DEFAULT 1 CHECK (attempt IN (1, 2)),
    DROP CONSTRAINT delivery_report_pkey,
    ADD PRIMARY KEY (practice_id, message_id, attempt, status, error_code);

ALTER TABLE consent_event
    DROP CONSTRAINT consent_event_kind_check,
    ADD CONSTRAINT consent_event_kind_check CHECK (kind IN (
        'opted-out', 'opted-in', 'suspected-opt-out', 'granted', 'declined', 'withdrawn',
        'asked', 'right-person', 'wrong-person', 'overtaken', 'works-again')),
    -- A correction is staff's too.
    DROP CONSTRAINT consent_event_reason_check,
    ADD CONSTRAINT consent_event_reason_check CHECK (
        how NOT IN ('staff', 'correction')
        OR (staff_id IS NOT NULL AND reason_sealed IS NOT NULL));
