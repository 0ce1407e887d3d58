"""Referrals: put a wanted need to an organization, and record what comes of it.

Nothing about a person is told to an organization without the consent that the member of staff
records here. The link of the organization's page is shown once, and kept as a hash. What staff
heard from the organization is recorded as such, with a note.
"""

import base64
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.etags import IfMatch, expects
from engage.api.ids import Own, chosen
from engage.api.once import Made, once
from engage.api.parts import Parts
from engage.api.practices import find
from engage.api.quoted.store import names_of
from engage.api.referral_values import (
    ReferralMadeOut,
    ReferralOut,
    followed,
    referral_out,
)
from engage.api.refusals import FieldError, IdTaken, Unprocessable
from engage.clock import random_bytes
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import NeedId, OrganizationId, PracticeId, ReferralId, ServiceId
from engage.needs import letters, moving
from engage.needs.episodes import store as episodes
from engage.needs.listing import store as listing
from engage.needs.moving import By
from engage.needs.referral import (
    Business,
    ConsentToShare,
    Move,
    Reason,
    ReasonMissing,
    Referral,
    Status,
    Way,
)
from engage.needs.referring import store
from engage.needs.referring.store import ReferralSeen
from engage.turns.referring import News

LONGEST_ASKED = 1000
LONGEST_NOTE = 500
LINK_DAYS = 30
"""So long an organization's page may be used."""
_LINK_BYTES = 32
_ID, _NOTE = "/id", "/note"
_NOT_LISTED = FieldError(
    "/organization_id", "not-listed", "The directory has no such organization, or not any more."
)
_NO_PAGE = FieldError("/by_email", "no-page", "This referral has no page to send a link of.")
_NO_SERVER = FieldError("/by_email", "no-server", "This deployment has no server for e-mail.")
_NO_ADDRESS = FieldError("/by_email", "no-address", "The directory has no e-mail address for it.")
_NOT_THEIRS = FieldError("/service_id", "not-listed", "This organization offers no such service.")

NEWS: dict[Status, News] = {
    "rejected": "referral-declined",
    "failed": "referral-declined",
    "on-hold": "referral-waitlist",
    "completed": "referral-completed",
}
"""What an organization says that somebody of the practice must hear of."""


class ConsentToShareIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That the person agreed to be referred, as you heard or read it."""

    how: Literal["verbal", "written"]
    phone: Annotated[bool, Meta(description="The organization may have their number.")] = False


class NewReferralIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A need to put to an organization."""

    organization_id: OrganizationId
    service_id: ServiceId | None = None
    way: Annotated[
        Way,
        Meta(
            description="page: the organization answers on its one-time page. staff: you speak "
            "with it. self: the person calls themselves, and nothing is shared."
        ),
    ] = "page"
    asked: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=LONGEST_ASKED,
            description="What the organization is asked. Say no more than it needs.",
            examples=["A food box each week, delivered"],
        ),
    ]
    consent: ConsentToShareIn | None = None
    by_email: Annotated[
        bool,
        Meta(
            description="Send the page's link to the organization by e-mail; then it is not in "
            "the answer. The e-mail says your practice's name and the link, and nothing else."
        ),
    ] = False
    id: Own[ReferralId | None] = None

    def __repr__(self) -> str:
        """Hide the words."""
        return f"NewReferralIn(way={self.way!r}, …)"


class ReferralStatusIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a referral has got to."""

    status: Status
    reason: Annotated[
        Reason | None, Meta(description="Needed for rejected, cancelled, on-hold and failed.")
    ] = None
    business: Business | None = None
    told: Annotated[
        bool,
        Meta(description="You heard this from the organization: then say in the note from whom."),
    ] = False
    note: Annotated[str, Meta(max_length=LONGEST_NOTE)] | None = None

    def __repr__(self) -> str:
        """Hide the note."""
        return f"ReferralStatusIn(status={self.status!r}, …)"


class LinkIn(Struct, frozen=True, forbid_unknown_fields=True):
    """What to do with the link of an organization's page."""

    act: Annotated[
        Literal["renew", "revoke", "send"],
        Meta(description="renew revokes the one before; send has a fresh one sent by e-mail."),
    ]


@post(
    "/needs/{need_id:uuid}/referrals",
    opt=needs("need.write"),
    operation_id="referNeed",
    summary="Refer a patient to an organization",
    status_code=HTTPStatus.CREATED,
)
async def post_referral(
    request: Request[Any, Any, State],
    need_id: FromPath[UUID],
    data: JSONBody[NewReferralIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[ReferralMadeOut]:
    """Put a wanted need to an organization; the answer holds the link of its one-time page."""
    practice = await find(parts.database, visit, "need", need_id)
    keys, mine = await parts.vault.keys(practice), ReferralId(chosen(data.id, parts.clock))

    async def act(work: Work) -> Made:
        need = await episodes.one(work, practice, NeedId(need_id))
        if need is None:
            raise NotFound
        await _refuse_unlisted(work, practice, data)
        if await store.one(work, keys, mine) is not None:
            raise IdTaken(_ID)
        await parts.turns.before_change(work, practice, need.need.patient_id)
        at = parts.clock.now()
        agreed = None
        if data.consent is not None:
            agreed = ConsentToShare(
                at=at, how=data.consent.how, by=visit.staff_id, phone=data.consent.phone
            )
        new = Referral(
            practice_id=practice,
            id=mine,
            need_id=need.need.id,
            patient_id=need.need.patient_id,
            organization_id=data.organization_id,
            service_id=data.service_id,
            status="requested",
            business="patient-will-call" if data.way == "self" else None,
            way=data.way,
            consent=agreed,
            requested_at=at,
            changed_at=at,
        )
        await moving.refer(work, keys, new, data.asked, visit.staff_id)
        if data.by_email:
            await _send(work, parts, keys, mine, at)
        out = await _made(work, parts, keys, new, at, link=not data.by_email)
        return Made(out, HTTPStatus.CREATED, version=new.version)

    answer = await once(request, parts, practice, ReferralMadeOut, act)
    parts.bell.ring("letter")
    return answer


@post(
    "/referrals/{referral_id:uuid}/status",
    opt=needs("need.write"),
    operation_id="changeReferral",
    summary="Record where a referral has got to",
    status_code=HTTPStatus.OK,
)
async def post_referral_status(
    request: Request[Any, Any, State],
    referral_id: FromPath[UUID],
    data: JSONBody[ReferralStatusIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[ReferralOut]:
    """Move a referral; what only the organization says needs a note of whom you heard it from."""
    practice = await find(parts.database, visit, "referral", referral_id)
    keys, mine = await parts.vault.keys(practice), ReferralId(referral_id)
    if data.told and not (data.note or "").strip():
        raise ReasonMissing(_NOTE)

    async def act(work: Work) -> Made:
        await _before(work, parts, keys, mine)
        seen, _ = await moving.move_referral(
            work,
            keys,
            mine,
            lambda _: (Move(data.status, data.reason, data.business),),
            By("requester", visit.staff_id, told=data.told),
            parts.clock.now(),
            expects(if_match),
            data.note,
        )
        out = await _out(work, keys, seen)
        return Made(out, HTTPStatus.OK, version=out.version)

    return await once(request, parts, practice, ReferralOut, act)


@post(
    "/referrals/{referral_id:uuid}/link",
    opt=needs("need.write"),
    operation_id="changeReferralLink",
    summary="Renew or revoke the link of an organization's page",
    status_code=HTTPStatus.OK,
)
async def post_link(
    request: Request[Any, Any, State],
    referral_id: FromPath[UUID],
    data: JSONBody[LinkIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[ReferralMadeOut]:
    """Revoke every link there is; renewed, the answer holds the one that holds from now on."""
    practice = await find(parts.database, visit, "referral", referral_id)
    keys, mine = await parts.vault.keys(practice), ReferralId(referral_id)

    async def act(work: Work) -> Made:
        seen = await store.one(work, keys, mine, lock=True)
        if seen is None:
            raise NotFound
        at = parts.clock.now()
        await store.revoke_links(work, seen.referral, at)
        await audit.record(
            work,
            practice,
            at,
            actor="staff",
            actor_id=visit.staff_id,
            action=f"referral.link-{data.act}",
            subject="referral",
            subject_id=mine,
            patient_id=seen.referral.patient_id,
        )
        if data.act == "send":
            await _send(work, parts, keys, mine, at)
        renew = data.act == "renew" and not seen.referral.over
        out = await _made(work, parts, keys, seen.referral, at, link=renew)
        return Made(out, HTTPStatus.OK)

    answer = await once(request, parts, practice, ReferralMadeOut, act)
    parts.bell.ring("letter")
    return answer


async def _send(
    work: Work, parts: Parts, keys: PracticeKeys, mine: ReferralId, at: datetime
) -> None:
    """Record a letter to the organization, if one could ever reach it."""
    seen = await store.one(work, keys, mine)
    if seen is None:
        raise NotFound
    if seen.referral.way != "page" or seen.referral.over:
        raise Unprocessable(_NO_PAGE)
    if not parts.settings.smtp_url:
        raise Unprocessable(_NO_SERVER)
    if not seen.organization_email:
        raise Unprocessable(_NO_ADDRESS)
    await letters.write(work, keys.practice, mine, "ask", at)


async def _before(work: Work, parts: Parts, keys: PracticeKeys, mine: ReferralId) -> None:
    """Lock the person's lines first: lines come before needs."""
    seen = await store.one(work, keys, mine)
    if seen is None:
        raise NotFound
    await parts.turns.before_change(work, keys.practice, seen.referral.patient_id)


async def _refuse_unlisted(work: Work, practice: PracticeId, data: NewReferralIn) -> None:
    if not await listing.is_listed(work, practice, data.organization_id):
        raise Unprocessable(_NOT_LISTED)
    if data.service_id is not None:
        offered = await listing.service_of(work, practice, data.service_id)
        if (
            offered is None
            or offered.service.withdrawn
            or offered.organization_id != data.organization_id
        ):
            raise Unprocessable(_NOT_THEIRS)


async def _out(work: Work, keys: PracticeKeys, seen: ReferralSeen) -> ReferralOut:
    steps = await store.steps(work, keys, [seen.referral.id])
    agreed = seen.referral.consent
    names = await names_of(work, [agreed and agreed.by, *(one.by_id for one in steps)])
    after = await followed(work, keys.practice, [seen.referral.id])
    return referral_out(seen, steps, names, after)


async def _made(
    work: Work,
    parts: Parts,
    keys: PracticeKeys,
    one: Referral,
    at: datetime,
    *,
    link: bool = True,
) -> ReferralMadeOut:
    address, until = None, None
    if link and one.way == "page":
        secret, until = random_bytes(_LINK_BYTES), at + timedelta(days=LINK_DAYS)
        token = base64.urlsafe_b64encode(secret).rstrip(b"=").decode()
        hashed = parts.vault.master.credential_hashes(store.LINK, token)[0]
        await store.add_link(work, one, hashed, at, until)
        address = f"{parts.settings.public_url}/referral/{token}"
    seen = await store.one(work, keys, one.id)
    if seen is None:
        raise NotFound
    return ReferralMadeOut(
        referral=await _out(work, keys, seen),
        link=address,
        link_expires_at=until,
    )
