"""A time that became free is offered to who waits, and the first yes has it.

All of it in the caller's transaction. Offers are written before anybody is told of them, so a crash
tells nobody twice and forgets nobody. The winner is found under the lock of the time itself;
everybody else keeps waiting. The caller has locked the person first. This room refuses to text;
turns does.
"""

from datetime import datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from engage import audit, feed
from engage.appointments import seating, slotting
from engage.appointments.asked.store import rule_of
from engage.appointments.keeping import NewVisit
from engage.appointments.refusals import NoSuchSchedule, WaitsAlready, WrongVisitStep
from engage.appointments.slot import AHEAD, NOTICE, Schedule, Slot, SlotGone
from engage.appointments.slots import store as slots
from engage.appointments.slotting import Seated
from engage.appointments.waiters import store
from engage.appointments.waiting import (
    PACE,
    Offer,
    Waiting,
    answered,
    check_new,
    is_offered,
    left,
    order,
    rests_until,
    won,
)
from engage.appointments.words import ACTORS, Teller
from engage.clock import random_bytes
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import (
    RANDOM_BYTES,
    AppointmentId,
    ConversationId,
    OfferId,
    PracticeId,
    SlotId,
    WaitingId,
    uuid7,
)
from engage.people.merging.store import survivor

_SCHEDULE = "/schedule_id"
_LOOKED_AT = 3
"""So many times that are free already are offered to whoever comes to wait."""

__all__ = [
    "Lost",
    "ToOffer",
    "Won",
    "decline_offer",
    "join",
    "leave",
    "offer_of",
    "offer_of_conversation",
    "offers_to_make",
    "take_offer",
    "told",
    "unreachable",
]
offer_of = store.offer_of
offer_of_conversation = store.offer_of_conversation


class ToOffer(Struct, frozen=True, kw_only=True):
    """One who waits, and the time that they are to be told of."""

    entry: Waiting
    offer: Offer
    slot: Slot
    schedule: Schedule


class Won(Struct, frozen=True, kw_only=True):
    """They have it: their visit is at this time, and waits no more."""

    offer: Offer
    entry: Waiting
    seated: Seated


class Lost(Struct, frozen=True, kw_only=True):
    """Somebody was faster, or it is past; they stay on the list."""

    offer: Offer


Outcome: TypeAlias = Won | Lost


async def join(work: Work, practice: PracticeId, entry: Waiting, by: Teller) -> Waiting:
    """Put somebody on the list; what is free there already is offered at once."""
    where = await slots.schedule_of(work, practice, entry.schedule_id)
    if where is None or not where.active:
        raise NoSuchSchedule(_SCHEDULE)
    check_new(entry, entry.since.astimezone(ZoneInfo(where.zone)).date())
    person = await survivor(work, practice, entry.patient_id)
    if await store.waits(work, practice, person, where.id):
        raise WaitsAlready
    await store.add(work, entry)
    at = entry.since
    free = await slots.open_ones(work, practice, where.id, at + NOTICE, at + AHEAD, at, _LOOKED_AT)
    for one in free:
        await work.call("due_set", seating.KIND, one.id, practice, at)
    await _say(work, entry, "waiting.join", by, at)
    return entry


async def leave(
    work: Work, practice: PracticeId, waiting: WaitingId, by: Teller, at: datetime
) -> Waiting:
    """Take somebody off the list."""
    known = await store.one_of(work, practice, waiting, lock=True)
    if known is None:
        raise NotFound
    after = left(known, at)
    if after != known:
        await store.save(work, after)
        await _say(work, after, "waiting.leave", by, at)
    return after


async def offers_to_make(
    work: Work, keys: PracticeKeys, slot_id: SlotId, at: datetime
) -> tuple[ToOffer, ...]:
    """Return who is to be told of a time now, and say when to look again.

    Those who were chosen before and not told yet come first; the next few are chosen once the last
    few had their time. The row in `due` stays for as long as there is something to do.
    """
    practice = keys.practice
    found = await slots.locked(work, practice, [slot_id])
    if not found:
        await _rest(work, slot_id)
        return ()
    one = found[0]
    where = await slots.schedule_of(work, practice, one.schedule_id)
    if where is None:
        await _rest(work, slot_id)
        return ()
    if not where.active or not is_offered(one, at):
        await _put_off(work, one, at)
        return ()
    known = await store.offers_of(work, practice, slot_id)
    untold = [offer for offer in known if offer.status == "offered" and not offer.conversation_id]
    if not untold:
        rests = rests_until(known, at)
        if rests is not None:
            await work.call("due_wait", seating.KIND, slot_id, rests)
            return ()
        untold = await _next_few(work, one, where, at)
    chosen: list[ToOffer] = []
    for offer in untold:
        entry = await store.one_of(work, practice, offer.waiting_id)
        if entry is not None:
            chosen.append(ToOffer(entry=entry, offer=offer, slot=one, schedule=where))
    return tuple(chosen)


async def told(
    work: Work, practice: PracticeId, offer: OfferId, conversation: ConversationId
) -> bool:
    """Note in which conversation an offer was made; False if it was made or is over already."""
    return await store.tell(work, practice, offer, conversation)


async def unreachable(work: Work, practice: PracticeId, offer: OfferId, at: datetime) -> None:
    """Note that no text reaches who was to be told; the next one is asked at once."""
    known, _ = await _theirs(work, practice, offer)
    if known.status == "offered":
        await store.save_offer(work, answered(known, "unreachable", at))


async def take_offer(
    work: Work, keys: PracticeKeys, offer: OfferId, by: Teller, at: datetime
) -> Outcome:
    """Give the time to who says yes first; it is their visit's, and what they had is free."""
    practice = keys.practice
    known, entry = await _theirs(work, practice, offer)
    if not known.may_win:
        return Lost(offer=known)
    if entry.status != "waiting":
        return await _lost(work, known, at)
    try:
        seated = await _seat(work, keys, entry, known, by, at)
    except (SlotGone, WrongVisitStep):
        # Nothing was written: both are refused before anything is.
        return await _lost(work, known, at)
    mine, after = answered(known, "won", at), won(entry, at)
    await store.save_offer(work, mine)
    await store.save(work, after)
    await store.untell(work, practice, known.slot_id, at)
    await _say(work, after, "waiting.won", by, at)
    return Won(offer=mine, entry=after, seated=seated)


async def decline_offer(work: Work, practice: PracticeId, offer: OfferId, at: datetime) -> Offer:
    """Note that they do not want it; they stay on the list, and the next few are asked sooner."""
    known, _ = await _theirs(work, practice, offer)
    if known.status != "offered":
        return known
    after = answered(known, "declined", at)
    await store.save_offer(work, after)
    others = await store.offers_of(work, practice, known.slot_id)
    if rests_until(others, at) is None:
        await work.call("due_set", seating.KIND, known.slot_id, practice, at)
    return after


async def _theirs(work: Work, practice: PracticeId, offer: OfferId) -> tuple[Offer, Waiting]:
    """Lock an entry, and by it its offers.

    An offer's own row is never held while a time is awaited: the winner ends others' offers under
    the lock of the time, and they would wait for each other.
    """
    seen = await store.offer_of(work, practice, offer)
    entry = seen and await store.one_of(work, practice, seen.waiting_id, lock=True)
    known = entry and await store.offer_of(work, practice, offer)
    if entry is None or known is None:
        raise NotFound
    return known, entry


async def _seat(
    work: Work, keys: PracticeKeys, entry: Waiting, offer: Offer, by: Teller, at: datetime
) -> Seated:
    if entry.appointment_id is not None:
        return await slotting.book_into(work, keys, entry.appointment_id, offer.slot_id, by, at)
    new = NewVisit(
        id=AppointmentId(uuid7(at, random_bytes(RANDOM_BYTES))),
        patient_id=await survivor(work, keys.practice, entry.patient_id),
        status="booked",
        time=None,
        place_id=None,
        what=None,
    )
    return await slotting.book_new(work, keys, new, offer.slot_id, by, at)


async def _next_few(work: Work, one: Slot, where: Schedule, at: datetime) -> list[Offer]:
    practice = one.practice_id
    rule = await rule_of(work, practice)
    await store.one_at_a_time(work, practice, where.id)
    day = one.starts_at.astimezone(ZoneInfo(where.zone)).date()
    waiting = order(await store.candidates(work, practice, where.id, one.id, day), one, where.zone)
    busy = await store.busy(work, practice, where.id, at)
    chosen = [each for each in waiting if each.person not in busy][: rule.offer_to]
    made: list[Offer] = []
    for each in chosen:
        new = Offer(
            practice_id=practice,
            id=OfferId(uuid7(at, random_bytes(RANDOM_BYTES))),
            slot_id=one.id,
            waiting_id=each.entry.id,
            patient_id=each.person,
            at=at,
        )
        made.append(replace(new, id=await store.offer(work, new)))
    if not made and waiting and rule.offer_to:
        # They are thinking about another time; it is theirs if they don't take that one.
        await work.call("due_wait", seating.KIND, one.id, at + PACE)
    elif not made:
        await _rest(work, one.id)
    return made


async def _put_off(work: Work, one: Slot, at: datetime) -> None:
    """Look again when a hold ends; a time that is taken, blocked or too near is not offered."""
    if one.status == "busy-tentative" and one.held_until is not None and one.held_until > at:
        await work.call("due_wait", seating.KIND, one.id, one.held_until)
        return
    if one.starts_at <= at + NOTICE:
        await store.lapse(work, one.practice_id, one.id, at)
    else:
        await store.untell(work, one.practice_id, one.id, at)
    await _rest(work, one.id)


async def _rest(work: Work, slot_id: SlotId) -> None:
    await work.call("due_done", seating.KIND, slot_id)


async def _lost(work: Work, offer: Offer, at: datetime) -> Lost:
    after = answered(offer, "lost", at)
    await store.save_offer(work, after)
    return Lost(offer=after)


async def _say(work: Work, entry: Waiting, action: str, by: Teller, at: datetime) -> None:
    practice = entry.practice_id
    await feed.add(work, practice, at, "patient", entry.patient_id, entry.patient_id)
    await audit.record(
        work,
        practice,
        at,
        actor=ACTORS[by.setter],
        actor_id=by.id,
        action=action,
        subject="waiting",
        subject_id=entry.id,
        patient_id=entry.patient_id,
    )
