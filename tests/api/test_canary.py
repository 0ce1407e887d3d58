"""The canary flies out of the worker and in by the front door, and nobody ever sees it."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from engage.jobs.canaries import PATH, Flights
from engage.messaging.doors import Doors
from tests.api.conftest import PUBLIC_URL, House
from tests.conftest import Databases
from tests.fakes import practice as fakes

pytestmark = pytest.mark.database

EVERY = 300.0
ROWS = (
    "SELECT count(*) FROM message UNION ALL SELECT count(*) FROM queue_item UNION ALL"
    " SELECT count(*) FROM feed UNION ALL SELECT count(*) FROM line UNION ALL"
    " SELECT count(*) FROM due UNION ALL SELECT count(*) FROM audit"
)
FLOWN = "SELECT sent_at, recorded_at, read_at, decided_at, passed_at FROM canary"


async def test_a_canary_comes_in_by_the_front_door(house: House, databases: Databases) -> None:
    """Signed, verified, taken and undone, once in five minutes; a forged one is a 403."""
    answers: list[int] = []
    forged = {"X-Twilio-Signature": "bm90IGl0"}

    async def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
        assert url == PUBLIC_URL + PATH
        wrong = await house.client.post(PATH, content=body, headers={**headers, **forged})
        taken = await house.client.post(PATH, content=body, headers=dict(headers))
        answers.extend((wrong.status_code, taken.status_code))
        return taken.status_code

    flights = Flights(
        database=databases.worker,
        master=house.parts.vault.master,
        doors=Doors(databases.worker, house.parts.vault),
        clock=house.clock,
        post=post,
        public_url=PUBLIC_URL,
        every_seconds=EVERY,
    )
    async with fakes.raw(databases.urls["admin"]) as admin:
        before = [row[0] for row in await admin.fetch(ROWS)]
        await flights.send()
        await flights.send()
        assert answers == [403, 204] * 2
        assert [tuple(row) for row in await admin.fetch(FLOWN)] == [(house.clock.now(),) * 5] * 2
        house.clock.advance(timedelta(seconds=EVERY))
        await flights.send()
        assert len(answers) == 8
        assert [row[0] for row in await admin.fetch(ROWS)] == before
