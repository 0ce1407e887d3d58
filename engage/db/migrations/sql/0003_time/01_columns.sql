-- Time: which hours and how many texts, where a person lives, and until when a text is held.

ALTER TABLE practice
    -- Local hours for texts, "09:00-20:00"; law only makes them shorter. "all-day" is for a practice
    -- that exists for show: only the simulated carrier honours it.
    ADD COLUMN texting_hours text NOT NULL DEFAULT '09:00-20:00'
        CHECK (texting_hours = 'all-day'
               OR texting_hours ~ '^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$'),
    ADD COLUMN texts_a_day integer NOT NULL DEFAULT 1 CHECK (texts_a_day > 0),
    ADD COLUMN texts_a_week integer NOT NULL DEFAULT 3 CHECK (texts_a_week > 0);

-- The state whose rules count; unknown is every state that keeps the person's time.
ALTER TABLE patient ADD COLUMN us_state text CHECK (us_state ~ '^[A-Z]{2}$');

ALTER TABLE message
    ADD COLUMN held_until timestamptz,
    DROP CONSTRAINT message_kind_check,
    ADD CONSTRAINT message_kind_check CHECK (kind IN (
        'safety', 'consent', 'reply', 'staff', 'visit-3h', 'visit-2d', 'discharge', 'check-in',
        'screening', 'nudge'));
