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

from engage import audit, feed
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
from engage.ids import CaregiverId, GrantId, MessageId, PatientId, PracticeId
from engage.messaging.codes import LinkText, queue_link
from engage.people import inviting
from engage.people.caregiver import LONGEST_RELATIONSHIP, NewCaregiver, read_relationship
from engage.people.circle import store as circle
from engage.people.inviting import store as invitations
from engage.people.inviting.store import Invitation
from engage.people.phone import NotAPhoneNumber, PhoneNumber
from engage.people.register.store import phone_ids
from engage.people.sharing import store as sharing
from engage.people.sharing.grant import read_verbs
from engage.people.sharing.store import EndsBefore, Grant
from engage.people.staffing.store import get_practice
from engage.people.store import get_patient
from engage.turns.refusals import NoPhone, UnsafePhone

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
    opt=family(own=True),
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
    at, practice, phone = parts.clock.now(), keys.practice, _phone(data.phone)
    master = parts.vault.master
    await inviting.count(work, master, phone, parts.settings.codes_a_day, at)
    whose = await get_patient(work, keys, person)
    whom = await _caregiver(work, parts, keys, person, data, phone, by)
    on = await invitations.phone_of(work, practice, whom)
    if on is None:
        raise NoPhone(_PHONE)
    new = Invitation(
        practice_id=practice,
        id=chosen(data.id, parts.clock),
        patient_id=person,
        caregiver_id=whom,
        phone_id=on,
        made_by_kind="staff" if by.actor == "staff" else "patient",
        made_by=by.actor_id or person,
        made_at=at,
        until_at=at + timedelta(minutes=data.minutes),
    )
    secret = await inviting.make(work, master, new)
    link = f"{parts.settings.public_url}/family/#i={secret}"
    unsafe = (person, whom) in await sharing.unsafe(work, practice, [person])
    if unsafe and by.actor == "staff":
        raise UnsafePhone(_PHONE)
    text = LinkText(
        id=MessageId(fresh_id(parts.clock)),
        phone_id=on,
        language=data.language,
        given_name=whose.given_name,
        link=link,
        at=at,
        until=new.until_at,
    )
    if not unsafe:
        # Else the page answers as ever: somebody else may hold the person's phone.
        await queue_link(work, keys, parts.catalogue, text)
    await audit.record(
        work,
        practice,
        at,
        actor=by.actor,
        actor_id=by.actor_id,
        action="invitation.make",
        subject="invitation",
        subject_id=new.id,
        patient_id=person,
    )
    await feed.add(work, practice, at, "patient", person, person)
    return whom, InvitationOut(id=new.id, caregiver_id=whom, until_at=new.until_at)


async def _caregiver(
    work: Work,
    parts: Parts,
    keys: PracticeKeys,
    person: PatientId,
    data: InvitationIn,
    phone: PhoneNumber,
    by: By,
) -> CaregiverId:
    """Return who has this phone here, or has it and this name elsewhere; else write them down."""
    at = parts.clock.now()
    for one in await circle.caregivers_of(work, keys, person, at):
        if one.phone == phone:
            return one.id
    new = NewCaregiver.read(
        CaregiverId(fresh_id(parts.clock)),
        given_name=data.given_name,
        family_name=data.family_name,
        language=data.language,
        phone=phone,
    )
    relationship = read_relationship(data.relationship)
    on = (await phone_ids(work, keys, [phone], at))[phone]
    known = await invitations.namesake(work, keys.practice, on, new.given_name, new.family_name)
    if known is not None:
        # Who cares for several people is one person, with one sign-in.
        await circle.link_caregiver(work, keys, known, person, relationship, at=at, by=by)
        return known
    await circle.add_caregiver(work, keys, new, person, relationship, at=at, by=by)
    return new.id


def _phone(raw: str) -> PhoneNumber:
    try:
        return PhoneNumber.parse(raw)
    except NotAPhoneNumber:
        raise NotAPhoneNumber(_PHONE) from None
