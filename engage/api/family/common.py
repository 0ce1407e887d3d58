"""What the routes of families share: the ETag of what was shown, the audit, the team's hours.

An ETag is made of the answer alone, so it changes when what one may see changes, and not otherwise.
"""

import hashlib
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response
from litestar.datastructures import State

from engage import audit
from engage.api.auth.guard import Relative
from engage.api.family.values import TeamOut
from engage.api.parts import Parts
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.family.record import Reader, Seen, read
from engage.people.sharing.grant import Category
from engage.people.staffing.store import get_practice
from engage.queue.clocks import Calendar

_FAR = 60

T = TypeVar("T")


def etag(value: object) -> str:
    """Return the strong ETag of an answer."""
    return f'"{hashlib.sha256(msgspec.json.encode(value)).hexdigest()[:32]}"'


def answered(request: Request[Any, Any, State], value: T) -> Response[T]:
    """Answer with a value and its ETag, or say that it is what the client has."""
    mark = etag(value)
    headers = {"ETag": mark, "Cache-Control": "private, no-cache"}
    given = ",".join(request.headers.getall("if-none-match", []))
    if mark in [one.strip() for one in given.split(",")]:
        empty = Response(content=b"", status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return cast("Response[T]", empty)
    return Response(content=value, headers=headers)


async def keys_of(parts: Parts, relative: Relative) -> PracticeKeys:
    """Return the keys of the practice of whoever asks."""
    return await parts.vault.keys(relative.me.practice_id)


async def seen_by(
    work: Work,
    keys: PracticeKeys,
    relative: Relative,
    at: datetime,
    what: str,
    *wanted: Category,
) -> Seen:
    """Return what the caller may read of the patient whom the path names, and write that down."""
    seen = await read(work, keys, Reader(relative.me.id, relative.person), at, *wanted)
    await looked(work, keys, relative, at, what)
    return seen


async def looked(
    work: Work, keys: PracticeKeys, relative: Relative, at: datetime, what: str
) -> None:
    """Write down that the caller looked at something of the patient whom the path names."""
    await audit.record_patients(
        work,
        keys.practice,
        at,
        by=relative.by,
        action=f"family.{what}",
        patients=[relative.person.patient.id],
    )


async def team(work: Work, keys: PracticeKeys, at: datetime) -> TeamOut:
    """Return the team, and when somebody of it reads what is written."""
    practice = await get_practice(work, keys.practice)
    calendar = Calendar(practice.time_zone, practice.business_hours, practice.holidays)
    clock = ZoneInfo(practice.time_zone)
    today = at.astimezone(clock).date()
    opens, closes = None, None
    for offset in range(_FAR):
        for start, end in calendar.spans_of(today + timedelta(days=offset)):
            day = today + timedelta(days=offset)
            begins = datetime.combine(day, start, clock)
            ends = datetime.combine(day, end, clock)
            if begins <= at < ends:
                closes = ends
            elif begins > at and opens is None:
                opens = begins
        if opens is not None or closes is not None:
            break
    return TeamOut(
        name=practice.name,
        phone=practice.support_phone,
        zone=practice.time_zone,
        open_now=closes is not None,
        opens_at=None if closes is not None or opens is None else opens,
        closes_at=closes,
        hours={
            day: tuple((f"{start:%H:%M}", f"{end:%H:%M}") for start, end in spans)
            for day, spans in practice.business_hours.items()
        },
    )
