-- Reminders, what conversations about visits are about, the waiting list, and whose times come first.

-- When a practice reminds; no row: 7 and 2 days and 3 hours before, how to get ready a day before.
CREATE TABLE reminder_rule (
    practice_id uuid NOT NULL REFERENCES practice (id),
    hours_before integer[] NOT NULL CHECK (
        cardinality(hours_before) BETWEEN 0 AND 5 AND 1 <= ALL (hours_before) AND 720 >= ALL (hours_before)),
    prepare_hours integer NOT NULL CHECK (prepare_hours BETWEEN 0 AND 168),
    -- To so many people at a time a free slot is offered.
    offer_to smallint NOT NULL CHECK (offer_to BETWEEN 0 AND 50),
    set_by uuid NOT NULL REFERENCES staff (id),
    set_at timestamptz NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (practice_id)
);

-- What was asked or told about a visit, and for which time: a moved visit begins anew.
CREATE TABLE visit_notice (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    appointment_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    -- Hours before ("168"), or what else it was.
    step text NOT NULL CHECK (step ~ '^([1-9][0-9]{0,2}|prepare|missed)$'),
    start_at timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('asked', 'told', 'skipped')),
    why text,
    conversation_id uuid,
    at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, appointment_id) REFERENCES appointment (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id)
);
CREATE INDEX visit_notice_by_visit ON visit_notice (practice_id, appointment_id, id);
CREATE INDEX visit_notice_by_patient ON visit_notice (practice_id, patient_id, id);

-- What a conversation about visits is about: numbers in its texts stand for these.
CREATE TABLE visit_talk (
    practice_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN (
        'remind', 'which', 'change', 'echo', 'offer', 'missed', 'ride')),
    -- In the order of the numbers.
    appointment_ids uuid[] NOT NULL,
    slot_ids uuid[] NOT NULL,
    -- The time that somebody asked for in words.
    proposed_at timestamptz,
    at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, conversation_id),
    FOREIGN KEY (practice_id, conversation_id) REFERENCES conversation (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id)
);
CREATE INDEX visit_talk_by_patient ON visit_talk (practice_id, patient_id, conversation_id);

-- Who would come sooner, or at all, if a time becomes free.
CREATE TABLE waiting (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    -- The visit that they have and would like earlier; null: they have none.
    appointment_id uuid,
    schedule_id uuid NOT NULL,
    from_day date NOT NULL,
    until_day date NOT NULL,
    status text NOT NULL CHECK (status IN ('waiting', 'won', 'left')),
    since timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    FOREIGN KEY (practice_id, appointment_id) REFERENCES appointment (practice_id, id),
    FOREIGN KEY (practice_id, schedule_id) REFERENCES schedule (practice_id, id),
    CONSTRAINT waiting_for_days CHECK (until_day >= from_day)
);
CREATE UNIQUE INDEX waiting_once ON waiting (practice_id, patient_id, schedule_id)
    WHERE status = 'waiting';
CREATE INDEX waiting_by_schedule ON waiting (practice_id, schedule_id, since, id)
    WHERE status = 'waiting';

CREATE TABLE slot_offer (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    slot_id uuid NOT NULL,
    waiting_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    conversation_id uuid,
    status text NOT NULL CHECK (status IN (
        'offered', 'won', 'lost', 'declined', 'lapsed', 'unreachable')),
    at timestamptz NOT NULL,
    answered_at timestamptz,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, slot_id) REFERENCES slot (practice_id, id),
    FOREIGN KEY (practice_id, waiting_id) REFERENCES waiting (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id)
);
-- One slot is offered to one person once, and given to one.
CREATE UNIQUE INDEX slot_offer_won ON slot_offer (practice_id, slot_id, waiting_id);
CREATE INDEX slot_offer_by_waiting ON slot_offer (practice_id, waiting_id, id);
CREATE INDEX slot_offer_by_conversation ON slot_offer (practice_id, conversation_id)
    WHERE conversation_id IS NOT NULL;
CREATE INDEX slot_offer_by_patient ON slot_offer (practice_id, patient_id, id);

-- Which times suit a person: who works and cares chooses among those first.
CREATE TABLE visit_wish (
    practice_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    early boolean NOT NULL,
    late boolean NOT NULL,
    weekend boolean NOT NULL,
    -- Whoever comes along works.
    carer boolean NOT NULL,
    set_by uuid NOT NULL REFERENCES staff (id),
    set_at timestamptz NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (practice_id, patient_id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id)
);

DO $$
DECLARE
    walled text;
BEGIN
    FOREACH walled IN ARRAY ARRAY[
        'schedule', 'slot', 'reminder_rule', 'visit_notice', 'visit_talk', 'waiting', 'slot_offer',
        'visit_wish']
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

-- reminder: the next moment of a visit's notices. slot: a time became free and is offered.
-- calendar: the secret address of a person's calendar. visit-link: the opaque one of a visit by video.
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
        'ALTER TABLE due ADD CONSTRAINT due_kind_check CHECK (kind IN (%s, ''reminder'', ''slot''))', kinds);
    SELECT string_agg(quote_literal(kind[1]), ', ') INTO kinds
    FROM pg_constraint c,
         regexp_matches(pg_get_constraintdef(c.oid), '''([a-z0-9-]+)''', 'g') AS kind
    WHERE c.conname = 'credential_kind_check' AND c.conrelid = 'credential'::regclass;
    ALTER TABLE credential DROP CONSTRAINT credential_kind_check;
    EXECUTE format(
        'ALTER TABLE credential ADD CONSTRAINT credential_kind_check CHECK (kind IN (
             %s, ''calendar'', ''visit-link''))', kinds);
END $$;

-- Visits that are booked already are reminded of as well: each is looked at once, which finds its next
-- moment. The wall stands aside for the owner, here only.
ALTER TABLE appointment NO FORCE ROW LEVEL SECURITY;
INSERT INTO due (kind, id, practice_id, due_at)
SELECT 'reminder', id, practice_id, now() FROM appointment WHERE status = 'booked' AND start_at > now();
ALTER TABLE appointment FORCE ROW LEVEL SECURITY;
