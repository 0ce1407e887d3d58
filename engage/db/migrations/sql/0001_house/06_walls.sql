-- The wall: row-level security on every table that has a practice. Reads see the permitted list,
-- a write names one practice; a setting that was never set, or is empty, is an error, not all rows.

DO $$
DECLARE
    walled text;
BEGIN
    FOR walled IN
        SELECT c.relname FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'practice_id' AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND NOT c.relispartition AND c.relname NOT IN ('door', 'due', 'membership')
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
        EXECUTE format(
            'CREATE POLICY deletes ON %I FOR DELETE
             USING (practice_id = current_setting(''engage.practice'')::uuid)', walled);
    END LOOP;
END $$;

ALTER TABLE practice ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reads ON practice FOR SELECT
    USING (id = ANY (current_setting('engage.practices')::uuid[]));
CREATE POLICY inserts ON practice FOR INSERT
    WITH CHECK (id = current_setting('engage.practice')::uuid);
CREATE POLICY updates ON practice FOR UPDATE
    USING (id = current_setting('engage.practice')::uuid)
    WITH CHECK (id = current_setting('engage.practice')::uuid);

-- A person finds their own memberships before any practice is chosen: that is how the list is made.
ALTER TABLE membership ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reads ON membership FOR SELECT
    USING (practice_id = ANY (current_setting('engage.practices')::uuid[])
           OR staff_id = nullif(current_setting('engage.staff', true), '')::uuid);
CREATE POLICY inserts ON membership FOR INSERT
    WITH CHECK (practice_id = current_setting('engage.practice')::uuid);
CREATE POLICY updates ON membership FOR UPDATE
    USING (practice_id = current_setting('engage.practice')::uuid)
    WITH CHECK (practice_id = current_setting('engage.practice')::uuid);

-- Staff are one identity over all practices: seen by those who share a practice, changed by them.
ALTER TABLE staff ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reads ON staff FOR SELECT
    USING (EXISTS (SELECT FROM membership m WHERE m.staff_id = staff.id));
CREATE POLICY inserts ON staff FOR INSERT WITH CHECK (current_setting('engage.practice')::uuid IS NOT NULL);
CREATE POLICY updates ON staff FOR UPDATE
    USING (EXISTS (SELECT FROM membership m WHERE m.staff_id = staff.id
                   AND m.practice_id = current_setting('engage.practice')::uuid))
    WITH CHECK (EXISTS (SELECT FROM membership m WHERE m.staff_id = staff.id
                        AND m.practice_id = current_setting('engage.practice')::uuid));

-- Who holds this token, and where do they work: one round trip, before any practice is chosen.
CREATE FUNCTION authenticate(p_hash bytea, p_now timestamptz) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    person uuid := credential_find('token', p_hash, p_now);
BEGIN
    IF person IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('engage.practices', '{}', true);
    PERFORM set_config('engage.staff', person::text, true);
    RETURN (
        SELECT jsonb_build_object(
            'id', s.id, 'given_name', s.given_name, 'family_name', s.family_name,
            'memberships', (
                SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'practice_id', m.practice_id, 'role', m.role)), '[]')
                FROM membership m
                WHERE m.staff_id = s.id AND m.from_at <= p_now
                  AND (m.until_at IS NULL OR m.until_at > p_now)))
        FROM staff s WHERE s.id = person AND s.active);
END $$;

-- Opens the practice's side of the wall for this transaction.
CREATE FUNCTION enter(p_practices uuid[], p_practice uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('engage.practices', p_practices::text, true);
    PERFORM set_config('engage.practice', coalesce(p_practice::text, ''), true);
END $$;
