"""What a turn's loading knows of texts that have not left."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from engage.ids import RANDOM_BYTES, uuid7
from tests.store.conftest import House


async def _queued(house: House) -> list[str]:
    async with house.databases.app.work([house.place.id], house.place.id) as work:
        line = await house.one("SELECT id FROM line")
        loaded: Any = await work.call("turn_context", house.place.id, line, None, house.clock.now())
    return msgspec.json.decode(loaded)["conversations"][0]["queued"]


@pytest.mark.parametrize("days", [-70, -1, 0])
async def test_a_text_that_has_not_left_is_known_whatever_its_month(
    house: House, days: int
) -> None:
    """A queued text counts as unread in any month's partition, past ones too."""
    await house.starts()
    await house.turns.text_in(house.place.door, house.text("often", 1))
    assert await _queued(house) == ["ask/2"]
    await _moved(house, timedelta(days=days))
    assert await _queued(house) == ["ask/2"]


async def test_a_text_by_a_clock_that_runs_ahead_is_known(house: House) -> None:
    """An id from a process whose clock is minutes ahead is loaded, over the end of a month too."""
    await house.starts()
    await house.turns.text_in(house.place.door, house.text("often", 1))
    await _moved(house, timedelta(minutes=10))
    assert await _queued(house) == ["ask/2"]


async def _moved(house: House, by: timedelta) -> None:
    """Give the queued text an id of another moment; its row moves to the month of that id."""
    other = uuid7(house.clock.now() + by, bytes(RANDOM_BYTES))
    await house.alter(f"UPDATE text_key SET message_id = '{other}' WHERE key = 'ask/2'")  # noqa: S608 - ours
    await house.alter(f"UPDATE message SET id = '{other}' WHERE text_key = 'ask/2'")  # noqa: S608 - ours
