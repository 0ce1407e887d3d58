"""The carrier's ledger and the database, held against each other: the judgement of every storm.

Reads over all walls, and by facts alone: texts, receipts, flags, items, what is due. Each sentence
it returns is a promise that was broken; no sentence, and all of them were kept.
"""

from collections import Counter, defaultdict
from collections.abc import Collection
from typing import Final
from uuid import UUID

from engage.db.sealing import MasterKeys
from tests.fakes.practice import Raw
from tests.storm.fakecarrier import FakeCarrier, Row

CRISIS: Final = "i want to die"
WITH_CARRIER: Final = frozenset(
    {"accepted", "sent", "delivered", "undelivered", "failed", "canceled"}
)
WORK: Final = ("inbox", "outbox", "outcome", "unknown")


async def compare(
    rows: Raw, carrier: FakeCarrier, master: MasterKeys, *, thanked: Collection[str]
) -> list[str]:
    """Return what is wrong; nothing is what it should be."""
    return [
        *await _texts_in(rows, carrier, thanked),
        *await _texts_out(rows, carrier, master),
        *await _work(rows, carrier),
        *await _times(rows),
        *await _left_over(rows),
    ]


async def _texts_in(rows: Raw, carrier: FakeCarrier, thanked: Collection[str]) -> list[str]:
    stored = await rows.fetch(
        "SELECT carrier_sid, line_id, handled_at IS NOT NULL AS handled FROM message "
        "WHERE direction = 'in' ORDER BY id"
    )
    counted = Counter(row["carrier_sid"] for row in stored)
    written = {row.sid: row for row in carrier.came}
    wrong = [f"{sid} was thanked for and is not stored" for sid in set(thanked) - counted.keys()]
    wrong += [f"{sid} is at the carrier and not stored" for sid in written.keys() - counted.keys()]
    wrong += [f"{sid} is stored and nobody wrote it" for sid in counted.keys() - written.keys()]
    wrong += [f"{sid} is stored {count} times" for sid, count in counted.items() if count > 1]
    wrong += [f"{row['carrier_sid']} was never handled" for row in stored if not row["handled"]]
    receipts = await rows.fetchval(
        "SELECT count(*) FROM receipt r JOIN message m ON m.id = "
        "r.message_id WHERE m.direction = 'in'"
    )
    if receipts != len(stored):
        wrong.append(f"{len(stored)} texts have {receipts} receipts")
    return wrong + _order(carrier, [row["carrier_sid"] for row in stored])


def _order(carrier: FakeCarrier, stored: list[str]) -> list[str]:
    """Each phone's texts that were brought one after the other stand in that order."""
    place = {sid: number for number, sid in enumerate(stored)}
    lines: dict[str, list[int]] = defaultdict(list)
    for row in carrier.came:
        if row.brought == "thanked" and row.sid in place:
            lines[row.form["From"]].append(place[row.sid])
    return [
        f"the texts of line {number} are out of order"
        for number, places in enumerate(lines.values())
        if places != sorted(places)
    ]


async def _texts_out(rows: Raw, carrier: FakeCarrier, master: MasterKeys) -> list[str]:
    stored = {
        row["id"]: row
        for row in await rows.fetch(
            "SELECT id, status, carrier_sid, kind FROM message WHERE direction = 'out'"
        )
    }
    wrong: list[str] = []
    copies: dict[UUID, list[Row]] = defaultdict(list)
    for row in carrier.sent:
        named = master.read_callback_token(row.own)
        if named is None or named[1] not in stored:
            wrong.append(f"{row.sid} left and no row says so")
            continue
        copies[named[1]].append(row)
    for message, made in copies.items():
        text = stored[message]
        allowed = 2 if text["kind"] == "safety" and not made[0].answered else 1
        if len(made) > allowed:
            wrong.append(f"a {text['kind']} text left {len(made)} times: {message}")
        if text["status"] not in WITH_CARRIER and text["status"] != "unknown":
            wrong.append(f"{message} left and is {text['status']}")
        if text["status"] in WITH_CARRIER and text["carrier_sid"] not in {r.sid for r in made}:
            wrong.append(f"{message} has the carrier's id of another text")
    for message, text in stored.items():
        if text["carrier_sid"] is not None and message not in copies:
            wrong.append(f"{message} is {text['status']} and never left")
        if text["status"] in {"queued", "sending"}:
            wrong.append(f"{message} is {text['status']} for ever")
    return wrong


async def _work(rows: Raw, carrier: FakeCarrier) -> list[str]:
    """Every flag is on an item that an active member of the practice owns, and only once."""
    alone = await rows.fetchval(
        "SELECT count(*) FROM flag f LEFT JOIN queue_item q "
        "ON q.practice_id = f.practice_id AND q.id = f.item_id "
        "LEFT JOIN membership s ON s.practice_id = q.practice_id AND s.staff_id = q.owner_id "
        "AND s.until_at IS NULL WHERE s.staff_id IS NULL"
    )
    wrong = [f"{alone} flags have no owner"] if alone else []
    doubled = await rows.fetchval(
        "SELECT count(*) FROM (SELECT FROM answer WHERE message_id IS NOT NULL "
        "GROUP BY message_id, screening_id, item HAVING count(*) > 1) d"
    )
    if doubled:
        wrong.append(f"{doubled} answers were recorded twice")
    keys = await rows.fetchval(
        "SELECT count(*) FROM (SELECT FROM message WHERE text_key IS NOT NULL "
        "GROUP BY conversation_id, thread_id, text_key, at HAVING count(*) > 1) d"
    )
    if keys:
        wrong.append(f"{keys} texts were written twice")
    flagged = {
        row["carrier_sid"]
        for row in await rows.fetch(
            "SELECT DISTINCT m.carrier_sid FROM flag f JOIN message m "
            "ON m.practice_id = f.practice_id AND m.id = f.source_id WHERE f.severity = 'crisis'"
        )
    }
    wrong += [
        f"{row.sid} is a crisis and nobody's"
        for row in carrier.came
        if CRISIS in row.form["Body"] and row.sid not in flagged
    ]
    silent = await rows.fetchval(
        "SELECT count(*) FROM queue_item q "
        "LEFT JOIN paging g ON g.practice_id = q.practice_id AND g.item_id = q.id "
        "LEFT JOIN due d ON d.kind = 'page' AND d.id = q.id "
        "WHERE q.severity = 'crisis' AND q.closed_at IS NULL "
        "AND (g.item_id IS NULL OR (g.ended_at IS NULL AND d.id IS NULL))"
    )
    if silent:
        wrong.append(f"nobody is told any more of {silent} open crises")
    return wrong


async def _times(rows: Raw) -> list[str]:
    """Whoever was told that a time is theirs has it, alone; whoever was not still waits."""
    wrong = [
        f"a time was won {row['many']} times"
        for row in await rows.fetch(
            "SELECT count(*) AS many FROM slot_offer WHERE status = 'won' "
            "GROUP BY practice_id, slot_id HAVING count(*) > 1"
        )
    ]
    astray = await rows.fetchval(
        "SELECT count(*) FROM slot_offer o "
        "JOIN slot s ON s.practice_id = o.practice_id AND s.id = o.slot_id "
        "JOIN waiting w ON w.practice_id = o.practice_id AND w.id = o.waiting_id "
        "LEFT JOIN appointment a ON a.practice_id = s.practice_id AND a.id = s.appointment_id "
        "AND a.patient_id = o.patient_id AND a.start_at = s.start_at AND a.status = 'booked' "
        "WHERE o.status = 'won' AND (a.id IS NULL OR w.status <> 'won')"
    )
    if astray:
        wrong.append(f"{astray} times were won and are not in the winner's visit")
    taken = await rows.fetchval("SELECT count(*) FROM slot WHERE status = 'busy'")
    for what, count in (
        ("visits are at", "SELECT count(*) FROM appointment WHERE schedule_id IS NOT NULL"),
        ("people have won", "SELECT count(*) FROM waiting WHERE status = 'won'"),
        ("offers have won", "SELECT count(*) FROM slot_offer WHERE status = 'won'"),
    ):
        found = await rows.fetchval(count)
        if found != taken:
            wrong.append(f"{found} {what} {taken} taken times")
    return wrong


async def _left_over(rows: Raw) -> list[str]:
    due = await rows.fetch(
        "SELECT kind, count(*) AS many FROM due WHERE kind = ANY ($1) GROUP BY kind", list(WORK)
    )
    return [f"{row['many']} rows of {row['kind']} are left" for row in due]
