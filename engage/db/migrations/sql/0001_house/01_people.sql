-- People: practices and their keys, staff with one global identity, patients, caregivers, phones.
-- Sealed columns (bytea, named *_sealed) hold AES-256-GCM blobs; *_hash columns are keyed hashes.
-- Every key and unique of a practice table begins with practice_id; every foreign key carries it.

CREATE TABLE staff (
    id uuid PRIMARY KEY,
    given_name text NOT NULL CHECK (length(given_name) BETWEEN 1 AND 80),
    family_name text NOT NULL CHECK (length(family_name) BETWEEN 1 AND 80),
    email_hash bytea NOT NULL,
    email_sealed bytea NOT NULL,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    CONSTRAINT uq_staff_email UNIQUE (email_hash)
);

CREATE TABLE practice (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    texting_name text NOT NULL CHECK (length(texting_name) BETWEEN 1 AND 30),
    support_phone text NOT NULL,
    time_zone text NOT NULL,
    business_hours jsonb NOT NULL,
    holidays text NOT NULL,
    languages text[] NOT NULL CHECK (cardinality(languages) > 0),
    responsible_id uuid NOT NULL REFERENCES staff (id),
    account_sid text,
    carrier_sealed bytea,
    created_at timestamptz NOT NULL
);

CREATE TABLE practice_key (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id text NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('seal', 'index')),
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz,
    PRIMARY KEY (practice_id, id)
);

CREATE TABLE practice_number (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    number text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, id),
    CONSTRAINT uq_practice_number UNIQUE (practice_id, number)
);

CREATE TABLE membership (
    practice_id uuid NOT NULL REFERENCES practice (id),
    staff_id uuid NOT NULL REFERENCES staff (id),
    role text NOT NULL CHECK (role IN ('care_manager', 'supervisor', 'practice_admin')),
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    PRIMARY KEY (practice_id, staff_id, role, from_at)
);
CREATE INDEX membership_by_staff ON membership (staff_id);

CREATE TABLE cover (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    absent_id uuid NOT NULL REFERENCES staff (id),
    cover_id uuid NOT NULL REFERENCES staff (id),
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, id),
    CHECK (from_at < until_at),
    CHECK (absent_id <> cover_id)
);

CREATE TABLE patient (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    external_id text NOT NULL CHECK (length(external_id) BETWEEN 1 AND 80),
    given_name text NOT NULL CHECK (length(given_name) BETWEEN 1 AND 80),
    family_name text NOT NULL CHECK (length(family_name) BETWEEN 1 AND 80),
    search text NOT NULL,
    birth_date_sealed bytea,
    language text NOT NULL CHECK (language IN ('en', 'es')),
    time_zone text,
    status text NOT NULL CHECK (status IN ('active', 'inactive', 'deceased')),
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, id),
    CONSTRAINT uq_patient_external_id UNIQUE (practice_id, external_id)
);
CREATE INDEX patient_by_name ON patient (practice_id, family_name, given_name, id);

CREATE TABLE caregiver (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    given_name text NOT NULL CHECK (length(given_name) BETWEEN 1 AND 80),
    family_name text NOT NULL CHECK (length(family_name) BETWEEN 1 AND 80),
    language text NOT NULL CHECK (language IN ('en', 'es')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, id)
);

CREATE TABLE caregiver_of (
    practice_id uuid NOT NULL,
    caregiver_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    relationship text NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    PRIMARY KEY (practice_id, caregiver_id, patient_id, from_at),
    FOREIGN KEY (practice_id, caregiver_id) REFERENCES caregiver (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id)
);

CREATE TABLE assignment (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    staff_id uuid NOT NULL REFERENCES staff (id),
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id)
);
CREATE UNIQUE INDEX uq_one_manager_at_a_time ON assignment (practice_id, patient_id)
    WHERE until_at IS NULL;
CREATE INDEX assignment_by_patient ON assignment (practice_id, patient_id, from_at DESC);

CREATE TABLE care_team_member (
    practice_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    staff_id uuid NOT NULL REFERENCES staff (id),
    role text NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    PRIMARY KEY (practice_id, patient_id, staff_id, from_at),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id)
);

CREATE TABLE phone (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    number_hash bytea NOT NULL,
    number_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, id),
    CONSTRAINT uq_phone_number UNIQUE (practice_id, number_hash)
);

-- Who uses a phone, and when: a phone is never a person's identity, and may be shared.
CREATE TABLE phone_use (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    phone_id uuid NOT NULL,
    patient_id uuid,
    caregiver_id uuid,
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, phone_id) REFERENCES phone (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    FOREIGN KEY (practice_id, caregiver_id) REFERENCES caregiver (practice_id, id),
    CHECK (num_nonnulls(patient_id, caregiver_id) = 1)
);
CREATE INDEX phone_use_by_phone ON phone_use (practice_id, phone_id) WHERE until_at IS NULL;
CREATE INDEX phone_use_by_patient ON phone_use (practice_id, patient_id) WHERE until_at IS NULL;
