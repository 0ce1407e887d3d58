"""The auditor's own SQL, with the auditor's own login: ids, moments and counts.

Nothing here is shared with the rooms that are watched: a mistake in their SQL must not blind this.
Tables whose rows would tell of a person, and those outside the wall, answer through the functions
audit_* of migration 0019. Each statement reads by index, and at most a thousand rows.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import text

from engage.auditor.facts import Canary, Carried, Standing
from engage.db.session import Query, Row, Work
from engage.ids import PracticeId, floor_of

LOCK = 0x656E6775
"""The advisory lock under which one worker at a time looks."""

_NOW = "CAST(:now AS timestamptz)"


def _query(sql: str) -> Query:
    return Query(text(sql.replace("{now}", _NOW) + " LIMIT 1000"))


_FLAGS = _query("""
    SELECT f.practice_id, f.id, extract(epoch FROM {now} - f.at)::float8 AS amount
    FROM flag f
    LEFT JOIN queue_item q ON q.practice_id = f.practice_id AND q.id = f.item_id
    WHERE f.withdrawn_at IS NULL AND f.at <= {now} AND f.id >= CAST(:from_id AS uuid)
      AND (q.id IS NULL
           OR (q.status IN ('completed', 'cancelled') AND q.closed_at IS NULL))""")
# Whom the wall hides from this practice, or who has left it, is nobody's owner here.
_OWNERS = _query("""
    SELECT q.practice_id, q.id, extract(epoch FROM {now} - greatest(q.opened_at, (
               SELECT max(m.until_at) FROM membership m
               WHERE m.practice_id = q.practice_id AND m.staff_id = q.owner_id
                 AND m.until_at <= {now})))::float8 AS amount
    FROM queue_item q
    WHERE q.closed_at IS NULL AND (
        q.due_at IS NULL
        OR NOT EXISTS (SELECT FROM staff s WHERE s.id = q.owner_id AND s.active)
        OR NOT EXISTS (
            SELECT FROM membership m
            WHERE m.practice_id = q.practice_id AND m.staff_id = q.owner_id
              AND m.from_at <= {now} AND (m.until_at IS NULL OR m.until_at > {now})))""")
_AWAY = _query("""
    SELECT q.practice_id, q.id,
           extract(epoch FROM {now} - greatest(q.opened_at, c.from_at))::float8 AS amount
    FROM queue_item q
    JOIN cover c ON c.practice_id = q.practice_id AND c.absent_id = q.owner_id
     AND c.from_at <= {now} AND c.until_at > {now}
    WHERE q.closed_at IS NULL AND q.due_at <= {now} AND NOT EXISTS (
        SELECT FROM staff s
        JOIN membership m ON m.staff_id = s.id AND m.practice_id = q.practice_id
        WHERE s.id = c.cover_id AND s.active
          AND m.from_at <= {now} AND (m.until_at IS NULL OR m.until_at > {now}))""")
# Whoever takes work on while they are away has chosen to: only what was left with them counts.
_BEHIND = _query("""
    SELECT q.practice_id, q.id,
           extract(epoch FROM {now} - greatest(q.opened_at, c.from_at))::float8 AS amount
    FROM queue_item q
    JOIN cover c ON c.practice_id = q.practice_id AND c.absent_id = q.owner_id
     AND c.from_at <= {now} AND c.until_at > {now}
    WHERE q.closed_at IS NULL AND (q.urgency <= 1 OR q.due_at < c.until_at)
      AND (q.claimed_at IS NULL OR q.claimed_at < c.from_at)
      AND EXISTS (
        SELECT FROM staff s
        JOIN membership m ON m.staff_id = s.id AND m.practice_id = q.practice_id
        WHERE s.active AND m.from_at <= {now} AND (m.until_at IS NULL OR m.until_at > {now})
          AND NOT EXISTS (
            SELECT FROM cover a
            WHERE a.practice_id = q.practice_id AND a.absent_id = s.id
              AND a.from_at <= {now} AND a.until_at > {now}))""")
_UNREAD = _query("""
    SELECT m.practice_id, m.id, extract(epoch FROM {now} - m.at)::float8 AS amount
    FROM message m
    WHERE m.direction = 'in' AND m.handled_at IS NULL AND m.at <= {now}""")
_STUCK = _query("""
    SELECT m.practice_id, m.id,
           extract(epoch FROM {now} - coalesce(m.sending_at, m.at))::float8 AS amount
    FROM message m
    WHERE m.direction = 'out' AND m.status = 'sending'""")
_STEPS = _query("""
    SELECT p.practice_id, p.item_id AS id, extract(epoch FROM {now} - p.next_at)::float8 AS amount
    FROM paging p
    WHERE p.ended_at IS NULL AND p.next_at <= {now}""")
# A later page of the item that left makes an earlier one old news.
_UNSENT = _query("""
    SELECT p.practice_id, p.id, extract(epoch FROM {now} - p.at)::float8 AS amount
    FROM page p
    JOIN paging g ON g.practice_id = p.practice_id AND g.item_id = p.item_id
    WHERE p.status IN ('queued', 'refused') AND p.at > {now} - interval '1 day'
      AND g.ended_at IS NULL
      AND (g.lease_until IS NULL OR g.lease_until <= {now})
      AND NOT EXISTS (
          SELECT FROM page l WHERE l.practice_id = p.practice_id AND l.item_id = p.item_id
            AND l.channel = p.channel AND l.at >= p.at AND l.status = 'sent')""")
_WAITING = _query("""
    SELECT g.practice_id, g.item_id AS id, q.severity,
           extract(epoch FROM {now} - g.started_at)::float8 AS amount
    FROM paging g
    JOIN queue_item q ON q.practice_id = g.practice_id AND q.id = g.item_id
    WHERE g.ended_at IS NULL AND q.closed_at IS NULL AND q.claimed_at IS NULL
      AND q.severity IN ('crisis', 'possible')
      AND (g.lease_until IS NULL OR g.lease_until <= {now})""")
# The console reads the feed below the oldest transaction that still runs.
_FEED = _query("""
    SELECT f.practice_id, f.id, extract(epoch FROM {now} - f.at)::float8 AS amount
    FROM feed f
    WHERE f.transaction >= pg_snapshot_xmin(pg_current_snapshot()) AND f.at <= {now}""")
# The newest of each practice, and not of a time: what went well before must hide nothing.
_CARRIED = _query("""
    WITH texts AS (
        SELECT m.practice_id, m.id, m.status,
               row_number() OVER (PARTITION BY m.practice_id ORDER BY m.sending_at DESC) AS place,
               row_number() OVER (PARTITION BY m.practice_id, m.sending_at < {now} -
                   interval '4 minutes' ORDER BY m.sending_at DESC) AS older,
               m.sending_at < {now} - interval '4 minutes' AS old
        FROM message m
        WHERE m.direction = 'out' AND m.id >= CAST(:from_id AS uuid)
          AND m.sending_at > {now} - interval '1 hour'
          AND m.status IN ('accepted', 'sent', 'delivered', 'undelivered', 'refused', 'failed')
    )
    SELECT t.practice_id,
           count(*) FILTER (
               WHERE t.place <= 5 AND t.status NOT IN ('refused', 'failed')) AS accepted,
           count(*) FILTER (
               WHERE t.place <= 5 AND t.status IN ('refused', 'failed')) AS refused,
           count(*) FILTER (WHERE t.old AND t.older <= 3 AND t.status <> 'refused') AS under_way,
           count(*) FILTER (WHERE t.old AND t.older <= 3 AND EXISTS (
               SELECT FROM delivery_report r
               WHERE r.practice_id = t.practice_id AND r.message_id = t.id)) AS reported
    FROM texts t
    GROUP BY t.practice_id""")
_CANARIES = _query("""
    SELECT practice_id, sent_at, recorded_at, read_at, decided_at, passed_at FROM canary""")
_STAFFED = _query("""
    SELECT DISTINCT m.practice_id FROM membership m
    JOIN staff s ON s.id = m.staff_id
    WHERE s.active AND m.from_at <= {now} AND (m.until_at IS NULL OR m.until_at > {now})""")
_HELD = _query("SELECT practice_id FROM sending WHERE effect = 'stop'")
_SERVER = Query(
    text("""
    SELECT clock_timestamp() AS at,
           NOT pg_is_in_recovery() AND current_setting('default_transaction_read_only') = 'off'
           AS writable""")
)

_SIMPLE = {
    "item-without-owner": _OWNERS,
    "item-owner-away": _AWAY,
    "work-left-behind": _BEHIND,
    "text-unread": _UNREAD,
    "text-stuck": _STUCK,
    "step-overdue": _STEPS,
    "page-not-sent": _UNSENT,
    "feed-held": _FEED,
}


class Server(Struct, frozen=True):
    """How the database itself stands."""

    at: datetime
    writable: bool
    restored_at: datetime | None


async def first_come(work: Work) -> bool:
    """Say whether nobody else looks just now; until this transaction ends nobody else does."""
    return bool(await work.call("pg_try_advisory_xact_lock", LOCK))


async def server(work: Work) -> Server:
    """Return the database's clock, whether it takes writes, and since when it is a restored one."""
    row = await work.maybe(_SERVER)
    if row is None:
        message = "a SELECT without FROM has one row"
        raise RuntimeError(message)
    return Server(row["at"], row["writable"], await work.call("lineage_restored"))


async def practices(work: Work) -> tuple[PracticeId, ...]:
    """Return every practice."""
    return tuple(PracticeId(row[0]) for row in await work.table("audit_practices"))


async def enter(work: Work, every: Sequence[PracticeId]) -> None:
    """See these practices, and write to none."""
    await work.enter(every, None)


async def standing(work: Work, at: datetime) -> tuple[Standing, ...]:
    """Return every row that may stand too long; of flags those of the last week."""
    week = floor_of(at - timedelta(days=7))
    flags = await work.rows(_FLAGS, now=at, from_id=week)
    found = [_standing("flag-without-work", row) for row in flags]
    for check, query in _SIMPLE.items():
        found += [_standing(check, row) for row in await work.rows(query, now=at)]
    for row in await work.rows(_WAITING, now=at):
        found.append(_standing(f"{row['severity']}-waits", row))
    for row in await work.table("audit_due", at):
        check, amount = (
            ("work-failing", row["tries"]) if row["tries"] else ("work-overdue", row["seconds"])
        )
        found.append(_row(check, row, amount, row["kind"]))
    for row in await work.table("audit_lost", at):
        found.append(_row("work-lost", row, row["seconds"], row["kind"]))
    for row in await work.table("audit_stopped", at):
        found.append(_row("text-after-stop", row, row["seconds"]))
    return tuple(found)


async def carried(work: Work, at: datetime) -> tuple[Carried, ...]:
    """Return what became of the texts of the last hour that were written within two days."""
    rows = await work.rows(_CARRIED, now=at, from_id=floor_of(at - timedelta(days=2)))
    return tuple(
        Carried(
            practice=row["practice_id"],
            accepted=row["accepted"],
            refused=row["refused"],
            under_way=row["under_way"],
            reported=row["reported"],
        )
        for row in rows
    )


async def canaries(work: Work) -> tuple[Canary, ...]:
    """Return the newest canary of each practice."""
    return tuple(
        Canary(
            practice=row["practice_id"],
            sent_at=row["sent_at"],
            recorded_at=row["recorded_at"],
            read_at=row["read_at"],
            decided_at=row["decided_at"],
            passed_at=row["passed_at"],
        )
        for row in await work.rows(_CANARIES)
    )


async def staffed(work: Work, at: datetime) -> frozenset[PracticeId]:
    """Return the practices in which somebody active works."""
    return frozenset(row["practice_id"] for row in await work.rows(_STAFFED, now=at))


async def held(work: Work) -> frozenset[PracticeId]:
    """Return the practices whose texts are held."""
    return frozenset(row["practice_id"] for row in await work.rows(_HELD))


def _standing(check: str, row: Row) -> Standing:
    return _row(check, row, row["amount"])


def _row(check: str, row: Row, amount: float, what: str = "") -> Standing:
    return Standing(
        check=check, practice=row["practice_id"], id=row["id"], amount=float(amount), what=what
    )
