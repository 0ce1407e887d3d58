"""A call to the number that texts: who is called, and the words that it is answered with.

A caller may be somebody who looks for help where texts come from. So once the signature is known to
be good, whatever fails and however slowly, they hear 911 and 988 within seconds, and not that an
application had an error. Nothing is written down of a call but the count of requests in /metrics.
As for texts, this refuses to say "forged" of a number that it can't look up: that is a 503.
"""

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from engage.api.intake import named, read, require_signature
from engage.api.parts import Parts
from engage.db.presence import within
from engage.db.session import DatabaseAway
from engage.ids import PracticeId
from engage.messaging.spool.posted import Posted
from engage.messaging.voice import Office, twiml
from engage.people.staffing import store as staffing
from engage.queue.clocks import Calendar

PATIENCE_SECONDS: Final = 2.0
"""How long one question to the database may keep a caller listening to silence; there are two."""

_log = structlog.stdlib.get_logger("engage.api.voice")


async def answer(parts: Parts, posted: Posted) -> bytes:
    """Return what the carrier is to say to a caller."""
    params = read(posted)
    practice, tokens = await _called(parts, *named(params))
    # A number that is not ours has no token, so nothing it says can be signed: the same 403.
    require_signature(posted, params, tokens)
    return twiml(parts.catalogue, None if practice is None else await _office(parts, practice))


async def _called(
    parts: Parts, number: str, account_sid: str
) -> tuple[PracticeId | None, Sequence[str]]:
    """Return whose number is called, and what signs for it."""
    spooling = parts.spooling
    if spooling is None or spooling.presence.here:
        try:
            door = await within(PATIENCE_SECONDS, parts.doors.find(number, account_sid))
        except DatabaseAway:
            if spooling is None:
                raise
            spooling.presence.doubt()
        else:
            return (None, ()) if door is None else (door.practice_id, door.account.auth_tokens)
    known = await spooling.spool.known.find(number, account_sid)
    if known is None:
        raise DatabaseAway
    # By the copy that the spool keeps. Nobody asks for the practice's hours now.
    return None, known.auth_tokens


async def _office(parts: Parts, practice_id: PracticeId) -> Office | None:
    try:
        return await within(PATIENCE_SECONDS, _today(parts, practice_id))
    except Exception:  # noqa: BLE001 - whatever it was, a caller is told about 911 instead
        _log.exception("call answered without the practice", practice=str(practice_id))
        return None


async def _today(parts: Parts, practice_id: PracticeId) -> Office:
    async with parts.database.work([practice_id]) as work:
        practice = await staffing.get_practice(work, practice_id)
    calendar = Calendar(practice.time_zone, practice.business_hours, practice.holidays)
    today = parts.clock.now().astimezone(ZoneInfo(practice.time_zone)).date()
    return Office(practice.name, practice.support_phone, calendar.spans_of(today))
