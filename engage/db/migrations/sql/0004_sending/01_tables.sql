-- Sending: how fast a number may text, what it has cost, what is wrong with a practice's account, and
-- what can still be taken back. See docs/decisions/0011.

-- How fast a number may text, and what is left of that now: a bucket that fills with time.
CREATE TABLE number_pace (
    practice_id uuid NOT NULL,
    number_id uuid NOT NULL,
    per_second double precision NOT NULL CHECK (per_second > 0),
    burst integer NOT NULL CHECK (burst > 0),
    per_day integer NOT NULL CHECK (per_day > 0),
    credit double precision NOT NULL,
    credited_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, number_id),
    FOREIGN KEY (practice_id, number_id) REFERENCES practice_number (practice_id, id)
);

-- What was spent: segments of a number on a day of the carriers' calendar.
CREATE TABLE sending_day (
    practice_id uuid NOT NULL,
    number_id uuid NOT NULL,
    day date NOT NULL,
    segments integer NOT NULL,
    PRIMARY KEY (practice_id, number_id, day),
    FOREIGN KEY (practice_id, number_id) REFERENCES practice_number (practice_id, id)
);
CREATE INDEX sending_day_by_day ON sending_day (practice_id, day);

-- One row per practice: the state of its account with the carrier, its caps, and how far the
-- reconciler has come.
CREATE TABLE sending (
    practice_id uuid PRIMARY KEY REFERENCES practice (id),
    effect text NOT NULL DEFAULT 'none' CHECK (effect IN ('none', 'slow-down', 'pause', 'stop')),
    error_code integer,
    since timestamptz,
    until_at timestamptz,
    slowed integer NOT NULL DEFAULT 0,
    segments_per_day integer CHECK (segments_per_day > 0),
    capped_on date,
    alarmed_on date,
    -- Less than two days, and the carrier may still be asked for the words of a text in doubt.
    redact_after_days integer CHECK (redact_after_days >= 2),
    redacted_to uuid,
    reconciled_to timestamptz,
    swept_to timestamptz
);

-- What somebody did and may still take back, with what it changed besides.
CREATE TABLE undo (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    staff_id uuid NOT NULL REFERENCES staff (id),
    until_at timestamptz NOT NULL,
    waiting jsonb NOT NULL,
    undone_at timestamptz,
    PRIMARY KEY (practice_id, id)
);

-- The reconciler asks for texts that left and never arrived: few rows, and short-lived where the
-- carriers give receipts.
CREATE INDEX message_under_way ON message (practice_id, id)
    WHERE direction = 'out' AND status IN ('accepted', 'sent');

DO $$
DECLARE
    walled text;
BEGIN
    FOREACH walled IN ARRAY ARRAY['number_pace', 'sending_day', 'sending', 'undo']
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
