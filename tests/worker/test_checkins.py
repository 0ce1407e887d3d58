"""A plan that is due, taken by the worker's own loop with the real turns."""

from datetime import timedelta

from engage.checkins.beginning import NewPlan, begin_plan
from engage.checkins.script import load_all
from engage.clock import SettableClock, fresh_id
from engage.db.vault import Vault
from engage.ids import CheckInPlanId
from engage.jobs.loops import all_loops
from engage.turns.take import Turns
from tests.conftest import Databases
from tests.fakes import practice as fakes
from tests.fakes.turns import FakeHospital, FakeLetters, FakeNotices, FakeOutbox, FakePager


async def test_the_worker_asks_what_is_due(
    databases: Databases, vault: Vault, clock: SettableClock
) -> None:
    """One look asks each plan that is due once; a look with nothing due does nothing."""
    place = await fakes.open_practice(databases.app, vault, clock)
    for number in (150, 151):
        rosa = await fakes.add_patient(databases.app, place, clock, f"+16025550{number}")
        new = NewPlan(
            id=CheckInPlanId(fresh_id(clock)),
            practice_id=place.id,
            patient_id=rosa,
            script="chronic-care",
            cadence="FREQ=DAILY",
        )
        async with databases.app.work([place.id], place.id) as work:
            await begin_plan(work, place.keys, load_all(), new, clock.now(), place.manager)
    bell = fakes.SilentBell()
    turns = Turns(
        database=databases.worker, vault=vault, clock=clock, library=fakes.LIBRARY, bell=bell
    )
    loop = all_loops(
        turns=turns,
        outbox=FakeOutbox(databases.worker),
        reconciler=FakeOutbox(databases.worker),
        pager=FakePager(databases.worker),
        hospital=FakeHospital(databases.worker),
        letters=FakeLetters(databases.worker),
        notices=FakeNotices(databases.worker),
        database=databases.worker,
        clock=clock,
    )["checkin"]

    await loop.drain()
    assert not bell.rung
    clock.set(clock.now() + timedelta(days=1))
    await loop.drain()
    await loop.drain()

    assert bell.rung == ["outbox", "outbox"]
    async with fakes.raw(databases.urls["admin"]) as rows:
        asked = await rows.fetch("SELECT text_id, kind, status FROM message")
        due = await rows.fetch(
            "SELECT tries, due_at > $1 FROM due WHERE kind = 'checkin'", clock.now()
        )
    assert [tuple(row) for row in asked] == [("checkin.feeling", "check-in", "queued")] * 2
    assert [tuple(row) for row in due] == [(0, True)] * 2
