"""The link of a screening's one-time page: made for a person, shown once, revoked.

Whoever holds it may answer in that person's name, so it is kept as a hash and belongs to the phone,
the tablet or the hand it was made for.
"""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.once import Made, once
from engage.api.parts import Parts
from engage.api.practices import find
from engage.db.session import Work
from engage.ids import ScreeningId
from engage.turns.page_links import DAYS, address_of


class PageLinkIn(Struct, frozen=True, forbid_unknown_fields=True):
    """What to do with the link of a screening's page."""

    act: Annotated[Literal["renew", "revoke"], Meta(description="renew revokes the one before.")]


class PageLinkOut(Struct, frozen=True, kw_only=True):
    """The one-time page of a screening; its link is shown once."""

    screening_id: ScreeningId
    link: Annotated[
        str | None, Meta(description="For the person themselves. Whoever holds it may answer.")
    ]
    expires_at: datetime | None

    def __repr__(self) -> str:
        """Hide the link."""
        return f"PageLinkOut(screening_id={self.screening_id}, link=…)"


@post(
    "/screenings/{screening_id:uuid}/link",
    opt=needs("screening.write"),
    operation_id="changeScreeningLink",
    summary="Make or revoke the link of a screening's one-time page",
    status_code=HTTPStatus.OK,
)
async def post_screening_link(
    request: Request[Any, Any, State],
    screening_id: FromPath[UUID],
    data: JSONBody[PageLinkIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[PageLinkOut]:
    """Revoke every link there is; renewed, the answer holds the one that holds from now on."""
    practice = await find(parts.database, visit, "screening", screening_id)
    mine, at = ScreeningId(screening_id), parts.clock.now()

    async def act(work: Work) -> Made:
        token = await parts.turns.link_to(
            work, practice, mine, visit.staff_id, renew=data.act == "renew"
        )
        out = PageLinkOut(
            screening_id=mine,
            link=None if token is None else address_of(parts.settings.public_url, token),
            expires_at=None if token is None else at + timedelta(days=DAYS),
        )
        return Made(out, HTTPStatus.OK)

    return await once(request, parts, practice, PageLinkOut, act)
