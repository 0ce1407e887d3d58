"""Each list of the queue is read by its own index; and the database wakes what it must."""

import re
from collections.abc import Sequence
from datetime import timedelta
from itertools import product
from typing import Any, get_args

import pytest

from engage.audit import SYSTEM
from engage.clock import fresh_id
from engage.db.session import Query
from engage.ids import CoverId
from engage.people.staffing.store import end_membership
from engage.queue import opening, verbs
from engage.queue.board import store as board
from engage.queue.board.store import View
from engage.queue.coverage import Rounds
from engage.queue.item import Item
from engage.queue.opening import Reason
from tests.store.conftest import House

pytestmark = pytest.mark.database

INDEX: dict[View, str] = {
    "mine": "queue_open_by_owner",
    "team": "queue_open",
    "crises": "queue_open",
    "unclaimed": "queue_open",
    "snoozed": "queue_asleep",
    "waiting-on-patient": "queue_waiting_on_patient",
    "silent": "queue_silent",
    "done-today": "queue_done",
    "all": "queue_open",
}
_FILL = """
INSERT INTO queue_item (practice_id, id, about_id, patient_id, subject, severity, status, owner_id,
                        owner_why, due_at, opened_at, waiting_since, first_touch_at, closed_at,
                        closed_by, outcome, snoozed_at, snoozed_until)
SELECT '{practice}', uuid7_at($1), gen_random_uuid(), '{rosa}',
       CASE WHEN n % 50 = 1 THEN 'silence' ELSE 'need:' || n END,
       CASE WHEN n % 20 = 0 THEN 'urgent' ELSE 'routine' END,
       CASE WHEN n % 3 = 0 THEN 'completed' WHEN n % 3 = 1 THEN 'ready' ELSE 'in-progress' END,
       CASE WHEN n % 40 = 1 THEN '{owner}'::uuid ELSE '{other}'::uuid END,
       'x', $1 + n * interval '1 minute', $1, CASE WHEN n % 30 <> 2 THEN $1 END,
       CASE WHEN n % 30 = 2 THEN $1 END,
       CASE WHEN n % 3 = 0 THEN $1 - n * interval '10 minutes' END,
       CASE WHEN n % 3 = 0 THEN '{owner}'::uuid END,
       CASE WHEN n % 3 = 0 THEN 'referred' END,
       CASE WHEN n % 3 <> 0 AND n % 60 = 4 THEN $1 END,
       CASE WHEN n % 3 <> 0 AND n % 60 = 4 THEN $1 + interval '1 day' END
FROM generate_series(1, 12000) AS n
"""


async def _plan(house: House, query: Query, **values: Any) -> str:  # noqa: ANN401 - SQL values
    practice = house.place.id
    async with house.databases.app.work([practice]) as work:
        rows = await work._connection.fetch(  # noqa: SLF001 - no statement of ours explains itself
            f"EXPLAIN (ANALYZE, TIMING OFF) {query.sql}", *query.arguments(values)
        )
    return "\n".join(row[0] for row in rows)


async def test_each_list_is_read_by_its_index(house: House) -> None:
    """No list reads all open work to find a page, and no count does: each has its index."""
    practice, owner, at = house.place.id, house.place.manager, house.clock.now()
    people = await house.rows("SELECT id FROM staff ORDER BY id")
    other = next(row[0] for row in people if row[0] != owner)
    fill = _FILL.format(practice=practice, rosa=house.rosa, owner=owner, other=other)
    await house.rows(fill, at)
    await house.alter("ANALYZE queue_item")
    most = 26

    for view in get_args(View):
        values: dict[str, Any] = {"practices": [practice], "most": most}
        if view in {"mine", "team"}:
            values["reader"] = owner
        if view in {"team", "done-today"}:
            values["now"] = at
        query = board._page(view=view, given=frozenset(), after=False)  # noqa: SLF001
        plan = await _plan(house, query, **values)
        assert re.search(rf"(?:using|on) {INDEX[view]}\b", plan), f"{view}\n{plan}"
        assert "Seq Scan on queue_item" not in plan, f"{view}\n{plan}"
    counted = await _plan(house, board._COUNTS, practices=[practice], reader=owner, now=at)  # noqa: SLF001
    used = set(re.findall(r"(?:using|on) (queue_\w+)", counted))
    # What is found soon may be read as it lies: a count ends at a hundred.
    assert {"queue_open_by_owner", "queue_silent", "queue_done"} <= used, counted


async def test_the_database_wakes_what_the_rule_wakes(house: House) -> None:
    """Whoever writes a flag, in whatever room, what rests wakes exactly as queue/verbs.py says."""
    practice, at = house.place.id, house.clock.now()
    cases = list(product((True, False), repeat=3))
    asleep: list[tuple[Item, bool, bool]] = []
    for number, (for_reply, joined, by_text) in enumerate(cases):
        item, patient, other = (fresh_id(house.clock) for _ in range(3))
        await house.rows(
            "INSERT INTO patient SELECT (jsonb_populate_record(p, jsonb_build_object("
            "'id', $1::uuid, 'external_id', $2::text))).* FROM patient p WHERE id = $3",
            *(patient, f"W-{number}", house.rosa),
        )
        for one, subject in ((item, "rests"), (other, "other")):
            await house.rows(
                "INSERT INTO queue_item (practice_id, id, about_id, patient_id, subject, severity,"
                " status, owner_id, owner_why, due_at, opened_at, snoozed_at, snoozed_until,"
                " snoozed_for_reply) VALUES ($1, $2, $3, $3, $4::text, 'routine', 'ready', $5, 'x',"
                " $6, $6, CASE WHEN $4::text = 'rests' THEN $6::timestamptz END, $7, $8)",
                *(practice, one, patient, subject, house.place.manager, at),
                *(at + timedelta(days=1), for_reply),
            )
        await house.rows(
            "INSERT INTO flag (practice_id, id, item_id, patient_id, reason, severity, rule,"
            " source_id, message_id, at) VALUES ($1, $2, $3, $4, 'x', 'routine', 'r', $2, $5, $6)",
            *(practice, fresh_id(house.clock), item if joined else other, patient),
            *(fresh_id(house.clock) if by_text else None, at),
        )
        known = Item(
            id=item,  # type: ignore[arg-type] # made here
            severity="routine",
            status="ready",
            owner_id=house.place.manager,
            snoozed_at=at,
            snoozed_until=at + timedelta(days=1),
            snoozed_for_reply=for_reply,
        )
        asleep.append((known, joined, by_text))

    rows = dict(await _pairs(house, "SELECT id, snoozed_at IS NULL FROM queue_item"))
    woken = [
        one
        for one, joined, by_text in asleep
        if verbs.woken_by(one, joined=joined, by_text=by_text)
    ]
    assert {one.id for one, _, _ in asleep if rows[one.id]} == {one.id for one in woken}
    assert await house.one("SELECT count(*) FROM audit WHERE action = 'item.woken'") == len(woken)
    assert await house.one("SELECT count(*) FROM feed WHERE kind = 'item'") == len(woken)


async def test_work_of_who_has_left_goes_to_who_is_here(house: House) -> None:
    """Promise D1: the end of somebody's last role moves their work within one look, visibly."""
    practice, leaver, at = house.place.id, house.place.manager, house.clock.now()
    app = house.databases.app
    async with app.work([practice], practice) as work:
        reason = Reason(
            source_id=fresh_id(house.clock),
            patient_id=house.rosa,
            reason="discharged",
            severity="routine",
            rule="test",
            due_at=at + timedelta(days=2),
        )
        item = await opening.give(work, practice, reason, at)
        await end_membership(work, practice, leaver, "care_manager", at=at, by=SYSTEM)
    ((row,),) = await house.rows("SELECT id FROM due WHERE kind = 'cover'")
    before = await house.one("SELECT owner_id FROM queue_item WHERE id = $1", item)

    rounds = Rounds(database=house.databases.worker, clock=house.clock)
    await rounds.leave(practice, CoverId(row))  # type: ignore[arg-type] # asyncpg's uuid

    after = await house.one("SELECT owner_id FROM queue_item WHERE id = $1", item)
    assert (before, after) == (leaver, house.place.responsible)
    assert await house.rows("SELECT id FROM due WHERE kind = 'cover'") == []
    assert await house.one("SELECT count(*) FROM audit WHERE action = 'item.moved-on'") == 1


async def _pairs(house: House, sql: str) -> Sequence[tuple[Any, Any]]:
    return [(row[0], row[1]) for row in await house.rows(sql)]
