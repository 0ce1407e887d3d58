-- Passkeys, sign-ins of pages, and how fresh a proof is. As in 0024 all of it stands outside the wall and is
-- reached through the functions of 02 alone, by exact key.

-- What a sign-in was begun with, and when its holder last proved who they are.
DO $$
DECLARE
    old text;
BEGIN
    FOR old IN SELECT c.conname FROM pg_constraint c
        WHERE c.conrelid = 'sign_in'::regclass AND c.contype = 'c'
          AND pg_get_constraintdef(c.oid) LIKE '%factors%'
    LOOP
        EXECUTE format('ALTER TABLE sign_in DROP CONSTRAINT %I', old);
    END LOOP;
END $$;
ALTER TABLE sign_in
    ADD CONSTRAINT sign_in_factors_check CHECK (factors IN (
        'password-totp', 'password-recovery', 'password-passkey', 'passkey', 'organisation', 'sms-code', 'sms-link')),
    -- Staff never by what was texted; families never by what staff have.
    ADD CONSTRAINT sign_in_factors_of_kind CHECK (
        factors = 'passkey' OR (kind = 'staff') = (factors NOT IN ('sms-code', 'sms-link'))),
    ADD COLUMN proved_at timestamptz;
UPDATE sign_in SET proved_at = began_at;
ALTER TABLE sign_in ALTER COLUMN proved_at SET NOT NULL;

-- What the cookie of a page holds: it opens as long as its sign-in does.
CREATE TABLE page_key (
    hash bytea PRIMARY KEY,
    sign_in_id uuid NOT NULL,
    made_at timestamptz NOT NULL
);
CREATE INDEX page_key_by_sign_in ON page_key (sign_in_id);

-- A key pair that lives in somebody's device or password manager: we hold the public half.
CREATE TABLE passkey (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('staff', 'caregiver', 'patient')),
    person_id uuid NOT NULL,
    practice_id uuid,
    -- What the device calls it, at random, and the public half: neither opens anything.
    credential_id text NOT NULL UNIQUE,
    public_key text NOT NULL,
    sign_count bigint NOT NULL CHECK (sign_count >= 0),
    -- Synced between devices, as its maker says.
    synced boolean NOT NULL,
    made_at timestamptz NOT NULL,
    used_at timestamptz,
    ended_at timestamptz,
    CHECK ((kind = 'staff') = (practice_id IS NULL))
);
CREATE INDEX passkey_by_person ON passkey (person_id, kind) WHERE ended_at IS NULL;

-- What a device must sign next: once, soon, for one purpose, and where it was asked for.
CREATE TABLE passkey_challenge (
    hash bytea PRIMARY KEY,
    purpose text NOT NULL CHECK (purpose IN ('sign-in', 'register', 'step-up')),
    bound_hash bytea NOT NULL,
    made_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX passkey_challenge_by_moment ON passkey_challenge (made_at);
