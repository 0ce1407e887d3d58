-- Rides to visits, boxes that are brought, and who of a family is told of either.

CREATE TABLE ride (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('ride', 'food-box')),
    patient_id uuid NOT NULL,
    appointment_id uuid,
    -- The need that it is for, if it is for one.
    need_id uuid,
    direction text CHECK (direction IN ('there', 'back', 'both')),
    status text NOT NULL CHECK (status IN (
        'requested', 'arranged', 'under-way', 'completed', 'failed', 'cancelled')),
    reason text CHECK (reason IN (
        'visit-moved', 'visit-cancelled', 'no-driver', 'driver-did-not-come', 'patient-not-there',
        'not-eligible', 'did-not-come', 'not-needed', 'patient-declined', 'other')),
    -- The local day on whose list it stands.
    day date NOT NULL,
    zone text NOT NULL,
    pickup_at timestamptz,
    return_at timestamptz,
    provider text NOT NULL CHECK (provider IN ('manual')),
    -- Where from and where to, and what whoever drives must know.
    pickup_sealed bytea,
    dropoff_sealed bytea,
    note_sealed bytea,
    -- Who drives, and the number that they confirmed with.
    broker_sealed bytea,
    confirmation_sealed bytea,
    requested_by uuid NOT NULL REFERENCES staff (id),
    requested_at timestamptz NOT NULL,
    arranged_at timestamptz,
    changed_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    FOREIGN KEY (practice_id, appointment_id) REFERENCES appointment (practice_id, id),
    FOREIGN KEY (practice_id, need_id) REFERENCES need (practice_id, id),
    CONSTRAINT ride_goes_somewhere CHECK (
        (kind = 'ride') = (direction IS NOT NULL) AND (kind <> 'ride' OR appointment_id IS NOT NULL)),
    CONSTRAINT ride_reasoned CHECK ((reason IS NOT NULL) = (status IN ('failed', 'cancelled'))),
    CONSTRAINT ride_has_a_time CHECK (status NOT IN ('arranged', 'under-way') OR pickup_at IS NOT NULL)
);
CREATE INDEX ride_by_day ON ride (practice_id, day, id);
CREATE INDEX ride_by_patient ON ride (practice_id, patient_id, id);
CREATE INDEX ride_by_visit ON ride (practice_id, appointment_id) WHERE appointment_id IS NOT NULL;

CREATE TABLE ride_event (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    ride_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    status text NOT NULL,
    reason text,
    pickup_at timestamptz,
    return_at timestamptz,
    at timestamptz NOT NULL,
    by text NOT NULL CHECK (by IN ('staff', 'provider', 'patient', 'caregiver', 'visit')),
    by_id uuid,
    note_sealed bytea,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, ride_id) REFERENCES ride (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id)
);
CREATE INDEX ride_event_by_ride ON ride_event (practice_id, ride_id, id);
CREATE INDEX ride_event_by_patient ON ride_event (practice_id, patient_id, id);

-- What a person allowed a caregiver to be told. Nothing is told without such a row.
CREATE TABLE caregiver_grant (
    practice_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    caregiver_id uuid NOT NULL,
    category text NOT NULL CHECK (category IN ('visits')),
    how text NOT NULL CHECK (how IN ('verbal', 'written')),
    granted_at timestamptz NOT NULL,
    -- Who heard or read it.
    heard_by uuid NOT NULL REFERENCES staff (id),
    until_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    FOREIGN KEY (practice_id, caregiver_id) REFERENCES caregiver (practice_id, id)
);
CREATE INDEX caregiver_grant_by_patient ON caregiver_grant (practice_id, patient_id, id);

DO $$
DECLARE
    walled text;
BEGIN
    FOREACH walled IN ARRAY ARRAY[
        'place', 'appointment', 'appointment_event', 'ride', 'ride_event', 'caregiver_grant']
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
    END LOOP;
END $$;
