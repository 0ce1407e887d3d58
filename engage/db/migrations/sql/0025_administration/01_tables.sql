-- What a practice's administrators set: its rules of escalation, who is on call, which wordings somebody
-- has signed for it, and what was changed from what to what. See docs/decisions/0024.

-- Counts the changes of what an administrator says about a practice, and of an organization by hand.
ALTER TABLE practice ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE organization ADD COLUMN version integer NOT NULL DEFAULT 1;

-- Who is told of work that can't wait: each version whole, by severity; the newest counts.
CREATE TABLE escalation_rules (
    practice_id uuid NOT NULL REFERENCES practice (id),
    version integer NOT NULL CHECK (version > 0),
    rules jsonb NOT NULL CHECK (rules ? 'crisis' AND rules ? 'possible'),
    set_by uuid NOT NULL REFERENCES staff (id),
    set_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, version)
);

-- Who is on call from when until when. Several at once are all told.
CREATE TABLE on_call (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    staff_id uuid NOT NULL REFERENCES staff (id),
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    set_by uuid NOT NULL REFERENCES staff (id),
    set_at timestamptz NOT NULL,
    removed_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (practice_id, id),
    CHECK (from_at < until_at)
);
CREATE INDEX on_call_by_end ON on_call (practice_id, until_at) WHERE removed_at IS NULL;

-- Somebody's word for exactly these words, by their hash: other words are not signed.
CREATE TABLE text_review (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    text_id text NOT NULL,
    language text NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    -- Who read the words: a clinician or a translator, not always somebody who signs in.
    reviewer text NOT NULL CHECK (reviewer <> ''),
    signed_by uuid NOT NULL REFERENCES staff (id),
    signed_at timestamptz NOT NULL,
    withdrawn_by uuid REFERENCES staff (id),
    withdrawn_at timestamptz,
    PRIMARY KEY (practice_id, id),
    CHECK ((withdrawn_by IS NULL) = (withdrawn_at IS NULL))
);
CREATE UNIQUE INDEX uq_text_review ON text_review (practice_id, text_id, language)
    WHERE withdrawn_at IS NULL;

-- What was set, from what to what: settings of a practice, roles, the rota. Nothing about a patient.
CREATE TABLE practice_change (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    staff_id uuid NOT NULL REFERENCES staff (id),
    about text NOT NULL CHECK (about IN (
        'practice', 'holidays', 'escalation', 'on-call', 'texts', 'staff', 'organization')),
    subject_id uuid NOT NULL,
    before jsonb NOT NULL,
    after jsonb NOT NULL,
    PRIMARY KEY (practice_id, id)
);

DO $$
DECLARE
    walled text;
BEGIN
    FOREACH walled IN ARRAY ARRAY['escalation_rules', 'on_call', 'text_review', 'practice_change']
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

-- Whoever begins to page for a practice takes its own rules along, whatever room they are in; where it
-- has none, those that the caller brought. What is under way keeps its copy.
CREATE FUNCTION paging_rules() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    own jsonb;
BEGIN
    SELECT r.rules -> (NEW.policy ->> 'severity') INTO own
    FROM escalation_rules r WHERE r.practice_id = NEW.practice_id
    ORDER BY r.version DESC LIMIT 1;
    NEW.policy := coalesce(own, NEW.policy);
    RETURN NEW;
END $$;
CREATE TRIGGER own_rules BEFORE INSERT ON paging FOR EACH ROW EXECUTE FUNCTION paging_rules();
