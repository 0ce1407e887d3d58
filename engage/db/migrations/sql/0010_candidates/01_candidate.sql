-- A reply that somebody of the practice says was read wrongly, with what it says that they would have
-- read. Its words are kept a second time, de-identified and sealed; they leave the practice only
-- after somebody who directs the work has approved exactly these words.
CREATE TABLE candidate (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    item_id uuid NOT NULL,
    message_id uuid NOT NULL,
    words_sealed bytea NOT NULL,
    language text NOT NULL CHECK (language IN ('en', 'es')),
    context text NOT NULL,
    labels text[] NOT NULL CHECK (cardinality(labels) > 0),
    urgency text NOT NULL CHECK (urgency IN ('none', 'routine', 'urgent', 'emergency')),
    -- What the reader said, and which reader.
    tier_was text NOT NULL CHECK (tier_was IN ('none', 'possible', 'emergency')),
    labels_were text[] NOT NULL,
    reader_version text NOT NULL,
    proposed_by uuid NOT NULL REFERENCES staff (id),
    proposed_at timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'proposed' CHECK (status IN ('proposed', 'approved', 'rejected')),
    decided_by uuid REFERENCES staff (id),
    decided_at timestamptz,
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, message_id),
    FOREIGN KEY (practice_id, item_id) REFERENCES queue_item (practice_id, id),
    CHECK ((status = 'proposed') = (decided_at IS NULL)),
    CHECK ((decided_at IS NULL) = (decided_by IS NULL))
);
CREATE INDEX candidate_by_status ON candidate (practice_id, status, id);

DO $$
BEGIN
    EXECUTE 'ALTER TABLE candidate ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY';
    EXECUTE 'CREATE POLICY reads ON candidate FOR SELECT
             USING (practice_id = ANY (current_setting(''engage.practices'')::uuid[]))';
    EXECUTE 'CREATE POLICY inserts ON candidate FOR INSERT
             WITH CHECK (practice_id = current_setting(''engage.practice'')::uuid)';
    EXECUTE 'CREATE POLICY updates ON candidate FOR UPDATE
             USING (practice_id = current_setting(''engage.practice'')::uuid)
             WITH CHECK (practice_id = current_setting(''engage.practice'')::uuid)';
END $$;
