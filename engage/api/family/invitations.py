"""A caregiver is invited by text, by staff or by the patient, and is in with one tap.

The secret of the link stands in its fragment, which no browser sends and no log keeps; the page
shows what it leads to and takes it only when it is told to.
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

from engage import audit
from engage.api.auth.cookie import refuse_other_sites
from engage.api.auth.guard import Relative, Visit
from engage.api.auth.marks import ANYBODY, family, fresh, needs
from engage.api.auth.ways import came_from, keeping
from engage.api.family.sharing import Mays, grant_by_page
from engage.api.grants import LONGEST_EVIDENCE
from engage.api.ids import Own, chosen
from engage.api.once import Made, once
from engage.api.parts import Parts
from engage.api.patients import Language, Name, Phone
from engage.api.practices import find
from engage.api.sign_ins import TokensOut
from engage.audit import By
from engage.clock import fresh_id
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.ids import CaregiverId, GrantId, PatientId, PracticeId
from engage.people import inviting
from engage.people.caregiver import LONGEST_RELATIONSHIP
from engage.people.phone import NotAPhoneNumber, PhoneNumber
from engage.people.sharing import store as sharing
from engage.people.sharing.grant import read_verbs
from engage.people.sharing.store import EndsBefore, Grant
from engage.people.staffing.store import get_practice
from engage.turns.invitations import Invitee, Means, invite

_PHONE = "/phone"
_LONGEST_MINUTES = int(inviting.LONGEST.total_seconds()) // 60
_SHORTEST_MINUTES = int(inviting.SHORTEST.total_seconds()) // 60


class InvitationIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to invite, and what they may."""

    given_name: Name
    family_name: Name
    language: Language
    relationship: Annotated[
        str, Meta(min_length=1, max_length=LONGEST_RELATIONSHIP, examples=["daughter"])
    ]
    phone: Phone
    may: Mays
    minutes: Annotated[
        int,
        Meta(ge=_SHORTEST_MINUTES, le=_LONGEST_MINUTES, description="For how long the link opens."),
    ] = _LONGEST_MINUTES
    id: Own[UUID | None] = None

    def __repr__(self) -> str:
        """Hide who it is."""
        return "InvitationIn(…)"


class StaffInvitationIn(InvitationIn, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same by staff, who say how they know that the patient wants it."""

    how: Literal["verbal", "written"]
    evidence: Annotated[
        str, Meta(max_length=LONGEST_EVIDENCE, description="Where and how they said it.")
    ] = ""


class InvitationOut(Struct, frozen=True, kw_only=True):
    """An invitation on its way."""

    id: UUID
    caregiver_id: CaregiverId
    until_at: datetime


class SecretIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The secret of a link."""

    secret: Annotated[str, Meta(min_length=1, max_length=inviting.LONGEST_SECRET)]

    def __repr__(self) -> str:
        """Hide it."""
        return "SecretIn(…)"


class InvitedOut(Struct, frozen=True):
    """What a link leads to, before it is taken: who asks, and nothing of anybody's care."""

    practice_name: str


@post(
    "/patients/{patient_id:uuid}/invitations",
    opt=fresh(needs("consent.write")),
    operation_id="inviteCaregiver",
    summary="Invite a caregiver by text, as the patient wants it",
    status_code=HTTPStatus.CREATED,
)
async def post_invitation(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    data: JSONBody[StaffInvitationIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[InvitationOut]:
    """Write down the caregiver and what they may, with the evidence, and text them the link."""
    practice = await find(parts.database, visit, "patient", patient_id)
    keys, person = await parts.vault.keys(practice), PatientId(patient_id)

    async def act(work: Work) -> Made:
        by = By.staff(visit.staff_id)
        whom, out = await _invited(work, parts, keys, person, data, by)
        # Not before: whoever is new is tied to them from that moment on.
        at = parts.clock.now()
        for may in data.may:
            one = GrantId(fresh_id(parts.clock))
            if may.until_at is not None and may.until_at <= at:
                raise EndsBefore("/may/until_at")  # noqa: EM101 - a pointer, not a sentence
            new = Grant(
                practice_id=practice,
                id=one,
                patient_id=person,
                caregiver_id=whom,
                category=may.category,
                how=data.how,
                granted_at=at,
                heard_by=visit.staff_id,
                until_at=may.until_at,
                verbs=read_verbs(may.verbs),
                sensitive=tuple(dict.fromkeys(may.sensitive)),
                evidence_sealed=keys.seal_text(sharing.EVIDENCE, one, data.evidence)
                if data.evidence
                else None,
            )
            await sharing.add(work, new)
            await audit.record(
                work,
                practice,
                at,
                actor="staff",
                actor_id=visit.staff_id,
                action="grant.add",
                subject="caregiver_grant",
                subject_id=one,
                patient_id=person,
            )
        return Made(out, HTTPStatus.CREATED)

    answer = await once(request, parts, practice, InvitationOut, act)
    parts.bell.ring("outbox")
    return answer


@post(
    "/family/{patient_id:uuid}/invitations",
    opt=fresh(family(own=True)),
    operation_id="inviteMyCaregiver",
    summary="Invite somebody to care for me",
    status_code=HTTPStatus.CREATED,
)
async def post_my_invitation(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    data: JSONBody[InvitationIn],
    relative: NamedDependency[Relative],
    parts: NamedDependency[Parts],
) -> Response[InvitationOut]:
    """Write down who it is and what they may, by my own hand, and text them the link."""
    practice, person = relative.me.practice_id, PatientId(patient_id)
    keys = await parts.vault.keys(practice)

    async def act(work: Work) -> Made:
        whom, out = await _invited(work, parts, keys, person, data, relative.by)
        for may in data.may:
            await grant_by_page(work, parts.clock, relative, whom, may)
        return Made(out, HTTPStatus.CREATED)

    answer = await once(request, parts, practice, InvitationOut, act)
    parts.bell.ring("outbox")
    return answer


@post(
    "/auth/invitation/look",
    opt=ANYBODY,
    operation_id="lookAtInvitation",
    summary="What the link of an invitation leads to; it still opens afterwards",
    status_code=HTTPStatus.OK,
)
async def look(
    request: Request[Any, Any, State], data: JSONBody[SecretIn], parts: NamedDependency[Parts]
) -> InvitedOut:
    """Return who invites; 401 for a link that does not open, whatever the reason."""
    refuse_other_sites(request)
    practice, _ = await _looked(request, parts, data.secret)
    async with parts.database.work([practice]) as work:
        return InvitedOut((await get_practice(work, practice)).name)


@post(
    "/auth/invitation/accept",
    opt=ANYBODY,
    operation_id="acceptCaregiverInvitation",
    summary="Take an invitation: it signs its caregiver in, once",
    status_code=HTTPStatus.OK,
)
async def accept(
    request: Request[Any, Any, State], data: JSONBody[SecretIn], parts: NamedDependency[Parts]
) -> TokensOut:
    """Answer with tokens, once; 401 for a link that does not open, whatever the reason."""
    refuse_other_sites(request)
    practice, one = await _looked(request, parts, data.secret)
    at = parts.clock.now()

    async def act(work: Work) -> TokensOut:
        tokens, whom, person = await inviting.accept(work, keeping(parts), practice, one, at)
        await audit.record(
            work,
            practice,
            at,
            actor="caregiver",
            actor_id=whom,
            action="invitation.accept",
            subject="invitation",
            subject_id=one,
            patient_id=person,
        )
        return TokensOut.of(tokens)

    return await parts.database.again(act, [practice], practice)


async def _looked(
    request: Request[Any, Any, State], parts: Parts, secret: str
) -> tuple[PracticeId, UUID]:
    return await inviting.look(
        parts.database,
        parts.vault.master,
        secret.strip(),
        came_from(parts, request),
        parts.clock.now(),
    )


async def _invited(
    work: Work, parts: Parts, keys: PracticeKeys, person: PatientId, data: InvitationIn, by: By
) -> tuple[CaregiverId, InvitationOut]:
    phone, at = _phone(data.phone), parts.clock.now()
    await inviting.count(work, parts.vault.master, phone, parts.settings.codes_a_day, at)
    means = Means(keys, parts.vault.master, parts.catalogue, parts.settings.public_url, parts.clock)
    invitee = Invitee(
        given_name=data.given_name,
        family_name=data.family_name,
        language=data.language,
        relationship=data.relationship,
        phone=phone,
        lasts=timedelta(minutes=data.minutes),
    )
    whom, new = await invite(work, means, person, chosen(data.id, parts.clock), invitee, by)
    return whom, InvitationOut(id=new.id, caregiver_id=whom, until_at=new.until_at)


def _phone(raw: str) -> PhoneNumber:
    try:
        return PhoneNumber.parse(raw)
    except NotAPhoneNumber:
        raise NotAPhoneNumber(_PHONE) from None
