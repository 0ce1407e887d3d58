-- visit-near: a visit that was booked long before is a week away now.
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
        'ALTER TABLE due ADD CONSTRAINT due_kind_check CHECK (kind IN (%s, ''visit-near''))', kinds);
END $$;

-- Those that are booked already; the wall stands aside for the owner, here only.
ALTER TABLE appointment NO FORCE ROW LEVEL SECURITY;
INSERT INTO due (kind, id, practice_id, due_at)
SELECT 'visit-near', id, practice_id, start_at - interval '7 days'
FROM appointment WHERE status = 'booked' AND start_at > now();
ALTER TABLE appointment FORCE ROW LEVEL SECURITY;
