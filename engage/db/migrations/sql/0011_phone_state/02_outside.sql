-- Two questions about the whole deployment, asked through functions only: whether a number is one of
-- ours, and whether this database went back in time.

-- Whether any practice of the deployment texts from a number. By exact number: whoever asks has it,
-- and hears neither whose it is nor which others there are.
CREATE FUNCTION door_known(p_number text) RETURNS boolean
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM door d WHERE d.number = p_number)
$$;

-- Which copy of the data this is: the server, its timeline, the birth of a table (a copy restored by
-- SQL makes its tables anew), and a count that the workers also keep on their own disks. One row.
CREATE TABLE lineage (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    server bigint NOT NULL,
    timeline integer NOT NULL,
    born oid NOT NULL,
    beat bigint NOT NULL,
    -- Since when sending is paused because a copy was restored; null: it is not.
    restored_at timestamptz
);

-- Count once more, and say whether the database is another one than it was at the last count, or an
-- older one than its caller knows. The first count of all finds nothing wrong.
CREATE FUNCTION lineage_beat(p_known bigint, p_now timestamptz)
RETURNS TABLE (beat bigint, restored boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    was lineage;
    my_server bigint := (SELECT c.system_identifier FROM pg_control_system() c);
    my_timeline integer := ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer;
    my_born oid := 'public.message'::regclass::oid;
    moved boolean;
BEGIN
    INSERT INTO lineage (server, timeline, born, beat)
    VALUES (my_server, my_timeline, my_born, 0) ON CONFLICT DO NOTHING;
    SELECT * INTO was FROM lineage FOR UPDATE;
    moved := (was.server, was.timeline, was.born) <> (my_server, my_timeline, my_born)
        OR coalesce(p_known, 0) > was.beat;
    UPDATE lineage SET server = my_server, timeline = my_timeline, born = my_born,
        beat = greatest(was.beat, p_known) + 1,
        restored_at = CASE WHEN moved THEN p_now ELSE was.restored_at END;
    RETURN QUERY SELECT l.beat, moved FROM lineage l;
END $$;

-- Since when sending is paused after a restore; null if it is not.
CREATE FUNCTION lineage_restored() RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT l.restored_at FROM lineage l
$$;

-- Somebody has seen to it.
CREATE FUNCTION lineage_resumed() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE lineage SET restored_at = NULL
$$;
