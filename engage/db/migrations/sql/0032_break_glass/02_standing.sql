-- How a reader stands to those of these records that are restricted, now. The records of one person
-- that were merged are one: restricted together, and open together. Who asks for none of them, or
-- for records that are not restricted, gets no row.
CREATE FUNCTION restricted_standing(
    p_practices uuid[], p_patients uuid[], p_reader uuid, p_now timestamptz
) RETURNS TABLE (
    practice_id uuid, patient_id uuid, assigned boolean, covers boolean, owns boolean,
    paged boolean, on_team boolean, glass_id uuid, glass_until timestamptz
)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH shut AS MATERIALIZED (
        SELECT DISTINCT r.practice_id, coalesce(p.merged_into, p.id) AS person
        FROM restriction r
        JOIN patient p ON p.practice_id = r.practice_id AND p.id = r.patient_id
        WHERE r.practice_id = ANY (p_practices) AND r.lifted_at IS NULL
    ), asked AS MATERIALIZED (
        SELECT p.practice_id, p.id, s.person
        FROM shut s
        JOIN patient p ON p.practice_id = s.practice_id
            AND (p.id = s.person OR p.merged_into = s.person)
        WHERE p.id = ANY (p_patients)
    )
    SELECT a.practice_id, a.id, held.assigned, held.covers, held.owns, held.paged, held.on_team,
           broken.id, broken.until_at
    FROM asked a
    CROSS JOIN LATERAL (
        SELECT array_agg(p.id) AS ids FROM patient p
        WHERE p.practice_id = a.practice_id AND (p.id = a.person OR p.merged_into = a.person)
    ) theirs
    CROSS JOIN LATERAL (
        SELECT
            EXISTS (
                SELECT FROM assignment x
                WHERE x.practice_id = a.practice_id AND x.patient_id = ANY (theirs.ids)
                  AND x.staff_id = p_reader
                  AND x.from_at <= p_now AND (x.until_at IS NULL OR x.until_at > p_now)
            ) AS assigned,
            EXISTS (
                SELECT FROM assignment x
                JOIN cover c ON c.practice_id = x.practice_id AND c.absent_id = x.staff_id
                WHERE x.practice_id = a.practice_id AND x.patient_id = ANY (theirs.ids)
                  AND x.from_at <= p_now AND (x.until_at IS NULL OR x.until_at > p_now)
                  AND c.cover_id = p_reader AND c.from_at <= p_now AND c.until_at > p_now
            ) AS covers,
            EXISTS (
                SELECT FROM queue_item q
                WHERE q.practice_id = a.practice_id AND q.patient_id = ANY (theirs.ids)
                  AND q.closed_at IS NULL AND q.owner_id = p_reader
            ) AS owns,
            EXISTS (
                SELECT FROM queue_item q
                JOIN paging w ON w.practice_id = q.practice_id AND w.item_id = q.id
                JOIN page g ON g.practice_id = q.practice_id AND g.item_id = q.id
                WHERE q.practice_id = a.practice_id AND q.patient_id = ANY (theirs.ids)
                  AND q.closed_at IS NULL AND w.ended_at IS NULL AND g.staff_id = p_reader
            ) AS paged,
            EXISTS (
                SELECT FROM care_team_member m
                WHERE m.practice_id = a.practice_id AND m.patient_id = ANY (theirs.ids)
                  AND m.staff_id = p_reader
                  AND m.from_at <= p_now AND (m.until_at IS NULL OR m.until_at > p_now)
            ) AS on_team
    ) held
    LEFT JOIN LATERAL (
        SELECT g.id, g.until_at FROM glass g
        WHERE g.practice_id = a.practice_id AND g.staff_id = p_reader
          AND g.patient_id = ANY (theirs.ids) AND g.opened_at <= p_now
        ORDER BY g.until_at DESC, g.id DESC LIMIT 1
    ) broken ON true
$$;
