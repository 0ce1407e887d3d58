-- Records: the feed (what changed, ids only), the audit (who saw or did what), stored POST answers.

CREATE TABLE feed (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL,
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    patient_id uuid,
    PRIMARY KEY (practice_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX feed_in_order ON feed (transaction, sequence);

CREATE TABLE audit (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL CHECK (actor IN ('staff', 'patient', 'caregiver', 'system')),
    actor_id uuid,
    action text NOT NULL,
    subject text NOT NULL,
    subject_id uuid,
    patient_id uuid,
    PRIMARY KEY (practice_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX audit_by_patient ON audit (practice_id, patient_id, id DESC);

CREATE TABLE idempotency (
    practice_id uuid NOT NULL REFERENCES practice (id),
    principal_id uuid NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
    request_hash bytea NOT NULL,
    status integer NOT NULL,
    answer_sealed bytea NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, principal_id, key)
);

-- Partitions by the month inside the UUIDv7 id. Rows of a month that has no partition yet go to the
-- default one, so that nothing is ever refused. Nobody but the owner may touch a partition directly.
CREATE FUNCTION month_floor(month timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT (lpad(to_hex((extract(epoch FROM month) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

CREATE FUNCTION ensure_partitions(from_month timestamptz, months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    parent text;
    step integer;
    first_day timestamptz;
    part text;
    made integer := 0;
BEGIN
    FOREACH parent IN ARRAY ARRAY['message', 'feed', 'audit'] LOOP
        part := parent || '_rest';
        IF to_regclass(part) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', part, parent);
            EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', part);
        END IF;
        FOR step IN 0..months - 1 LOOP
            first_day := (date_trunc('month', from_month AT TIME ZONE 'UTC')
                          + make_interval(months => step)) AT TIME ZONE 'UTC';
            part := parent || '_' || to_char(first_day AT TIME ZONE 'UTC', 'YYYY_MM');
            IF to_regclass(part) IS NULL THEN
                BEGIN
                    EXECUTE format(
                        'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                        part, parent, month_floor(first_day),
                        month_floor((first_day AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC'));
                    EXECUTE format(
                        'ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', part);
                    made := made + 1;
                EXCEPTION
                    -- Rows of that month already stand in the default partition: they stay there.
                    WHEN check_violation OR duplicate_table THEN NULL;
                END;
            END IF;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;
