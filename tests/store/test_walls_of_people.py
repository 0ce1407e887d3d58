"""A practice is a wall: nobody looks over it, and a copy of the tables tells nothing."""

import asyncpg
import pytest
from sqlalchemy import select

from engage.audit import SYSTEM
from engage.clock import SettableClock
from engage.db.session import Query
from engage.db.tables import patient, phone
from engage.db.vault import Vault
from engage.errors import NotFound
from engage.people import store
from engage.people.access import Visible, only
from engage.people.patient import PatientChange
from tests.conftest import Databases
from tests.store.made_people import Made, add_patient, make_practice, new_patient

pytestmark = pytest.mark.database

EVERYBODY = Query(select(patient.c.id))
PHONES = Query(select(phone.c.practice_id, phone.c.id, phone.c.number_hash))


@pytest.fixture
async def two(databases: Databases, vault: Vault, clock: SettableClock) -> tuple[Made, Made]:
    """Two practices with a patient each, who are known by the same id and number."""
    ours = await make_practice(databases.app, vault, clock, "Desert Bloom", "+16025550100")
    theirs = await make_practice(databases.app, vault, clock, "Cactus Wren", "+16025550102")
    await add_patient(databases.app, clock, ours)
    await add_patient(databases.app, clock, theirs)
    return ours, theirs


async def test_a_practice_sees_its_own_patients(
    databases: Databases, two: tuple[Made, Made]
) -> None:
    """Even a query without any condition returns no patient of another practice."""
    ours, theirs = two
    keys = {ours.id: ours.keys, theirs.id: theirs.keys}
    async with databases.app.work([ours.id]) as work:
        everybody = await work.rows(EVERYBODY)
        (rosa,) = (await store.find_patients(work, only(ours.id), keys)).items
        # The policy above the wall is wrong on purpose: the wall holds.
        wide = await store.find_patients(work, Visible((ours.id, theirs.id)), keys)
    async with databases.app.work([theirs.id]) as work:
        with pytest.raises(NotFound):
            await store.get_patient(work, theirs.keys, rosa.id)
        with pytest.raises(NotFound):
            await store.get_patient(work, ours.keys, rosa.id)

    assert [row["id"] for row in everybody] == [rosa.id]
    assert wide.items == (rosa,)


async def test_the_same_number_is_two_phones(databases: Databases, two: tuple[Made, Made]) -> None:
    """Two practices that know the same number can't learn it from each other's rows."""
    ours, theirs = two
    async with databases.app.work([ours.id, theirs.id]) as work:
        rows = await work.rows(PHONES)

    assert {row["practice_id"] for row in rows} == {ours.id, theirs.id}
    assert len({row["number_hash"] for row in rows}) == 2


async def test_another_practice_can_not_be_written(
    databases: Databases, clock: SettableClock, two: tuple[Made, Made]
) -> None:
    """A work that may read two practices and write one can't write the other."""
    ours, theirs = two
    scope = [ours.id, theirs.id]
    at = clock.now()
    async with databases.app.work(scope, theirs.id) as work:
        (hers,) = (await store.find_patients(work, only(theirs.id), {theirs.id: theirs.keys})).items

    async def create() -> None:
        async with databases.app.work(scope, ours.id) as work:
            new = new_patient(clock, "B-2")
            await store.create_patient(work, theirs.keys, new, at=at, by=SYSTEM)

    async def change() -> None:
        async with databases.app.work(scope, ours.id) as work:
            eve = PatientChange(given_name="Eve")
            await store.update_patient(work, theirs.keys, hers.id, eve, at=at, by=SYSTEM)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await create()
    with pytest.raises(NotFound):
        await change()
    async with databases.app.work(scope, theirs.id) as work:
        assert await store.get_patient(work, theirs.keys, hers.id) == hers


async def test_no_scope_is_an_error(databases: Databases, two: tuple[Made, Made]) -> None:
    """A transaction that says no practice gets an error and not all rows."""
    with pytest.raises(asyncpg.PostgresError):
        async with databases.app.work() as work:
            await work.rows(EVERYBODY)


async def test_a_copy_of_the_tables_tells_nothing(
    databases: Databases, clock: SettableClock, two: tuple[Made, Made]
) -> None:
    """No table shows a birth date, a patient's number or a staff address, as text or as bytes."""
    secrets = ["1958-04-17", "19580417", "6025550110", "602-555-0110", "dana@desert.example.org"]
    needles = [s.lower() for s in secrets] + [s.encode().hex() for s in secrets]
    whole = ""
    connection = await asyncpg.connect(databases.urls["admin"])
    try:
        tables = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind = 'r'"
        )
        for (table,) in tables:
            rows = await connection.fetch(f'SELECT t::text FROM "{table}" t')  # noqa: S608 - the catalogue's own names
            whole += "\n".join(row[0] for row in rows).lower()
    finally:
        await connection.close()

    assert "delgado" in whole
    assert [needle for needle in needles if needle in whole] == []
