-- What care managers do with work beyond claiming it: rest it, join it, write beside it, look at it
-- together; and what routing may know of those who do it.

-- Work that rests until a moment, until the person writes, or either. It keeps its owner and its due
-- time; the moment stays when it wakes, to be offered again. A crisis, and what may be one, never rests.
SELECT set_config('engage.practices', '{}', true);
ALTER TABLE queue_item
    ADD COLUMN snoozed_at timestamptz,
    ADD COLUMN snoozed_until timestamptz,
    ADD COLUMN snoozed_for_reply boolean NOT NULL DEFAULT false,
    ADD COLUMN merged_into uuid,
    ADD CONSTRAINT queue_item_snoozed CHECK (
        snoozed_at IS NULL OR (
            severity IN ('routine', 'urgent') AND closed_at IS NULL
            AND (snoozed_until IS NOT NULL OR snoozed_for_reply))),
    ADD CONSTRAINT queue_item_merged CHECK (
        merged_into IS NULL OR (merged_into <> id AND closed_at IS NOT NULL)),
    ADD FOREIGN KEY (practice_id, merged_into) REFERENCES queue_item (practice_id, id);

CREATE INDEX queue_asleep ON queue_item (practice_id, urgency, due_at, id)
    WHERE snoozed_at IS NOT NULL;
CREATE INDEX queue_asleep_by_patient ON queue_item (practice_id, patient_id)
    WHERE snoozed_at IS NOT NULL;
CREATE INDEX queue_waiting_on_patient ON queue_item (practice_id, urgency, due_at, id)
    WHERE closed_at IS NULL AND first_touch_at IS NOT NULL AND waiting_since IS NULL;
CREATE INDEX queue_silent ON queue_item (practice_id, urgency, due_at, id)
    WHERE closed_at IS NULL AND subject = 'silence';
CREATE INDEX queue_done ON queue_item (practice_id, closed_at) WHERE status = 'completed';
CREATE INDEX queue_merged ON queue_item (practice_id, merged_into) WHERE merged_into IS NOT NULL;

-- Whoever raises or closes an item wakes it, whatever room they are in.
CREATE FUNCTION item_wakes() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.snoozed_at := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER wakes BEFORE UPDATE ON queue_item FOR EACH ROW
    WHEN (NEW.snoozed_at IS NOT NULL
          AND (NEW.severity IN ('possible', 'crisis') OR NEW.closed_at IS NOT NULL))
    EXECUTE FUNCTION item_wakes();

-- Whatever is worth a flag wakes the work that it joins; a text that is worth one also wakes what waits
-- for that person's word. A text that is not ("ok thanks") raises no flag, and so wakes nothing.
-- A plan that was made while there was little work must not read all of it when there is much.
CREATE FUNCTION flag_wakes() RETURNS trigger
LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    WITH woken AS (
        UPDATE queue_item q SET snoozed_at = NULL, version = q.version + 1
        WHERE q.practice_id = NEW.practice_id AND q.snoozed_at IS NOT NULL
          AND q.id = ANY (ARRAY(
            SELECT NEW.item_id
            UNION ALL
            SELECT o.id FROM queue_item o
            WHERE NEW.message_id IS NOT NULL AND o.practice_id = NEW.practice_id
              AND o.patient_id = NEW.patient_id AND o.snoozed_at IS NOT NULL
              AND o.snoozed_for_reply))
        RETURNING q.id, q.patient_id
    ), told AS (
        INSERT INTO feed (practice_id, id, at, kind, subject_id, patient_id)
        SELECT NEW.practice_id, uuid7_at(NEW.at), NEW.at, 'item', w.id, w.patient_id FROM woken w
    )
    INSERT INTO audit (practice_id, id, at, actor, action, subject, subject_id, patient_id)
    SELECT NEW.practice_id, uuid7_at(NEW.at), NEW.at, 'system', 'item.woken', 'queue_item', w.id,
           w.patient_id
    FROM woken w;
    RETURN NULL;
END $$;
CREATE TRIGGER wakes AFTER INSERT ON flag FOR EACH ROW EXECUTE FUNCTION flag_wakes();

-- What staff write beside a piece of work for each other. It can't be sent, and is never changed.
CREATE TABLE item_note (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    item_id uuid NOT NULL,
    staff_id uuid NOT NULL REFERENCES staff (id),
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('note', 'promise', 'handed-over', 'reopened')),
    body_sealed bytea NOT NULL,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, item_id) REFERENCES queue_item (practice_id, id)
);
CREATE INDEX item_note_by_item ON item_note (practice_id, item_id, id);

-- One piece of work joined to another of the same patient, and how both stood before.
CREATE TABLE item_merger (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    item_id uuid NOT NULL,
    into_id uuid NOT NULL,
    staff_id uuid NOT NULL REFERENCES staff (id),
    at timestamptz NOT NULL,
    severity_was text NOT NULL CHECK (severity_was IN ('routine', 'urgent')),
    due_was timestamptz NOT NULL,
    undone_at timestamptz,
    undone_by uuid REFERENCES staff (id),
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, item_id) REFERENCES queue_item (practice_id, id),
    FOREIGN KEY (practice_id, into_id) REFERENCES queue_item (practice_id, id),
    CHECK (item_id <> into_id)
);
CREATE UNIQUE INDEX uq_merged_once ON item_merger (practice_id, item_id) WHERE undone_at IS NULL;
CREATE INDEX item_merger_by_target ON item_merger (practice_id, into_id) WHERE undone_at IS NULL;

-- Which piece of work somebody has open now: one row for each person, believed for half a minute.
CREATE TABLE item_presence (
    practice_id uuid NOT NULL REFERENCES practice (id),
    staff_id uuid NOT NULL REFERENCES staff (id),
    item_id uuid NOT NULL,
    writing boolean NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, staff_id),
    FOREIGN KEY (practice_id, item_id) REFERENCES queue_item (practice_id, id)
);
CREATE INDEX item_presence_by_item ON item_presence (practice_id, item_id, seen_at);

-- Replies that a practice keeps ready, each in the languages somebody has written it in.
CREATE TABLE canned_reply (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    title text NOT NULL CHECK (title <> ''),
    bodies jsonb NOT NULL,
    changed_by uuid NOT NULL REFERENCES staff (id),
    changed_at timestamptz NOT NULL,
    retired_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (practice_id, id)
);

-- The lists that somebody keeps at hand.
CREATE TABLE saved_view (
    practice_id uuid NOT NULL REFERENCES practice (id),
    staff_id uuid NOT NULL REFERENCES staff (id),
    views jsonb NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, staff_id)
);

-- When somebody works, how much they should hold at once, and which languages they speak. What is
-- missing is not asked: no hours means all hours, no capacity means any.
CREATE TABLE duty (
    practice_id uuid NOT NULL REFERENCES practice (id),
    staff_id uuid NOT NULL REFERENCES staff (id),
    hours jsonb,
    capacity smallint CHECK (capacity BETWEEN 1 AND 1000),
    languages text[] NOT NULL DEFAULT '{}',
    changed_by uuid NOT NULL REFERENCES staff (id),
    changed_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (practice_id, staff_id)
);

DO $$
DECLARE
    walled text;
BEGIN
    FOREACH walled IN ARRAY ARRAY[
        'item_note', 'item_merger', 'item_presence', 'canned_reply', 'saved_view', 'duty']
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

-- snooze: work that rested wakes. cover: somebody's leave begins or ends, or they have left.
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
             %s, ''snooze'', ''cover''))', kinds);
END $$;

-- Leave that was written down before; the wall stands aside for the owner, here only.
ALTER TABLE cover NO FORCE ROW LEVEL SECURITY;
INSERT INTO due (kind, id, practice_id, due_at)
SELECT 'cover', id, practice_id, greatest(from_at, now()) FROM cover WHERE until_at > now();
ALTER TABLE cover FORCE ROW LEVEL SECURITY;
