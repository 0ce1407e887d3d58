-- What a turn says of a text that came in, and the parts of a text that came in pieces.

-- The texts of a line just before one of them, oldest first: id and sealed words.
CREATE FUNCTION text_burst(
    p_practice uuid, p_line uuid, p_message uuid, p_at timestamptz
) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    since uuid := month_floor(p_at - interval '30 seconds');
BEGIN
    RETURN (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'id', m.id, 'body', translate(encode(m.body_sealed, 'base64'), E'\n', '')) ORDER BY m.id), '[]')
        FROM (
            SELECT i.id, i.body_sealed FROM message i
            WHERE i.practice_id = p_practice AND i.line_id = p_line AND i.direction = 'in'
              AND i.id < p_message AND i.id >= since
            ORDER BY i.id DESC LIMIT 8
        ) m);
END $$;

-- The two functions of the hot path are changed where they stand, so that whatever an earlier step
-- made of them is kept: a fragment is replaced by a longer one, and one that is not there exactly
-- once stops the migration.
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

-- A correction reads a text again: when it was handled first stays.
SELECT amended('turn_save(jsonb)', 'UPDATE message SET handled_at = my_at,',
               'UPDATE message SET handled_at = coalesce(handled_at, my_at),');
SELECT amended('turn_save(jsonb)', 'prompt = p #>> ''{inbound,prompt}''',
               'prompt = p #>> ''{inbound,prompt}'',
            sure = p #>> ''{inbound,sure}'', why = p #>> ''{inbound,why}''');
SELECT amended('text_in(uuid, uuid, text, text, uuid, uuid, bytea, bytea, bytea, integer, text, timestamptz, boolean)',
               '''line_id'', my_line, ''context'', context)',
               '''line_id'', my_line, ''context'', context,
        ''burst'', text_burst(p_practice, my_line, p_message, p_at))');
DROP FUNCTION amended(regprocedure, text, text);
