"""What the clinic's own scheduling system says of a visit is taken, in whatever order it comes.

In the caller's transaction, who has locked the person first. Words that name no place of ours leave
it as it is. This room refuses a visit that is somebody else's.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from engage.appointments import store
from engage.appointments.appointment import Appointment, Reason, Span, Status
from engage.appointments.heard import Kept as Heard
from engage.appointments.heard import Said, Stamp, stamp, standing
from engage.appointments.numbers import store as numbers
from engage.appointments.places import store as places
from engage.appointments.words import Teller, VisitChanged, empty, take
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.ids import AppointmentId, PatientId, PlaceId, derived
from engage.people.merging.store import survivor

USUAL_LENGTH = timedelta(minutes=30)
"""Of a visit whose end the clinic does not say."""

CLOCKS_DIFFER = timedelta(days=1)
"""So far ahead of ours a clinic's clock may be: a zone that somebody forgot to set, and more."""


class FromClinic(Struct, frozen=True, kw_only=True):
    """What a scheduling system says of a visit; None is nothing said."""

    patient_id: PatientId
    placer: str
    filler: str
    #: Whose ids these are; None: a list that a person brought in.
    sender: UUID | None = None
    said_at: datetime
    said_by: str
    status: Status | None = None
    reason: Reason | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    #: In the clinic's own words.
    place: str = ""
    #: What it is for; kept of the first word about a visit.
    what: str | None = None

    def __repr__(self) -> str:
        """Hide the words."""
        return f"FromClinic(status={self.status!r}, …)"


async def hear(
    work: Work, keys: PracticeKeys, told: FromClinic, zone: str, cause: UUID, at: datetime
) -> VisitChanged | None:
    """Take what a scheduling system said; None if its visit is somebody else's."""
    known = await numbers.by_numbers(
        work, keys, told.placer, told.filler, sender=told.sender, person=told.patient_id
    )
    if known is not None and not await _is_theirs(work, keys, known.visit, told.patient_id):
        if told.sender in {None, known.sender_id}:
            return None
        # Known from elsewhere, under the same id, and somebody else's.
        known = None
    before = None if known is None else known.visit
    if known is None:
        fresh = AppointmentId(derived(at, cause, "visit"))
        known = empty(keys, fresh, told.patient_id, zone, at, told.what)
    sender, placer = known.sender_id or told.sender, known.placer or told.placer or None
    # One order may have many visits; the first of them keeps its id.
    if placer and not await numbers.is_free(work, keys, placer, sender, known.visit.id):
        placer = None
    filler = known.filler or told.filler or None
    heard = replace(known, placer=placer, filler=filler, sender_id=sender)
    if before is not None and heard != known:
        # Kept even if the rest of the message is old news: the next one may bear this id only.
        await store.save(work, heard)
    # Whose clock is wrong by years would be right until then.
    said_at = told.said_at if told.said_at - at <= CLOCKS_DIFFER else at
    by = stamp(said_at, told.said_by, told.status)
    time = None
    if told.starts_at is not None:
        ends_at = told.ends_at or told.starts_at + USUAL_LENGTH
        time = Heard(Span(told.starts_at, ends_at), by)
    place, where = await _place_of(work, keys, known.said, told.place, by)
    word = Said(
        standing=None if told.status is None else standing(told.status, told.reason, by),
        time=time,
        place=place,
        where=where,
    )
    event = derived(at, cause, "word")
    return await take(work, keys, before, heard, word, event, "hear", Teller("clinic"), at)


async def _place_of(
    work: Work, keys: PracticeKeys, said: Said, words: str, by: Stamp
) -> tuple[Heard[PlaceId | None] | None, Heard[str] | None]:
    """Return where a clinic's words say it is, and the words, to be compared with the next ones.

    Words that name no place of ours leave it as it is, unless they are other ones than before: then
    it is elsewhere, and nobody is driven to where it was.
    """
    if not words:
        return None, None
    where = Heard(sha256(words.encode()).hexdigest()[:32], by)
    found = await places.named(work, keys.practice, words)
    if found is not None:
        return Heard(found[0], by), where
    is_elsewhere = said.where is not None and said.where.value != where.value
    return (Heard(None, by) if is_elsewhere else None), where


async def _is_theirs(work: Work, keys: PracticeKeys, visit: Appointment, person: PatientId) -> bool:
    """Say whether a visit is a person's, or was before two records of theirs became one."""
    return (
        visit.patient_id == person
        or await survivor(work, keys.practice, visit.patient_id) == person
    )
