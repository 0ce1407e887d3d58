-- Outside the wall: three tables without health facts, reached only through the functions below.
-- Nobody but the owner may read them; a login gets EXECUTE on what it needs (db/grants.py).

-- Which practice a carrier's webhook is for.
CREATE TABLE door (
    number text NOT NULL,
    account_sid text NOT NULL,
    practice_id uuid NOT NULL,
    number_id uuid NOT NULL,
    PRIMARY KEY (number, account_sid)
);

-- Keyed hashes of what a person presents: a bearer token, an e-mail address. Never the thing itself.
CREATE TABLE credential (
    kind text NOT NULL CHECK (kind IN ('token', 'email')),
    hash bytea NOT NULL,
    person_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (kind, hash)
);

-- What must be done and when. due_at is the lease as well: a claim moves it into the future.
CREATE TABLE due (
    kind text NOT NULL CHECK (kind IN ('inbox', 'outbox', 'unknown', 'outcome', 'timer')),
    id uuid NOT NULL,
    practice_id uuid NOT NULL,
    due_at timestamptz NOT NULL,
    tries integer NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, id)
);
CREATE INDEX due_next ON due (kind, due_at);

CREATE FUNCTION door_open(p_number text, p_account text)
RETURNS TABLE (practice_id uuid, number_id uuid)
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT d.practice_id, d.number_id FROM door d
    WHERE d.number = p_number AND d.account_sid = p_account
$$;

-- Every practice that has a door, for the simulated phones of a demo: ids only.
CREATE FUNCTION door_practices() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT DISTINCT d.practice_id FROM door d ORDER BY d.practice_id
$$;

CREATE FUNCTION door_hang(p_number text, p_account text, p_practice uuid, p_number_id uuid)
RETURNS void
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO door (number, account_sid, practice_id, number_id)
    VALUES (p_number, p_account, p_practice, p_number_id)
$$;

CREATE FUNCTION credential_find(p_kind text, p_hash bytea, p_now timestamptz) RETURNS uuid
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.person_id FROM credential c
    WHERE c.kind = p_kind AND c.hash = p_hash AND c.revoked_at IS NULL
      AND (c.expires_at IS NULL OR c.expires_at > p_now)
$$;

CREATE FUNCTION credential_add(
    p_kind text, p_hash bytea, p_person uuid, p_now timestamptz, p_expires timestamptz
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO credential (kind, hash, person_id, created_at, expires_at)
    VALUES (p_kind, p_hash, p_person, p_now, p_expires)
$$;

CREATE FUNCTION credential_revoke(p_kind text, p_hash bytea, p_now timestamptz) RETURNS boolean
LANGUAGE sql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH gone AS (
        UPDATE credential SET revoked_at = p_now
        WHERE kind = p_kind AND hash = p_hash AND revoked_at IS NULL RETURNING 1
    ) SELECT EXISTS (SELECT FROM gone)
$$;

CREATE FUNCTION due_set(p_kind text, p_id uuid, p_practice uuid, p_at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO due (kind, id, practice_id, due_at) VALUES (p_kind, p_id, p_practice, p_at)
    ON CONFLICT (kind, id) DO UPDATE SET due_at = excluded.due_at
$$;

-- Not its turn yet: put back without counting the try.
CREATE FUNCTION due_wait(p_kind text, p_id uuid, p_at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE due SET due_at = p_at, tries = greatest(tries - 1, 0) WHERE kind = p_kind AND id = p_id
$$;

CREATE FUNCTION due_done(p_kind text, p_id uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM due WHERE kind = p_kind AND id = p_id
$$;

-- The only claim: takes what is due and not leased, and leases it in the same statement.
-- An array and not IN: joined with a subquery of unknown size, all of `due` would be read. One plan
-- for ever, by key: planning anew costs a tick with nothing due five times what looking does.
CREATE FUNCTION due_claim(
    p_kind text, p_now timestamptz, p_lease_until timestamptz, p_limit integer
) RETURNS TABLE (practice_id uuid, id uuid, tries integer)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
    UPDATE due SET due_at = p_lease_until, tries = due.tries + 1
    WHERE due.kind = p_kind AND due.id = ANY (ARRAY(
        SELECT d.id FROM due d
        WHERE d.kind = p_kind AND d.due_at <= p_now
        ORDER BY d.due_at LIMIT p_limit
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING due.practice_id, due.id, due.tries
$$;

-- How much is waiting, by kind, for the metrics page and the doctor: counts only.
CREATE FUNCTION due_counts(p_now timestamptz)
RETURNS TABLE (kind text, waiting bigint, oldest_seconds double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT d.kind, count(*), coalesce(extract(epoch FROM p_now - min(d.due_at)), 0)::double precision
    FROM due d WHERE d.due_at <= p_now GROUP BY d.kind
$$;

-- New figures for the planner about a practice's people, after many were written at once. Without
-- them every index that begins with practice_id looks equally good, and the next statements read a
-- whole practice per row until the server notices by itself. Statistics only: nothing is returned.
CREATE FUNCTION fresh_figures() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    ANALYZE patient, phone, phone_use, assignment;
END $$;
