"""Test pages to oneself: one is sent by a way, and its code says that it came.

The same proof as `engage paging test` gives, by whoever it is about. It refuses to page anybody
else, to send more than a few an hour, and to let a code be guessed.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.parts import Parts
from engage.api.practices import chosen_practice
from engage.audit import By
from engage.ids import PracticeId
from engage.people.signing import limits
from engage.people.signing.store import Counted, allow
from engage.queue.paging import proofs
from engage.queue.paging.channel import Way

LONGEST_CODE = 12
_PRACTICE = Meta(description="Whose account sends it; needed by who works in several.")


class PageTestIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By which way a test page is to come to me."""

    way: Way
    practice_id: Annotated[PracticeId | None, _PRACTICE] = None


class PageTestOut(Struct, frozen=True, kw_only=True):
    """That a test page left, and until when its code can be said."""

    way: Way
    until_at: datetime


class PageProofIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code that stood on a test page."""

    code: Annotated[str, Meta(min_length=1, max_length=LONGEST_CODE)]
    practice_id: Annotated[PracticeId | None, _PRACTICE] = None

    def __repr__(self) -> str:
        """Hide the code."""
        return "PageProofIn(…)"


class PageProofOut(Struct, frozen=True, kw_only=True):
    """The way that is proven from now on."""

    way: Way
    proven_at: datetime


@post(
    "/me/paging/test",
    opt=needs("queue.work"),
    operation_id="sendPageTest",
    summary="Send a test page to myself",
    status_code=HTTPStatus.CREATED,
)
async def send_test(
    data: JSONBody[PageTestIn], visit: NamedDependency[Visit], parts: NamedDependency[Parts]
) -> PageTestOut:
    """Send it at once, with a code and nothing else; a few an hour."""
    practice, me, at = chosen_practice(visit, data.practice_id), visit.staff_id, parts.clock.now()
    async with parts.database.work() as work:
        await allow(work, parts.vault.master, (Counted(limits.PAGE_TESTS, str(me)),), at)
    await proofs.send(
        parts.database,
        parts.vault.master,
        parts.clock,
        parts.channels,
        practice,
        me,
        data.way,
        By.staff(me),
    )
    return PageTestOut(way=data.way, until_at=at + proofs.HOLDS)


@post(
    "/me/paging/confirm",
    opt=needs("queue.work"),
    operation_id="confirmPageTest",
    summary="Say the code of a test page: this way reaches me",
    status_code=HTTPStatus.OK,
)
async def confirm_test(
    data: JSONBody[PageProofIn], visit: NamedDependency[Visit], parts: NamedDependency[Parts]
) -> PageProofOut:
    """Take the code once, within a day; it counts for the practice as that of the command does."""
    practice, me, at = chosen_practice(visit, data.practice_id), visit.staff_id, parts.clock.now()
    async with parts.database.work() as work:
        await allow(work, parts.vault.master, (Counted(limits.PAGE_CODES, str(me)),), at)
    way = await proofs.confirm(
        parts.database, parts.vault.master, parts.clock, practice, me, data.code, By.staff(me)
    )
    return PageProofOut(way=way, proven_at=at)
