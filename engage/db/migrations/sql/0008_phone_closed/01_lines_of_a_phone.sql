-- STOP belongs to the phone, not to the number that heard it: whatever number of the practice that
-- was, none texts the phone. A new line of a closed phone is born closed, and what happens to one
-- line of a phone happens to all. See docs/decisions/0014.

-- The other lines of a phone. By number: a phone's lines are found by the key uq_line.
CREATE FUNCTION line_siblings(p_practice uuid, p_phone uuid, p_line uuid)
RETURNS TABLE (id uuid, opted_out_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT l.id, l.opted_out_at
    FROM practice_number n
    JOIN line l ON l.practice_id = n.practice_id AND l.number_id = n.id AND l.phone_id = p_phone
    WHERE n.practice_id = p_practice AND l.id <> p_line
$$;

CREATE FUNCTION line_born() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    NEW.opted_out_at := coalesce(NEW.opted_out_at, (
        SELECT min(s.opted_out_at) FROM line_siblings(NEW.practice_id, NEW.phone_id, NEW.id) s));
    RETURN NEW;
END $$;
CREATE TRIGGER line_born BEFORE INSERT ON line FOR EACH ROW EXECUTE FUNCTION line_born();

-- The siblings' own triggers find nothing left to change.
CREATE FUNCTION line_told() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE public.line SET opted_out_at = NEW.opted_out_at
    WHERE practice_id = NEW.practice_id AND (opted_out_at IS NULL) <> (NEW.opted_out_at IS NULL)
      AND id = ANY (ARRAY(
          SELECT s.id FROM line_siblings(NEW.practice_id, NEW.phone_id, NEW.id) s ORDER BY s.id));
    RETURN NULL;
END $$;
CREATE TRIGGER line_told AFTER UPDATE OF opted_out_at ON line FOR EACH ROW
    WHEN ((OLD.opted_out_at IS NULL) <> (NEW.opted_out_at IS NULL)) EXECUTE FUNCTION line_told();

-- Phones that said STOP to one number before: the wall stands aside for the owner, here only.
ALTER TABLE line NO FORCE ROW LEVEL SECURITY;
UPDATE line SET opted_out_at = closed.at
FROM (
    SELECT l.practice_id, l.phone_id, min(l.opted_out_at) AS at FROM line l
    WHERE l.opted_out_at IS NOT NULL GROUP BY 1, 2
) closed
WHERE line.practice_id = closed.practice_id AND line.phone_id = closed.phone_id
  AND line.opted_out_at IS NULL;
ALTER TABLE line FORCE ROW LEVEL SECURITY;
