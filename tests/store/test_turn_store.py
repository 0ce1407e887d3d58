"""smoke."""

from engage.turns.take import Turns
from tests.fakes import practice as fakes


async def test_smoke(databases, vault, clock):
    """x."""
    p = await fakes.open_practice(databases.app, vault, clock)
    turns = Turns(
        database=databases.app,
        vault=vault,
        clock=clock,
        library=fakes.LIBRARY,
        bell=fakes.SilentBell(),
    )
    phone = "+16025550101"
    pat = await fakes.add_patient(databases.app, p, clock, phone)
    s = await fakes.screen(turns, databases.app, p, clock, pat)
    r = await turns.text_in(p.door, fakes.text_from(p, phone, "often", 1))
    print(r)
    async with fakes.raw(databases.urls["admin"]) as c:
        for t in (
            "line",
            "thread",
            "message",
            "conversation",
            "queue_item",
            "flag",
            "due",
            "answer",
            "timer",
            "feed",
        ):
            print(t)
            for row in await c.fetch(f"select * from {t}"):
                print("   ", dict(row))
