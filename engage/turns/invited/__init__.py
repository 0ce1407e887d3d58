"""The half of the door through which a patient's text invites somebody of theirs.

Before the decision: whether the text is such a wish, or the answer to ours, and what stands in the
way. After it: the caregiver, the one right that was named in the question, and the link. What the
person allowed is their own text, and so is the evidence. This room refuses minors, whoever's age is
not known, phones that are a patient's, that said STOP or are not safe, and more than a few a day.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from engage import audit
from engage.audit import By
from engage.clock import Clock, fresh_id
from engage.conversation.events import TextReceived
from engage.db.sealing import MasterKeys, PracticeKeys
from engage.db.session import Work
from engage.ids import GrantId, MessageId, PatientId
from engage.messaging.texts import Catalogue
from engage.people import inviting
from engage.people.fields import LONGEST_NAME
from engage.people.patient import Patient
from engage.people.phone import NotAPhoneNumber, PhoneNumber
from engage.people.register.store import phone_ids
from engage.people.sharing import store as sharing
from engage.people.sharing.grant import OF_AGE, birthday
from engage.people.sharing.growing.store import rule_of
from engage.people.sharing.readers import store as readers
from engage.people.sharing.store import Grant
from engage.people.signing import limits
from engage.people.signing.limits import TooManyTries
from engage.people.signing.store import Counted, allow
from engage.people.staffing.store import get_practice
from engage.people.store import get_patient
from engage.reading.inviting import Wish, wish_of
from engage.turns import ledger
from engage.turns.attribution import is_shared
from engage.turns.context import Inviting, Turn, TurnContext
from engage.turns.decision import Decision
from engage.turns.invitations import Invitee, Means, invite
from engage.turns.invite import SHARED, InviteAsked, InviteSaid, is_invite
from engage.turns.invited import store

CODES_A_DAY: Final = 50
"""As many texts with a link or a code leave a deployment in a day, unless it says otherwise."""
OF: Final = {"en": "of", "es": "de"}


class House(Struct, frozen=True):
    """What wishes are seen to with."""

    master: MasterKeys
    catalogue: Catalogue
    public_url: str
    clock: Clock
    codes_a_day: int


async def with_wish(
    work: Work, house: House, keys: PracticeKeys, context: TurnContext, happened: Turn
) -> Turn:
    """Return a turn that knows of a wish to invite somebody, where its text may be one."""
    event, text = happened.event, happened.text
    if not isinstance(event, TextReceived) or text is None or happened.corrected is not None:
        return happened
    asked = next((one for one in context.conversations if is_invite(one.script)), None)
    if asked is not None:
        known = await store.wished(work, keys.practice, asked.id)
        wish = None if known is None else await _said(work, keys, known.message_id)
        if known is None or wish is None:
            return happened
        why: str | None = "shared-phone"
        if not is_shared(context, known.patient_id):
            why = await _in_the_way(work, keys, known.patient_id, wish, event.at)
        about = Inviting(relation=wish.relation, asked=True, refusal=why)
        return replace(happened, inviting=about)
    wish = wish_of(event.text)
    users = [one.patient_id for one in context.threads if one.uses_phone and one.active]
    if wish is None or not users:
        return happened
    refusal: str | None = "shared-phone"
    if len(users) == 1 and not is_shared(context, users[0]):
        refusal = await _in_the_way(work, keys, users[0], wish, event.at)
        refusal = refusal or await _too_many(work, house, keys, users[0], wish, event.at)
    return replace(happened, inviting=Inviting(relation=wish.relation, refusal=refusal))


async def keep(work: Work, house: House, keys: PracticeKeys, decision: Decision) -> None:
    """Write down what was asked back, and invite whom somebody said yes to."""
    for one in decision.invites:
        match one:
            case InviteAsked():
                await store.add(work, keys.practice, one, decision.at)
            case InviteSaid():
                await _invite(work, house, keys, one)
            case _:
                assert_never(one)


async def _invite(work: Work, house: House, keys: PracticeKeys, said: InviteSaid) -> None:
    known = await store.wished(work, keys.practice, said.conversation_id)
    wish = None if known is None else await _said(work, keys, known.message_id)
    phone = None if wish is None else _phone(wish)
    if known is None or wish is None or phone is None:
        return
    person, by = known.patient_id, By("patient", known.patient_id)
    whose = await get_patient(work, keys, person)
    given, family = _named(wish, whose)
    whom = Invitee(
        given_name=given,
        family_name=family,
        language=wish.language,
        relationship=wish.relation,
        phone=phone,
    )
    means = Means(keys, house.master, house.catalogue, house.public_url, house.clock)
    who, _ = await invite(work, means, person, fresh_id(house.clock), whom, by)
    at, (category, verb) = house.clock.now(), SHARED
    held = await sharing.of_patient(work, keys.practice, person)
    if any(one.caregiver_id == who and one.category == category and one.holds(at) for one in held):
        return
    new = Grant(
        practice_id=keys.practice,
        id=GrantId(fresh_id(house.clock)),
        patient_id=person,
        caregiver_id=who,
        category=category,
        how="text",
        granted_at=at,
        verbs=(verb,),
        message_id=said.message_id,
    )
    await sharing.add(work, new)
    await audit.record(
        work,
        keys.practice,
        at,
        actor="patient",
        actor_id=person,
        action="grant.add",
        subject="caregiver_grant",
        subject_id=new.id,
        patient_id=person,
    )


async def _in_the_way(
    work: Work, keys: PracticeKeys, person: PatientId, wish: Wish, at: datetime
) -> str | None:
    """Return why somebody may not be invited by a text; None if nothing is in the way."""
    practice = keys.practice
    if not (await rule_of(work, practice)).invites_by_text:
        return "off"
    whose = await get_patient(work, keys, person)
    if whose.status != "active":
        return "not-in-care"
    zone = whose.time_zone or (await get_practice(work, practice)).time_zone
    young = _is_young(whose, zone, at)
    if young is not None:
        return young
    phone = _phone(wish)
    if phone is None:
        return "not-a-phone-number"
    if await ledger.is_ours(work, phone.e164):
        return "our-own-phone"
    on = (await phone_ids(work, keys, [phone], at))[phone]
    a_patients, not_texted = await store.barred(work, practice, on)
    if a_patients:
        return "a-patients-phone"
    if not_texted:
        return "not-texted"
    # Also whoever is no caregiver of theirs any more: safe is what somebody says is safe again.
    unsafe = await sharing.unsafe(work, practice, [person])
    if any((person, one) in unsafe for one in await store.readers_of(work, practice, on)):
        return "not-safe"
    # Somebody of theirs has this phone already, and perhaps is not whom they mean.
    known = await readers.on_phone(work, practice, person, on, at)
    return "known-phone" if known else None


async def _too_many(
    work: Work, house: House, keys: PracticeKeys, person: PatientId, wish: Wish, at: datetime
) -> str | None:
    """Count one question that may become a text; say so if they were too many."""
    phone = _phone(wish)
    if phone is None:
        return "not-a-phone-number"
    counted: Sequence[Counted] = (
        Counted(limits.INVITED_BY_TEXT, str(person)),
        Counted(limits.INVITED_IN_PRACTICE, str(keys.practice)),
    )
    try:
        await allow(work, house.master, counted, at)
        await inviting.count(work, house.master, phone, house.codes_a_day, at)
    except TooManyTries:
        return "too-many"
    return None


async def _said(work: Work, keys: PracticeKeys, text: MessageId) -> Wish | None:
    sealed = await store.sealed_body(work, keys.practice, text)
    return None if sealed is None else wish_of(keys.open_text("message.body", text, sealed))


def _phone(wish: Wish) -> PhoneNumber | None:
    try:
        return PhoneNumber.parse(wish.number)
    except NotAPhoneNumber:
        return None


def _is_young(whose: Patient, zone: str, at: datetime) -> str | None:
    """Return that somebody does not decide alone yet, or may not; None: they do."""
    if whose.birth_date is None:
        return "age-not-known"
    today = at.astimezone(ZoneInfo(zone)).date()
    return "minor" if today < birthday(whose.birth_date, OF_AGE) else None


def _named(wish: Wish, whose: Patient) -> tuple[str, str]:
    """Return a name for who has none yet: "Daughter", "of Rosa"; the team learns the right one."""
    given, *family = wish.name or (wish.relation.capitalize(),)
    return given, " ".join(family) or f"{OF[wish.language]} {whose.given_name}"[:LONGEST_NAME]
