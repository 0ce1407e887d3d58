-- What comes about merged work comes to the work that it is part of, also through several mergers: an
-- open item stands in a turn's context under its own subject and under those of its parts.

-- A fragment is replaced where it stands; one that is not there exactly once stops the migration.
CREATE FUNCTION amended(p_function regprocedure, p_old text, p_new text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    body text := pg_get_functiondef(p_function);
BEGIN
    IF (length(body) - length(replace(body, p_old, ''))) <> length(p_old) THEN
        RAISE EXCEPTION 'fragment not found exactly once in %: %', p_function, p_old;
    END IF;
    EXECUTE replace(body, p_old, p_new);
END $$;

SELECT amended(p.oid::regprocedure, one.old, one.new)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace,
    (VALUES (1, '''subject'', q.subject,', '''subject'', its.subject,'),
            -- Its own subject comes first: who looks for one takes the first that fits.
            (2, 'ORDER BY q.id)', 'ORDER BY its.part, q.id)'),
            (3, 'FROM queue_item q
                WHERE q.practice_id = p_practice AND q.closed_at IS NULL',
                'FROM queue_item q
                CROSS JOIN LATERAL (
                    SELECT q.subject, false AS part
                    UNION ALL
                    (WITH RECURSIVE parts AS (
                        SELECT m.item_id FROM item_merger m
                        WHERE m.practice_id = p_practice AND m.into_id = q.id
                          AND m.undone_at IS NULL
                        UNION
                        SELECT m.item_id FROM item_merger m, parts
                        WHERE m.practice_id = p_practice AND m.into_id = parts.item_id
                          AND m.undone_at IS NULL)
                    SELECT i.subject, true FROM parts
                    JOIN queue_item i ON i.practice_id = p_practice AND i.id = parts.item_id
                    WHERE i.subject <> q.subject)
                ) its
                WHERE q.practice_id = p_practice AND q.closed_at IS NULL')
    ) AS one (place, old, new)
WHERE p.proname = 'turn_context' AND n.nspname = 'public';
DROP FUNCTION amended(regprocedure, text, text);
