-- By which ways a person is told outside the console, and what proved that a way works. A phone of one's
-- own and a browser belong to a person and to no practice, so they stand outside the wall, like what
-- people sign in by, and are reached through the functions of 02 alone, by exact key.

-- The phone that a member of staff is paged on. It is no patient's line: nothing here knows of lines.
CREATE TABLE staff_phone (
    staff_id uuid PRIMARY KEY,
    number_sealed bytea NOT NULL,
    set_at timestamptz NOT NULL
);

-- A browser that takes pushes: where the push service is told, and the keys that close what it is told.
CREATE TABLE push_subscription (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('staff', 'caregiver', 'patient')),
    person_id uuid NOT NULL,
    -- Staff are one identity over all practices.
    practice_id uuid,
    -- One browser is one subscription, and belongs to who signed in on it last.
    endpoint_hash bytea NOT NULL UNIQUE,
    service text NOT NULL,
    browser_sealed bytea NOT NULL,
    made_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_why text CHECK (ended_why IN ('removed', 'gone', 'too-many')),
    CHECK ((kind = 'staff') = (practice_id IS NULL)),
    CHECK ((ended_at IS NULL) = (ended_why IS NULL))
);
CREATE INDEX push_subscription_by_person ON push_subscription (person_id, made_at) WHERE ended_at IS NULL;

-- A test page, and that it came: who got it said its code.
CREATE TABLE page_test (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    staff_id uuid NOT NULL REFERENCES staff (id),
    channel text NOT NULL CHECK (channel IN ('email', 'sms', 'push')),
    code_hash bytea NOT NULL,
    sent_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    PRIMARY KEY (practice_id, id)
);
CREATE INDEX page_test_confirmed ON page_test (practice_id, channel, confirmed_at)
    WHERE confirmed_at IS NOT NULL;

DO $$
BEGIN
    ALTER TABLE page_test ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY reads ON page_test FOR SELECT
        USING (practice_id = ANY (current_setting('engage.practices')::uuid[]));
    CREATE POLICY inserts ON page_test FOR INSERT
        WITH CHECK (practice_id = current_setting('engage.practice')::uuid);
    CREATE POLICY updates ON page_test FOR UPDATE
        USING (practice_id = current_setting('engage.practice')::uuid)
        WITH CHECK (practice_id = current_setting('engage.practice')::uuid);
END $$;

ALTER TABLE page DROP CONSTRAINT page_channel_check;
ALTER TABLE page ADD CONSTRAINT page_channel_check CHECK (channel IN ('console', 'email', 'sms', 'push'));
