"""Brings the spool back into the database: verified again, each line in its order.

Texts are only recorded, with the moment they came in; workers take their turns. One process of the
machine drains at a time, eight lines side by side. This room refuses to let a bad entry hold up
another line, and to remove a file before what it holds is committed.
"""

import asyncio
from typing import Final

import structlog
from msgspec import Struct

from engage.api import intake
from engage.api.parts import Parts, Spooling
from engage.api.refusals import BadSignature, NotAForm
from engage.crash import crash_point
from engage.db.presence import within
from engage.db.session import DatabaseAway
from engage.ids import MessageId
from engage.messaging.spool.spool import Entry
from engage.messaging.webhook_form import BadForm

AT_ONCE: Final = 8
"""Half of the connections of a process: the rest is for what comes in live."""
LOOK_SECONDS: Final = 0.5
REST_SECONDS: Final = 5.0
"""How long to wait after something could not be recorded although the database is there."""
PATIENCE_SECONDS: Final = 10.0

_log = structlog.stdlib.get_logger("engage.api.drain")


class Drained(Struct):
    """What came of one pass."""

    recorded: int = 0
    failed: int = 0


async def run(parts: Parts, spooling: Spooling) -> None:
    """Watch the database and drain whenever it is there; runs as long as the process."""
    watching = asyncio.create_task(spooling.presence.watch())
    try:
        while True:
            rest = await _look(parts, spooling)
            await asyncio.sleep(rest)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def drain(parts: Parts, spooling: Spooling) -> Drained:
    """Record what is waiting, as far as the database takes it; nothing if somebody else does."""
    drained = Drained()
    async with spooling.spool.alone() as alone:
        if not alone:
            return drained
        places = asyncio.Semaphore(AT_ONCE)

        async def one(chain: list[Entry]) -> None:
            async with places:
                await _drain_line(parts, spooling, chain, drained)

        await asyncio.gather(*(one(chain) for chain in spooling.spool.chains()))
    if drained.recorded:
        _log.info("spool drained", count=drained.recorded, failed=drained.failed)
    return drained


async def _look(parts: Parts, spooling: Spooling) -> float:
    """Look once and return how long to wait before the next look."""
    try:
        await spooling.spool.look()
        await spooling.spool.known.flush()
        if spooling.presence.here and spooling.spool.depth:
            drained = await drain(parts, spooling)
            return REST_SECONDS if drained.failed else LOOK_SECONDS
    except Exception as error:  # noqa: BLE001 - a disk that fails now may not fail later
        _log.exception("could not look after the spool", exc_info=error)
        return REST_SECONDS
    return LOOK_SECONDS


async def _drain_line(
    parts: Parts, spooling: Spooling, chain: list[Entry], drained: Drained
) -> None:
    for entry in chain:
        # What is being written now comes first, so nothing behind it may pass.
        if entry.pending or not spooling.presence.here:
            return
        try:
            if await _record(parts, spooling, entry):
                drained.recorded += 1
        except DatabaseAway:
            spooling.presence.doubt()
            return
        except (BadSignature, BadForm, NotAForm):
            # Its token or its number is no longer ours: a person must look.
            await spooling.spool.set_aside(entry.name, "unverified")
        except Exception as error:  # noqa: BLE001 - the line waits, the others go on
            _log.warning("spooled request not recorded", exc_info=error)
            drained.failed += 1
            return


async def _record(parts: Parts, spooling: Spooling, entry: Entry) -> bool:
    posted = await spooling.spool.read(entry)
    if posted is None:
        return False
    # The id says when it was recorded, and a line is read in the order of ids.
    message = MessageId(spooling.spool.next_id())
    params = intake.read(posted)
    await within(
        PATIENCE_SECONDS, intake.record(parts, posted, params, turn=False, message=message)
    )
    crash_point("drain.recorded")
    await spooling.spool.done(entry)
    crash_point("drain.removed")
    return True
