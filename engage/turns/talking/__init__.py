"""What turns read and write about visits, beside the two calls of every turn.

Read only where a conversation about visits is open, or a decision asks; then the decision is made
again with what was found. A time is tried before it is promised: it is the person's, or somebody
was faster, when the words are chosen. All in the turn's own transaction. This room refuses to
decide; choosing.py does.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from engage.appointments import keeping, offering, slotting
from engage.appointments import store as visits
from engage.appointments.asked import store as asked
from engage.appointments.asked.values import Talk
from engage.appointments.offering import Won
from engage.appointments.refusals import WrongVisitStep
from engage.appointments.ride import OVER
from engage.appointments.rides import store as rides
from engage.appointments.slot import AHEAD, MOST_OFFERED, NOTICE, Slot, SlotGone, choose
from engage.appointments.slots import store as slots
from engage.appointments.words import Teller, VisitChanged
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import EngageError
from engage.ids import AppointmentId, PatientId, PracticeId
from engage.people.merging.store import survivor
from engage.turns.context import Turn, TurnContext
from engage.turns.decision import Decision
from engage.turns.library import Library
from engage.turns.meeting import is_meeting
from engage.turns.needs_ledger import decided as decided_on_needs
from engage.turns.talking import store
from engage.turns.talks import (
    Act,
    Ahead,
    AheadSeen,
    Answered,
    Book,
    Held,
    Known,
    LetGo,
    MissedBecause,
    Open,
    Openings,
    Passed,
    Speaker,
    TakeOffer,
    Tried,
    VisitTalk,
    Want,
    WorkNamed,
)

_ROUNDS = 8
"""So often a decision may ask to know more; three is the most that one does."""
_BEGUN = timedelta(hours=3)
_CHOICES = 5
"""So often others are chosen instead of times that somebody took meanwhile; then any will do."""


class Undecided(EngageError):  # noqa: N818 - reads as a sentence
    """What was to be known first was never looked up: the turn is tried again, then a person's."""


class Decided(Struct, frozen=True):
    """A decision, and the visits that were moved while it was made."""

    decision: Decision
    changes: tuple[VisitChanged, ...] = ()


async def with_talks(work: Work, context: TurnContext) -> TurnContext:
    """Return a context that knows what its conversations about visits are about, if it has any."""
    own = [seen.id for seen in context.conversations if is_meeting(seen.script)]
    if not own:
        return context
    practice = context.practice.id
    noted = await asked.talks_of(work, practice, own)
    seen = await visits.several(
        work, practice, [one for talk in noted for one in talk.appointment_ids]
    )
    times = await slots.several(work, practice, [one for talk in noted for one in talk.slot_ids])
    zones = {one.id: one.zone for one in seen.values()}
    talks: list[VisitTalk] = []
    for talk in noted:
        about = tuple(seen[one] for one in talk.appointment_ids if one in seen)
        chosen = tuple(times[one] for one in talk.slot_ids if one in times)
        talks.append(
            VisitTalk(
                conversation_id=talk.conversation_id,
                patient_id=talk.patient_id,
                kind=talk.kind,
                zone=about[0].zone if about else await _zone_of(work, context, chosen),
                visits=about,
                slots=chosen,
                proposed_at=talk.proposed_at,
            )
        )
    reminded = {one.patient_id for one in talks if one.kind == "remind"}
    settled = await _settled(work, practice, sorted(reminded), list(zones)) if reminded else ()
    return replace(context, visits=Known(talks=tuple(talks), settled=settled))


async def decided(
    work: Work, keys: PracticeKeys, context: TurnContext, turn: Turn, library: Library
) -> Decided:
    """Decide; what the decision must know first is looked up, or tried, and it is made again."""
    decision = await decided_on_needs(work, context, turn, library)
    changes: list[VisitChanged] = []
    for _ in range(_ROUNDS):
        if not decision.wants:
            break
        for want in decision.wants:
            known = await _look(work, keys, context.visits, want, turn, changes)
            context = replace(context, visits=known)
        decision = await decided_on_needs(work, context, turn, library)
    return Decided(decision, tuple(changes))


async def keep(work: Work, decision: Decision, keys: PracticeKeys) -> None:
    """Write what a decision says about visits; nothing for nearly every one."""
    if decision.wants:
        raise Undecided
    practice, at = decision.practice_id, decision.at
    for talk in decision.talks:
        await asked.add_talk(
            work,
            Talk(
                practice_id=practice,
                conversation_id=talk.conversation_id,
                patient_id=talk.patient_id,
                kind=talk.kind,
                appointment_ids=tuple(one.id for one in talk.visits),
                slot_ids=tuple(one.id for one in talk.slots),
                proposed_at=talk.proposed_at,
                at=at,
            ),
        )
    for act in decision.visits:
        await _do(work, keys, act, decision)


async def _look(
    work: Work,
    keys: PracticeKeys,
    known: Known,
    want: Want,
    turn: Turn,
    changes: list[VisitChanged],
) -> Known:
    practice, at = keys.practice, turn.at
    match want:
        case Ahead(patient):
            since = at - _BEGUN
            found = await visits.ahead(work, practice, patient, since, at + 10 * AHEAD)
            return replace(known, ahead=(*known.ahead, AheadSeen(patient, found)))
        case Openings():
            opened = Open(want, await openings(work, keys, want, turn.at))
            return replace(known, openings=(*known.openings, opened))
        case Book(visit_id, slot_id, by, by_id):
            tried = Tried(want)
            try:
                seated = await slotting.book_into(
                    work, keys, visit_id, slot_id, Teller(by, by_id), at
                )
            except SlotGone:
                # Nothing was written: both are refused before anything is.
                pass
            except WrongVisitStep:
                tried = Tried(want, over=True)
            else:
                changes.append(seated.change)
                tried = Tried(want, seated.change.after, seated.to_write_down)
            return replace(known, tried=(*known.tried, tried))
        case TakeOffer():
            tried = await _take_offer(work, keys, want, turn, changes)
            return replace(known, tried=(*known.tried, tried))
        case _:
            assert_never(want)


async def _take_offer(
    work: Work, keys: PracticeKeys, want: TakeOffer, turn: Turn, changes: list[VisitChanged]
) -> Tried:
    offer = await offering.offer_of_conversation(work, keys.practice, want.conversation_id)
    if offer is None:
        return Tried(want)
    teller = Teller(want.by, want.by_id)
    outcome = await offering.take_offer(work, keys, offer.id, teller, turn.at)
    if not isinstance(outcome, Won):
        return Tried(want)
    changes.append(outcome.seated.change)
    return Tried(want, outcome.seated.change.after, outcome.seated.to_write_down)


async def openings(
    work: Work, keys: PracticeKeys, want: Openings, at: datetime
) -> tuple[Slot, ...]:
    """Return the times that are shown for a visit, locked, so that they can be kept for it."""
    practice = keys.practice
    visit = (await visits.several(work, practice, [want.visit_id])).get(want.visit_id)
    if visit is None or visit.schedule_id is None:
        return ()
    where = await slots.schedule_of(work, practice, visit.schedule_id)
    if where is None or not where.active:
        return ()
    since = max(want.since or at, at + NOTICE)
    until = want.until or at + AHEAD
    found = await slots.between(work, practice, where.id, since, until)
    person = await survivor(work, practice, visit.patient_id)
    wish = await asked.wish_of(work, practice, person)
    left = {one.id: one for one in found if one.starts_at >= since and one.is_open_to(person, at)}
    for _ in range(_CHOICES):
        # What is shown is locked first: whoever chooses at the same moment is shown others.
        wanted = choose(left.values(), where.zone, wish)
        seen = await slots.locked(work, practice, [one.id for one in wanted])
        if all(one.is_open_to(person, at) for one in seen):
            return tuple(sorted(seen, key=lambda one: (one.starts_at, one.id.bytes)))
        for one in seen:
            if not one.is_open_to(person, at):
                del left[one.id]
    return await slots.open_ones(work, practice, where.id, since, until, at, MOST_OFFERED)


async def _do(work: Work, keys: PracticeKeys, act: Act, decision: Decision) -> None:
    practice, at = keys.practice, decision.at
    match act:
        case Answered(visit_id, answer, by, by_id):
            try:
                await keeping.answer(work, keys, visit_id, answer, _teller(by, by_id), at)
            except EngageError:
                return  # it has moved on since we asked: their words stand in the thread
        case Held(patient, some):
            await slotting.hold_for(work, practice, some, patient, at)
        case LetGo(patient, some):
            await slotting.let_go_of(work, practice, some, patient, at)
        case Passed(conversation_id):
            offer = await offering.offer_of_conversation(work, practice, conversation_id)
            if offer is not None:
                await offering.decline_offer(work, practice, offer.id, at)
        case MissedBecause(visit_id, reason, by, by_id):
            try:
                teller = _teller(by, by_id)
                await keeping.conclude(work, keys, visit_id, "noshow", reason, teller, at)
            except EngageError:
                return  # they had come after all
        case WorkNamed(item_id, visit_id):
            await store.name_visit(work, practice, item_id, visit_id)
        case _:
            assert_never(act)


def _teller(by: Speaker, by_id: UUID | None) -> Teller:
    return Teller(by, by_id)


async def _zone_of(work: Work, context: TurnContext, chosen: Sequence[Slot]) -> str:
    here = context.practice
    where = await slots.schedule_of(work, here.id, chosen[0].schedule_id) if chosen else None
    return here.time_zone if where is None else where.zone


async def _settled(
    work: Work, practice: PracticeId, people: Iterable[PatientId], some: list[AppointmentId]
) -> tuple[AppointmentId, ...]:
    """Return the visits to which somebody drives, or will; and those that were asked about."""
    known = await rides.of_visits(work, practice, some)
    driven = {one.appointment_id for one in known if one.gets_there and one.status not in OVER}
    asked_of = await store.asked_how(work, practice, list(people))
    return tuple(one for one in some if one in driven or one in asked_of)
