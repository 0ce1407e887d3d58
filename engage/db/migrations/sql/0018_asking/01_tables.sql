-- Asking again: screenings that come round, letters to organizations, and whether what was arranged
-- came. Of each there is one row that waits in `due`; nothing here is ever found by a scan.

-- How a practice wants some of it: whether the first text of a screening names its page, and after how
-- many business days an organization that has not moved hears of it.
ALTER TABLE practice
    ADD COLUMN links_in_texts boolean NOT NULL DEFAULT false,
    ADD COLUMN chase_after_days smallint NOT NULL DEFAULT 3 CHECK (chase_after_days BETWEEN 1 AND 30);

-- How often a practice asks an instrument again, and how long it leaves alone who did not want it.
CREATE TABLE rescreen_rule (
    practice_id uuid NOT NULL REFERENCES practice (id),
    instrument text NOT NULL,
    every_months smallint NOT NULL CHECK (every_months BETWEEN 1 AND 60),
    -- So many days after a discharge, if that is sooner; null: a discharge changes nothing.
    after_discharge_days smallint CHECK (after_discharge_days BETWEEN 0 AND 90),
    declined_months smallint NOT NULL CHECK (declined_months BETWEEN 1 AND 60),
    active boolean NOT NULL,
    set_by uuid NOT NULL REFERENCES staff (id),
    set_at timestamptz NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (practice_id, instrument),
    -- Whoever declined is left alone for longer, never for less.
    CONSTRAINT rescreen_declined_longer CHECK (declined_months >= every_months)
);

-- When one person is asked one instrument again.
CREATE TABLE rescreen (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    instrument text NOT NULL,
    status text NOT NULL CHECK (status IN ('waiting', 'paused')),
    next_at timestamptz,
    -- Why then: the interval, a discharge, a no that is respected, a member of staff…
    why text NOT NULL CHECK (why IN (
        'interval', 'discharge', 'declined', 'by-staff', 'screening-open', 'by-hand', 'not-in-care')),
    -- The end of the last one, from which the interval counts.
    counts_from timestamptz,
    changed_at timestamptz NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (practice_id, id),
    CONSTRAINT uq_rescreen UNIQUE (practice_id, patient_id, instrument),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id)
);

-- A letter by e-mail to an organization: that its page waits. Recorded before it leaves; one whose fate
-- nobody knows is not sent again by itself.
CREATE TABLE letter (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    referral_id uuid NOT NULL,
    what text NOT NULL CHECK (what IN ('ask', 'remind')),
    status text NOT NULL CHECK (status IN (
        'queued', 'sending', 'sent', 'refused', 'unknown', 'withdrawn')),
    why text,
    at timestamptz NOT NULL,
    status_at timestamptz NOT NULL,
    tries smallint NOT NULL,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, referral_id) REFERENCES referral (practice_id, id)
);
CREATE INDEX letter_by_referral ON letter (practice_id, referral_id, id);

-- Whether what was arranged came: asked of the person, once, and once more if it had not come yet.
CREATE TABLE closing (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    domain text NOT NULL,
    source text NOT NULL CHECK (source IN ('referral', 'ride', 'food-box')),
    source_id uuid NOT NULL,
    status text NOT NULL CHECK (status IN (
        'waiting', 'asked', 'came', 'not-came', 'by-hand', 'called-off')),
    ask_at timestamptz NOT NULL,
    asked smallint NOT NULL CHECK (asked BETWEEN 0 AND 2),
    conversation_id uuid,
    answered_at timestamptz,
    answered_by text CHECK (answered_by IN ('patient', 'caregiver')),
    message_id uuid,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, id),
    CONSTRAINT uq_closing UNIQUE (practice_id, source, source_id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id)
);
CREATE INDEX closing_by_patient ON closing (practice_id, patient_id, id);
CREATE INDEX closing_by_conversation ON closing (practice_id, conversation_id)
    WHERE conversation_id IS NOT NULL;

DO $$
DECLARE
    walled text;
BEGIN
    FOREACH walled IN ARRAY ARRAY['rescreen_rule', 'rescreen', 'letter', 'closing']
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

-- rescreen: a person is asked again. referral: one that has not moved. letter: an e-mail that waits.
-- closing: a person is asked whether it came.
DO $$
DECLARE
    kinds text;
BEGIN
    SELECT string_agg(quote_literal(kind[1]), ', ') INTO kinds
    FROM pg_constraint c,
         regexp_matches(pg_get_constraintdef(c.oid), '''([a-z0-9-]+)''', 'g') AS kind
    WHERE c.conname = 'due_kind_check' AND c.conrelid = 'due'::regclass;
    ALTER TABLE due DROP CONSTRAINT due_kind_check;
    EXECUTE format(
        'ALTER TABLE due ADD CONSTRAINT due_kind_check CHECK (kind IN (
             %s, ''rescreen'', ''referral'', ''letter'', ''closing''))', kinds);
END $$;

-- What is next due about a referral: as it will be done, and as it is shown.
ALTER TABLE referral
    ADD COLUMN next_at timestamptz,
    ADD COLUMN next_what text CHECK (next_what IN ('remind', 'call', 'ask-patient')),
    ADD CONSTRAINT referral_next CHECK ((next_at IS NULL) = (next_what IS NULL));
