-- How people prove who they are, and for how long it holds. All of it stands outside the wall, since
-- nobody has signed in yet, and is reached through the functions of 02 alone, by exact key.

-- One signing in, and all that was made from it: the refresh tokens hang on it, and end with it.
CREATE TABLE sign_in (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('staff', 'caregiver', 'patient')),
    person_id uuid NOT NULL,
    -- Staff are one identity over all practices; a family's sign-in is one person's on one phone.
    practice_id uuid,
    phone_id uuid,
    factors text NOT NULL CHECK (factors IN ('password-totp', 'password-recovery', 'sms-code')),
    began_at timestamptz NOT NULL,
    used_at timestamptz NOT NULL,
    -- After so long without use it ends, and at the latest then.
    idle_seconds integer NOT NULL CHECK (idle_seconds > 0),
    until_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_why text CHECK (ended_why IN ('signed-out', 'revoked', 'reused', 'renewed')),
    CHECK ((kind = 'staff') = (practice_id IS NULL)),
    CHECK ((kind = 'staff') = (phone_id IS NULL)),
    CHECK ((kind = 'staff') = (factors <> 'sms-code')),
    CHECK ((ended_at IS NULL) = (ended_why IS NULL))
);
CREATE INDEX sign_in_by_person ON sign_in (person_id) WHERE ended_at IS NULL;

-- Each is good for one use; the hash of a used one stays, so that a copy is recognised.
CREATE TABLE refresh_token (
    hash bytea PRIMARY KEY,
    sign_in_id uuid NOT NULL,
    made_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX refresh_token_by_sign_in ON refresh_token (sign_in_id);

-- What a member of staff proves themselves by. What an invitation sets waits beside it until a code of
-- the new authenticator has been shown.
CREATE TABLE staff_secret (
    staff_id uuid PRIMARY KEY,
    password_hash bytea,
    totp_sealed bytea,
    -- The last time step whose code was taken: a code is good once.
    totp_step bigint NOT NULL DEFAULT 0,
    set_at timestamptz,
    next_password_hash bytea,
    next_totp_sealed bytea,
    CHECK ((password_hash IS NULL) = (totp_sealed IS NULL)),
    CHECK ((next_password_hash IS NULL) = (next_totp_sealed IS NULL))
);
CREATE TABLE recovery_code (
    staff_id uuid NOT NULL,
    hash bytea NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (staff_id, hash)
);

-- On the way in: an invitation to set a password, or what stands between a password and a second factor.
CREATE TABLE sign_in_step (
    hash bytea PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('invitation', 'enrolment', 'challenge')),
    staff_id uuid NOT NULL,
    made_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    tries smallint NOT NULL DEFAULT 0,
    ended_at timestamptz
);
CREATE INDEX sign_in_step_by_staff ON sign_in_step (staff_id) WHERE ended_at IS NULL;

-- A code that went out by text: bound to the phone, to what it is for, and to the device that asked.
CREATE TABLE sign_in_code (
    id uuid PRIMARY KEY,
    phone_hash bytea NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('sign-in')),
    device_hash bytea NOT NULL,
    code_hash bytea NOT NULL,
    made_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    tries smallint NOT NULL DEFAULT 0,
    ended_at timestamptz
);
CREATE UNIQUE INDEX uq_sign_in_code_live ON sign_in_code (phone_hash, purpose) WHERE ended_at IS NULL;

-- What was tried, for the limits: who is counted stands here as a keyed hash, for a day.
CREATE TABLE sign_in_try (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    key_hash bytea NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX sign_in_try_counted ON sign_in_try (kind, key_hash, at);
CREATE INDEX sign_in_try_by_moment ON sign_in_try (at);

-- A code is a text of its own kind: at once, at any hour, not counted, never twice, not after a STOP.
DO $$
DECLARE
    kinds text;
BEGIN
    SELECT string_agg(quote_literal(kind[1]), ', ') INTO kinds
    FROM pg_constraint c,
         regexp_matches(pg_get_constraintdef(c.oid), '''([a-z0-9-]+)''', 'g') AS kind
    WHERE c.conname = 'message_kind_check' AND c.conrelid = 'message'::regclass;
    ALTER TABLE message DROP CONSTRAINT message_kind_check;
    EXECUTE format(
        'ALTER TABLE message ADD CONSTRAINT message_kind_check CHECK (kind IN (%s, ''code''))', kinds);
END $$;
