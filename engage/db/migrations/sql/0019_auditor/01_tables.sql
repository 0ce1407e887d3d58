-- The safety net: what the independent check found, and the canary that proves the way in.
-- See docs/decisions/0018.

-- What the check has found and somebody is told of: one row per practice and check, used again when
-- it comes back. Each time has an id of its own.
CREATE TABLE alarm (
    practice_id uuid NOT NULL REFERENCES practice (id),
    about text NOT NULL,
    id uuid NOT NULL,
    found_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    count integer NOT NULL CHECK (count > 0),
    -- When it became work, when an e-mail about it left, when it was no longer found, and when that
    -- was said.
    raised_at timestamptz,
    mailed_at timestamptz,
    cleared_at timestamptz,
    cleared_told_at timestamptz,
    PRIMARY KEY (practice_id, about)
);

-- The newest canary of a practice: a text that we post to our own public address, signed as the carrier
-- would sign it. Its turn is taken and undone, so this row is all that is left of it.
CREATE TABLE canary (
    practice_id uuid PRIMARY KEY REFERENCES practice (id),
    id uuid NOT NULL,
    sent_at timestamptz NOT NULL,
    recorded_at timestamptz,
    read_at timestamptz,
    decided_at timestamptz,
    -- When the last one was sent that went all the way.
    passed_at timestamptz
);

DO $$
DECLARE
    walled text;
BEGIN
    FOREACH walled IN ARRAY ARRAY['alarm', 'canary']
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
