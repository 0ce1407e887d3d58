-- Two hospitals count from one: the id of a visit is its sender's own. A visit of before, or of a list
-- that a person brought in, has no sender until one speaks of it under that id.
ALTER TABLE appointment
    ADD COLUMN sender_id uuid,
    DROP CONSTRAINT uq_appointment_filler,
    DROP CONSTRAINT uq_appointment_placer;
CREATE UNIQUE INDEX uq_appointment_filler ON appointment (practice_id, filler, sender_id)
    NULLS NOT DISTINCT WHERE filler IS NOT NULL;
CREATE UNIQUE INDEX uq_appointment_placer ON appointment (practice_id, placer, sender_id)
    NULLS NOT DISTINCT WHERE placer IS NOT NULL;

-- Where only one system may send, the ids are its own; the wall stands aside for the owner, here only.
ALTER TABLE appointment NO FORCE ROW LEVEL SECURITY;
UPDATE appointment a SET sender_id = s.id
FROM (
    SELECT practice_id, min(id::text)::uuid AS id FROM hl7_sender
    GROUP BY practice_id HAVING count(*) = 1
) s
WHERE a.practice_id = s.practice_id AND (a.filler IS NOT NULL OR a.placer IS NOT NULL);
ALTER TABLE appointment FORCE ROW LEVEL SECURITY;
