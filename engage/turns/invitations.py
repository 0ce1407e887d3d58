"""A caregiver is written down and texted the link of an invitation: the same way, whoever asks.

By staff who heard it, by the person on their page, or by a text of theirs. This room refuses to say
what they may see (grants), and to text a phone that is not safe for the person.
"""

from datetime import timedelta
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from engage import audit, feed
from engage.audit import By
from engage.clock import Clock, fresh_id
from engage.db.sealing import MasterKeys, PracticeKeys
from engage.db.session import Work
from engage.ids import CaregiverId, MessageId, PatientId, PhoneId
from engage.messaging.codes import LinkText, queue_link
from engage.messaging.texts import Catalogue
from engage.people import inviting
from engage.people.caregiver import NewCaregiver, read_relationship
from engage.people.circle import store as circle
from engage.people.fields import Language, Personal
from engage.people.inviting import store as invitations
from engage.people.inviting.store import Invitation
from engage.people.phone import PhoneNumber
from engage.people.register.store import phone_ids
from engage.people.sharing import store as sharing
from engage.people.store import get_patient
from engage.reading.fold import fold
from engage.turns.refusals import NoPhone, PhoneOfAnother, UnsafePhone

_PHONE = "/phone"


class Invitee(Personal, frozen=True, kw_only=True):
    """Whom to invite, and for how long the link opens."""

    given_name: str
    family_name: str
    language: Language
    relationship: str
    phone: PhoneNumber
    lasts: timedelta = inviting.LONGEST


class Means(Struct, frozen=True):
    """What an invitation is made with."""

    keys: PracticeKeys
    master: MasterKeys
    catalogue: Catalogue
    public_url: str
    clock: Clock


Invited: TypeAlias = tuple[CaregiverId, Invitation]


async def invite(
    work: Work, means: Means, person: PatientId, one: UUID, whom: Invitee, by: By
) -> Invited:
    """Write down who it is and text them the link; the caller has counted it, and says what for.

    To a phone that is not safe nothing is texted: staff are told so, the person is not, for
    somebody else may hold their phone.
    """
    at, keys = means.clock.now(), means.keys
    practice = keys.practice
    whose = await get_patient(work, keys, person)
    who = await _caregiver(work, means, person, whom, by)
    on = await invitations.phone_of(work, practice, who)
    if on is None:
        raise NoPhone(_PHONE)
    new = Invitation(
        practice_id=practice,
        id=one,
        patient_id=person,
        caregiver_id=who,
        phone_id=on,
        made_by_kind="staff" if by.actor == "staff" else "patient",
        made_by=by.actor_id or person,
        made_at=at,
        until_at=at + whom.lasts,
    )
    secret = await inviting.make(work, means.master, new)
    unsafe = (person, who) in await sharing.unsafe(work, practice, [person])
    if unsafe and by.actor == "staff":
        raise UnsafePhone(_PHONE)
    if not unsafe:
        await _text(work, means, new, on, whom.language, whose.given_name, secret)
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
    return who, new


async def _text(
    work: Work,
    means: Means,
    new: Invitation,
    on: PhoneId,
    language: Language,
    given_name: str,
    secret: str,
) -> None:
    text = LinkText(
        id=MessageId(fresh_id(means.clock)),
        phone_id=on,
        language=language,
        given_name=given_name,
        link=f"{means.public_url}/family/#i={secret}",
        at=new.made_at,
        until=new.until_at,
    )
    await queue_link(work, means.keys, means.catalogue, text)


async def _caregiver(
    work: Work, means: Means, person: PatientId, whom: Invitee, by: By
) -> CaregiverId:
    """Return who has this phone and name, here or elsewhere; else write them down."""
    keys, at = means.keys, means.clock.now()
    theirs = await circle.caregivers_of(work, keys, person, at)
    here = [one for one in theirs if one.phone == whom.phone]
    for one in here:
        if fold(one.given_name) == fold(whom.given_name):
            return one.id
    if here:
        # What is shared with one of two who share a phone would go to the other.
        raise PhoneOfAnother(_PHONE)
    new = NewCaregiver.read(
        CaregiverId(fresh_id(means.clock)),
        given_name=whom.given_name,
        family_name=whom.family_name,
        language=whom.language,
        phone=whom.phone,
    )
    relationship = read_relationship(whom.relationship)
    on = (await phone_ids(work, keys, [whom.phone], at))[whom.phone]
    known = await invitations.namesake(work, keys.practice, on, new.given_name, new.family_name)
    if known is not None:
        # Who cares for several people is one person, with one sign-in.
        await circle.link_caregiver(work, keys, known, person, relationship, at=at, by=by)
        return known
    await circle.add_caregiver(work, keys, new, person, relationship, at=at, by=by)
    return new.id
