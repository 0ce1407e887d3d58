"""Visits are booked, moved, answered and concluded: load, decide, save, say so.

All of it in the caller's transaction, who has locked the person first. What follows elsewhere is
turns' to do, from the value that is returned. This room refuses to decide and to text.
"""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from engage.appointments import reminding, store
from engage.appointments.appointment import (
    Answer,
    Reason,
    Span,
    Status,
    answered,
    check,
    check_new,
    moved,
)
from engage.appointments.heard import Kept as Heard
from engage.appointments.heard import Said, rebooked, stamp, standing
from engage.appointments.refusals import NotTheirsToTell
from engage.appointments.riding import Expects
from engage.appointments.slot import SlotGone
from engage.appointments.slots import store as slots
from engage.appointments.store import Kept
from engage.appointments.words import (
    Teller,
    VisitChanged,
    add_word,
    after_all,
    empty,
    fresh,
    locked,
    say,
    take,
)
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.ids import AppointmentId, PatientId, PlaceId, ScheduleId

_ANSWER, _STATUS = "/answer", "/status"


class NewVisit(Struct, frozen=True, kw_only=True):
    """A visit to write down."""

    id: AppointmentId
    patient_id: PatientId
    status: Status
    time: Span | None
    place_id: PlaceId | None
    what: str | None
    #: In whose book it is, if it is in one of ours.
    schedule_id: ScheduleId | None = None

    def __repr__(self) -> str:
        """Hide the words."""
        return f"NewVisit(id={self.id}, …)"


async def book(
    work: Work, keys: PracticeKeys, new: NewVisit, zone: str, by: Teller, at: datetime
) -> VisitChanged:
    """Write down a visit; `zone` is the practice's, for a visit without a place."""
    check_new(new.status, new.time)
    event = fresh(at)
    word = Said(
        standing=standing(new.status, None, stamp(at, str(event), new.status)),
        time=None if new.time is None else Heard(new.time, stamp(at, str(event))),
        place=None if new.place_id is None else Heard(new.place_id, stamp(at, str(event))),
    )
    blank = empty(keys, new.id, new.patient_id, zone, at, new.what)
    blank = replace(blank, visit=replace(blank.visit, schedule_id=new.schedule_id))
    return await take(work, keys, None, blank, word, event, "create", by, at)


async def move(  # noqa: PLR0913 - which, to when and where, by whom, on which version
    work: Work,
    keys: PracticeKeys,
    visit: AppointmentId,
    time: Span,
    place_id: PlaceId | None,
    by: Teller,
    at: datetime,
    *,
    expects: Expects = lambda _: True,
    note: str | None = None,
) -> VisitChanged:
    """Give a visit another time, and another place if one is named."""
    known = await locked(work, keys, visit, expects)
    moved(known.visit, by.setter)
    return await give_time(work, keys, known, time, place_id, None, by, at, note=note)


async def give_time(  # noqa: PLR0913 - which, to when and where, as what, by whom
    work: Work,
    keys: PracticeKeys,
    known: Kept,
    time: Span,
    place_id: PlaceId | None,
    becomes: Status | None,
    by: Teller,
    at: datetime,
    *,
    schedule: ScheduleId | None = None,
    note: str | None = None,
) -> VisitChanged:
    """Give a visit that is locked another time; `becomes` is how it stands then, if not as ever."""
    before, event = known.visit, fresh(at)
    by_now = stamp(after_all(known.said, at), str(event))
    word = rebooked(known.said, Heard(time, by_now))
    if becomes is not None and becomes != known.said.stands.status:
        word = replace(word, standing=standing(becomes, None, by_now))
    known = replace(known, visit=replace(known.visit, schedule_id=schedule))
    if place_id is not None:
        word = replace(word, place=Heard(place_id, by_now))
    return await take(work, keys, before, known, word, event, "move", by, at, note=note)


async def answer(
    work: Work,
    keys: PracticeKeys,
    visit: AppointmentId,
    said: Answer,
    by: Teller,
    at: datetime,
    *,
    expects: Expects = lambda _: True,
) -> VisitChanged:
    """Write down what somebody says of a visit: they come, or can't. It is not called off by it."""
    known = await locked(work, keys, visit, expects)
    who = by.setter
    if who == "clinic":
        raise NotTheirsToTell(_ANSWER)
    after = answered(known.visit, said, who, at)
    await store.save(work, replace(known, visit=after))
    event = fresh(at)
    await add_word(
        work, keys, after, Said(), event, "answer", by, at, applies=True, note=None, answer=said
    )
    await say(work, keys, after, by, at)
    await reminding.expect(work, after, at)
    return VisitChanged(before=known.visit, after=after)


async def unsay(
    work: Work, keys: PracticeKeys, visit: AppointmentId, by: Teller, at: datetime
) -> VisitChanged:
    """Take back what somebody said of coming: it was not theirs to say, and is asked again."""
    known = await locked(work, keys, visit, lambda _: True)
    blank: Answer = "needs-action"
    after = replace(
        known.visit,
        answer=blank,
        answered_at=None,
        answered_by=None,
        version=known.visit.version + 1,
    )
    await store.save(work, replace(known, visit=after))
    word, event = Said(), fresh(at)
    await add_word(
        work, keys, after, word, event, "answer", by, at, applies=True, note=None, answer=blank
    )
    await say(work, keys, after, by, at)
    await reminding.expect(work, after, at)
    return VisitChanged(before=known.visit, after=after)


async def conclude(  # noqa: PLR0913 - which, how and why, by whom, on which version
    work: Work,
    keys: PracticeKeys,
    visit: AppointmentId,
    to: Status,
    reason: Reason | None,
    by: Teller,
    at: datetime,
    *,
    expects: Expects = lambda _: True,
    note: str | None = None,
) -> VisitChanged:
    """Say how a visit stands: booked, arrived, fulfilled, missed, called off."""
    known = await locked(work, keys, visit, expects)
    check(known.visit, to, by.setter, reason, at)
    event = fresh(at)
    by_now = stamp(after_all(known.said, at), str(event), to)
    word = Said(standing=standing(to, reason, by_now))
    change = await take(work, keys, known.visit, known, word, event, "status", by, at, note=note)
    back = (known.visit.status, to) == ("cancelled", "booked")
    ours = back and change.after.schedule_id is not None
    # It had a time in our book and let go of it; somebody else may have it now.
    if ours and await slots.of_visit(work, keys.practice, visit) is None:
        raise SlotGone(_STATUS)
    return change
