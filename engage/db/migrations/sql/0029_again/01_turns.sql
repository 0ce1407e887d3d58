-- Whoever writes again after a person has answered starts a clock of their own: the old one was
-- kept. Until then the due time of open work only tightens, as before.

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

SELECT amended(p.oid::regprocedure, '''waiting'', q.waiting_since IS NOT NULL)',
               '''waiting'', q.waiting_since IS NOT NULL,
                ''answered'', q.first_touch_at IS NOT NULL AND q.waiting_since IS NULL)')
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.proname = 'turn_context' AND n.nspname = 'public';
SELECT amended('turn_save(jsonb)', 'due_at = least(q.due_at, r.due_at)',
               'due_at = CASE
                WHEN q.first_touch_at IS NOT NULL AND q.waiting_since IS NULL
                    AND r.waiting_since IS NOT NULL THEN r.due_at
                ELSE least(q.due_at, r.due_at) END');
DROP FUNCTION amended(regprocedure, text, text);
