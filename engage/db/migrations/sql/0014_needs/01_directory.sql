-- The directory: organizations and their services, as an Open Referral file tells of them. Nothing in
-- it is about a person. What a newer file no longer names is withdrawn, never deleted: referrals point
-- at it.

CREATE TABLE organization (
    practice_id uuid NOT NULL REFERENCES practice (id),
    id uuid NOT NULL,
    -- Which directory, and what it calls them: the same file twice changes nothing.
    source text NOT NULL,
    source_id text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    email text,
    phone text,
    website text,
    status text NOT NULL CHECK (status IN ('listed', 'withdrawn')),
    imported_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, source, source_id)
);

CREATE TABLE service (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    organization_id uuid NOT NULL,
    source text NOT NULL,
    source_id text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    -- The needs it is for, by their own names; the person who imports says which words mean which.
    domains text[] NOT NULL,
    eligibility text,
    -- Two-letter codes; none: not said.
    languages text[] NOT NULL,
    -- Where it works, folded ("85281", "tempe", "az"); none: not said, "*": everywhere.
    covers text[] NOT NULL,
    -- Where its doors are: [{"name", "address", "city", "region", "postal_code", "latitude", "longitude"}].
    locations jsonb NOT NULL,
    capacity text NOT NULL CHECK (capacity IN ('open', 'waitlist', 'full', 'unknown')),
    email text,
    phone text,
    website text,
    fees text,
    -- When somebody last made sure of it.
    verified_on date,
    -- What is searched in, folded.
    search text NOT NULL,
    status text NOT NULL CHECK (status IN ('listed', 'withdrawn')),
    imported_at timestamptz NOT NULL,
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, source, source_id),
    FOREIGN KEY (practice_id, organization_id) REFERENCES organization (practice_id, id)
);
CREATE INDEX service_by_organization ON service (practice_id, organization_id);
