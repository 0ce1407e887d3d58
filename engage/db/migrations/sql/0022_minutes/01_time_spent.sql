-- How long somebody of the practice worked for a person, as they say themselves: whole minutes,
-- with a call or a visit, or when a piece of work is closed. Never changed, never guessed.
CREATE TABLE time_spent (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    patient_id uuid,
    item_id uuid,
    staff_id uuid NOT NULL REFERENCES staff (id),
    at timestamptz NOT NULL,
    activity text NOT NULL CHECK (activity IN ('phone', 'video', 'visit', 'work')),
    minutes smallint NOT NULL CHECK (minutes BETWEEN 1 AND 240),
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    FOREIGN KEY (practice_id, item_id) REFERENCES queue_item (practice_id, id),
    CHECK (patient_id IS NOT NULL OR item_id IS NOT NULL)
);
CREATE INDEX time_spent_by_moment ON time_spent (practice_id, at);
CREATE INDEX time_spent_by_item ON time_spent (practice_id, item_id) WHERE item_id IS NOT NULL;

ALTER TABLE time_spent ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reads ON time_spent FOR SELECT
    USING (practice_id = ANY (current_setting('engage.practices')::uuid[]));
CREATE POLICY inserts ON time_spent FOR INSERT
    WITH CHECK (practice_id = current_setting('engage.practice')::uuid);
CREATE POLICY updates ON time_spent FOR UPDATE
    USING (practice_id = current_setting('engage.practice')::uuid)
    WITH CHECK (practice_id = current_setting('engage.practice')::uuid);
