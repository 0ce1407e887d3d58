"""A database that is not the one it was: everything is stopped, once, until a person resumes."""

from datetime import timedelta
from pathlib import Path

import pytest

from engage.messaging import restored, sending
from engage.messaging.carrier import classify
from engage.messaging.restored import Lineage, NothingRestored
from tests.store.conftest import House

SUSPENDED = 30002
CHANGES = {
    "another server": "UPDATE lineage SET server = server + 1",
    "another timeline": "UPDATE lineage SET timeline = timeline + 1",
    "tables made anew": "UPDATE lineage SET born = (born::bigint + 1)::oid",
    "an older count": "UPDATE lineage SET beat = 0",
}


async def effects(house: House) -> list[object]:
    """Return what holds each practice's sending."""
    return [row[0] for row in await house.rows("SELECT effect FROM sending")]


async def test_a_restore_stops_every_practice_once_until_somebody_resumes(
    house: House, tmp_path: Path
) -> None:
    """Each sign of a restore stops all sending in one look; a resume ends that and no more."""
    lineage = Lineage(house.databases.worker, house.clock, tmp_path)
    place = house.place.id
    assert [await lineage.look() for _ in range(3)] == [False, False, False]
    assert await effects(house) == []

    for change in CHANGES.values():
        await house.alter(change)
        seen = [await lineage.look(), await lineage.look()]
        stopped = await effects(house)
        async with house.databases.app.work() as work:
            assert await restored.since(work) == house.clock.now()
            lifted = await restored.resume(work, house.clock.now())

        assert (change, seen, stopped, lifted) == (change, [True, False], ["stop"], 1)
        assert await effects(house) == ["none"]

    async with house.databases.app.work([place], place) as work:
        await sending.stop(work, place, house.clock.now())
    async with house.databases.app.work() as work:
        with pytest.raises(NothingRestored):
            await restored.resume(work, house.clock.now())
    assert await effects(house) == ["stop"]


async def test_a_worker_without_a_disk_has_the_servers_word(house: House, tmp_path: Path) -> None:
    """A mark that can't be written, or says nothing, stops nobody and nothing."""
    nowhere = tmp_path / "file"
    nowhere.write_text("no directory")
    lineage = Lineage(house.databases.worker, house.clock, nowhere)

    assert [await lineage.look(), await lineage.look()] == [False, False]
    await house.alter(CHANGES["another timeline"])
    assert await lineage.look()


@pytest.mark.parametrize("code", [None, SUSPENDED], ids=["by hand", "by the carrier"])
async def test_an_earlier_stop_outlives_a_restore(
    house: House, tmp_path: Path, code: int | None
) -> None:
    """A resume ends the pause after a restore alone; lifting the other first leaves the pause."""
    lineage = Lineage(house.databases.worker, house.clock, tmp_path)
    place, at = house.place.id, house.clock.now()
    await lineage.look()
    async with house.databases.app.work([place], place) as work:
        await sending.stop(work, place, at)
    await house.rows("UPDATE sending SET error_code = $1::integer", code)

    house.clock.advance(timedelta(minutes=1))
    await house.alter(CHANGES["another timeline"])
    assert await lineage.look()
    before = await house.rows("SELECT effect, error_code, since FROM sending")
    async with house.databases.app.work() as work:
        assert await restored.resume(work, house.clock.now()) == 0
    after = await house.rows("SELECT effect, error_code, since FROM sending")
    assert before == after == [("stop", code, at)]

    await house.alter(CHANGES["another server"])
    assert await lineage.look()
    async with house.databases.app.work([place], place) as work:
        assert await restored.lift(work, place, house.clock.now())
    assert await house.rows("SELECT effect, since FROM sending") == [("stop", house.clock.now())]
    async with house.databases.app.work() as work:
        assert await restored.resume(work, house.clock.now()) == 1
    assert await effects(house) == ["none"]


async def test_a_stop_of_the_carrier_outlives_the_pause(house: House, tmp_path: Path) -> None:
    """An account that is found suspended while a restore pauses it stays stopped at the resume."""
    lineage = Lineage(house.databases.worker, house.clock, tmp_path)
    place = house.place.id
    await lineage.look()
    await house.alter(CHANGES["another timeline"])
    await lineage.look()
    house.clock.advance(timedelta(minutes=1))
    async with house.databases.app.work([place], place) as work:
        await sending.heed(work, place, classify(SUSPENDED).effect, SUSPENDED, house.clock.now())
    async with house.databases.app.work() as work:
        assert await restored.resume(work, house.clock.now()) == 0
    assert await effects(house) == ["stop"]
