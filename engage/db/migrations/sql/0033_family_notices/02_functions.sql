-- Has somebody's news looked at at a moment, or sooner if it is due sooner. Zero tries tell whoever is
-- looking right now that something came in the meantime.
CREATE FUNCTION news_soon(p_person uuid, p_practice uuid, p_at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO due (kind, id, practice_id, due_at) VALUES ('news', p_person, p_practice, p_at)
    ON CONFLICT (kind, id) DO UPDATE
    SET due_at = least(due.due_at, excluded.due_at), tries = 0, claimed = false
    -- A thousand changes at once write one row. It is locked all the same, so nobody looks before they
    -- are there.
    WHERE due.due_at > excluded.due_at OR due.tries > 0
$$;

-- Says when to look again, or never, after the try that is named; what came in the meantime stays due.
CREATE FUNCTION news_rests(p_person uuid, p_tries integer, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF p_at IS NULL THEN
        DELETE FROM due WHERE kind = 'news' AND id = p_person AND tries = p_tries;
        RETURN;
    END IF;
    UPDATE due
    SET due_at = CASE WHEN tries = p_tries THEN p_at ELSE least(due_at, p_at) END,
        tries = 0, claimed = false
    WHERE kind = 'news' AND id = p_person;
END $$;

-- Whatever changes about a person is said in the feed, in the transaction that changes it: so whoever
-- wishes to hear of them is looked at soon, and no room has to remember it. The delay lets what belongs
-- together come together.
CREATE FUNCTION feed_told() RETURNS trigger
LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    PERFORM news_soon(n.person_id, n.practice_id, NEW.at + interval '15 seconds')
    FROM family_news n
    WHERE n.practice_id = NEW.practice_id AND n.wants AND n.person_id = ANY (ARRAY(
        SELECT NEW.patient_id
        UNION ALL
        SELECT o.caregiver_id FROM caregiver_of o
        WHERE o.practice_id = NEW.practice_id AND o.patient_id = NEW.patient_id
          AND o.until_at IS NULL))
    ORDER BY n.person_id;
    RETURN NULL;
END $$;
CREATE TRIGGER told AFTER INSERT ON feed FOR EACH ROW
    WHEN (NEW.patient_id IS NOT NULL AND NEW.kind <> 'item')
    EXECUTE FUNCTION feed_told();
