-- Paging: who is told of work that can't wait, when, and who took it on. See docs/decisions/0016.

-- One row per item. The rules travel with it as a copy. next_at is the next step, or the end of an
-- acknowledgement; null when it is over. step counts the steps that were taken, through every round.
CREATE TABLE paging (
    practice_id uuid NOT NULL,
    item_id uuid NOT NULL,
    policy jsonb NOT NULL,
    step integer NOT NULL DEFAULT 0 CHECK (step >= 0),
    started_at timestamptz NOT NULL,
    next_at timestamptz,
    acknowledged_by uuid REFERENCES staff (id),
    acknowledged_at timestamptz,
    lease_until timestamptz,
    -- When a person last answered whom it is about.
    answered_at timestamptz,
    ended_at timestamptz,
    PRIMARY KEY (practice_id, item_id),
    FOREIGN KEY (practice_id, item_id) REFERENCES queue_item (practice_id, id),
    CHECK ((acknowledged_by IS NULL) = (acknowledged_at IS NULL)),
    CHECK ((acknowledged_by IS NULL) = (lease_until IS NULL)),
    CHECK ((next_at IS NULL) = (ended_at IS NOT NULL))
);

-- Each time somebody was told, by each way. Only what became of it changes.
CREATE TABLE page (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    item_id uuid NOT NULL,
    staff_id uuid NOT NULL REFERENCES staff (id),
    step integer NOT NULL,
    channel text NOT NULL CHECK (channel IN ('console', 'email')),
    why text NOT NULL,
    at timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('queued', 'sent', 'refused', 'withdrawn')),
    told_at timestamptz,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, item_id) REFERENCES paging (practice_id, item_id),
    CHECK ((status = 'sent') = (told_at IS NOT NULL))
);
CREATE INDEX page_by_item ON page (practice_id, item_id, id);

DO $$
DECLARE
    walled text;
BEGIN
    FOREACH walled IN ARRAY ARRAY['paging', 'page']
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

-- page: an item's next step. notify: a page that must leave by a channel.
ALTER TABLE due DROP CONSTRAINT due_kind_check;
ALTER TABLE due ADD CONSTRAINT due_kind_check CHECK (
    kind IN ('inbox', 'outbox', 'unknown', 'outcome', 'timer', 'account', 'reconcile', 'page',
             'notify'));
