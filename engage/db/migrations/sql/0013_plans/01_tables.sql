-- Check-in plans and what became of each occurrence, discharges, and attempts to reach somebody.

-- What is asked of a person again and again. next_at stands in `due` as well, as kind checkin, for as
-- long as the plan is active; thresholds are the person's own: {"weight.high": 185}.
CREATE TABLE check_in_plan (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    script text NOT NULL,
    cadence text NOT NULL,
    anchor text NOT NULL CHECK (anchor IN ('enrolment', 'discharge')),
    starts_on date NOT NULL,
    catch_up text NOT NULL CHECK (catch_up IN ('skip', 'ask-latest')),
    thresholds jsonb NOT NULL,
    -- The caregiver who answers for the person; null: they answer themselves.
    answerer_id uuid,
    status text NOT NULL CHECK (status IN ('active', 'paused', 'ended')),
    paused_until timestamptz,
    next_at timestamptz,
    -- Null: a discharge began it.
    created_by uuid REFERENCES staff (id),
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    FOREIGN KEY (practice_id, answerer_id) REFERENCES caregiver (practice_id, id),
    CHECK ((status = 'ended') = (ended_at IS NOT NULL)),
    CHECK (status = 'paused' OR paused_until IS NULL),
    CHECK (status <> 'ended' OR next_at IS NULL)
);
CREATE INDEX check_in_plan_by_patient ON check_in_plan (practice_id, patient_id, id DESC);

-- One occurrence. What was asked is a screening; what was not says why.
CREATE TABLE check_in (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    plan_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    occurrence timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('planned', 'proxy')),
    status text NOT NULL CHECK (status IN ('asked', 'missed', 'skipped')),
    why text,
    screening_id uuid,
    at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, id),
    CONSTRAINT uq_check_in_per_occurrence UNIQUE (practice_id, plan_id, occurrence),
    FOREIGN KEY (practice_id, plan_id) REFERENCES check_in_plan (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    FOREIGN KEY (practice_id, screening_id) REFERENCES screening (practice_id, id),
    CHECK (status <> 'asked' OR screening_id IS NOT NULL),
    CHECK ((status = 'asked') = (why IS NULL))
);
CREATE INDEX check_in_by_patient ON check_in (practice_id, patient_id, id DESC);
CREATE INDEX check_in_by_screening ON check_in (practice_id, screening_id)
    WHERE screening_id IS NOT NULL;

-- A stay in hospital, as far as somebody told us.
CREATE TABLE discharge (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    external_id text NOT NULL,
    facility text NOT NULL,
    discharged_at timestamptz,
    admitted_at timestamptz,
    status text NOT NULL CHECK (status IN ('planned', 'discharged', 'cancelled')),
    source text NOT NULL CHECK (source IN ('api', 'csv', 'hl7')),
    message_control_id text,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (practice_id, id),
    CONSTRAINT uq_discharge UNIQUE (practice_id, facility, external_id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    CHECK (status <> 'discharged' OR discharged_at IS NOT NULL)
);
CREATE INDEX discharge_by_patient ON discharge (practice_id, patient_id, discharged_at DESC);

-- Somebody of the practice tried to reach a person, or was reached. Never changed.
CREATE TABLE contact_attempt (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    item_id uuid,
    staff_id uuid NOT NULL REFERENCES staff (id),
    at timestamptz NOT NULL,
    channel text NOT NULL CHECK (channel <> ''),
    direction text NOT NULL CHECK (direction IN ('out', 'in')),
    outcome text NOT NULL CHECK (outcome <> ''),
    note_sealed bytea,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    FOREIGN KEY (practice_id, item_id) REFERENCES queue_item (practice_id, id)
);
CREATE INDEX contact_attempt_by_patient ON contact_attempt (practice_id, patient_id, id DESC);
CREATE INDEX contact_attempt_by_item ON contact_attempt (practice_id, item_id, id)
    WHERE item_id IS NOT NULL;

-- What the rules said of a check-in's answers is found without its work item.
CREATE INDEX flag_of_check_in ON flag (practice_id, patient_id, at) WHERE rule LIKE 'checkin/%';

DO $$
DECLARE
    walled text;
BEGIN
    FOREACH walled IN ARRAY ARRAY['check_in_plan', 'check_in', 'discharge', 'contact_attempt']
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

-- An answer may be a number: its digits stand where an option's key would.
ALTER TABLE answer
    DROP CONSTRAINT answer_kind_check,
    DROP CONSTRAINT answer_check,
    ADD CONSTRAINT answer_kind_check CHECK (
        kind IN ('chosen', 'measured', 'declined', 'did-not-know', 'not-asked')),
    ADD CONSTRAINT answer_check CHECK ((kind IN ('chosen', 'measured')) = (option IS NOT NULL));

-- checkin: a plan's next occurrence. The steps before this one may have brought kinds of their own.
DO $$
DECLARE
    kinds text;
BEGIN
    SELECT string_agg(quote_literal(kind[1]), ', ') INTO kinds
    FROM pg_constraint c,
         regexp_matches(pg_get_constraintdef(c.oid), '''([a-z-]+)''', 'g') AS kind
    WHERE c.conname = 'due_kind_check' AND c.conrelid = 'due'::regclass;
    ALTER TABLE due DROP CONSTRAINT due_kind_check;
    EXECUTE format(
        'ALTER TABLE due ADD CONSTRAINT due_kind_check CHECK (kind IN (%s, ''checkin''))', kinds);
END $$;
