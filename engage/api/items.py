"""A piece of work as it is read: in a list, and by itself with all that stands beside it."""

from collections.abc import Container, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from engage.api.item_values import (
    DueWhyOut,
    ItemVisitOut,
    PagingOut,
    StaffOut,
    due_why_of,
    paging_out,
    visit_of,
)
from engage.api.parts import Parts
from engage.api.restricted.doorway import Restricted
from engage.api.wordings import question_of
from engage.conversation.severity import Severity
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import FlagId, MessageId, PatientId, PracticeId, QueueItemId, ThreadId
from engage.people.access import only
from engage.people.fields import Language
from engage.queue import store
from engage.queue.board import store as board
from engage.queue.item import Ending, Status
from engage.queue.mergers import store as mergers
from engage.queue.notes import store as notes
from engage.queue.paging import store as paging
from engage.queue.presence import store as presence

Subject = Annotated[
    str, Meta(description="What the work is about.", examples=["need:food-insecurity", "crisis"])
]

RESTRICTED = "restricted"
"""The subject of work about somebody who is closed to the reader."""


class PatientNameOut(Struct, frozen=True):
    """Whom it is about."""

    id: PatientId
    given_name: str
    family_name: str
    restricted: Restricted = False


class ItemPatientOut(PatientNameOut, frozen=True, kw_only=True):
    """Whom it is about, and the language that they write."""

    language: Language


class ExcerptOut(Struct, frozen=True, kw_only=True):
    """How the text begins that the work is about: of the most severe reason, the newest."""

    words: Annotated[str, Meta(max_length=board.LONGEST_EXCERPT)]
    at: datetime
    #: The key of the question that had been asked.
    prompt: str | None

    def __repr__(self) -> str:
        """Hide the words."""
        return "ExcerptOut(…)"


class SnoozeOut(Struct, frozen=True, kw_only=True):
    """Work that rests, and what wakes it; whatever is worth a flag on it always does."""

    since: datetime
    until: datetime | None
    #: Whether any text of theirs that is worth a flag wakes it, whatever it is about.
    for_reply: bool


class HereOut(Struct, frozen=True, kw_only=True):
    """A colleague who has it open."""

    staff: StaffOut
    #: Whether they have begun to write.
    writing: bool
    #: Until when they are believed to be there.
    until: datetime


class ItemOut(Struct, frozen=True, kw_only=True):
    """A piece of work."""

    practice_id: PracticeId
    id: QueueItemId
    subject: Subject
    severity: Severity
    status: Status
    owner: StaffOut
    #: Why this person, in words.
    owner_why: str
    patient: ItemPatientOut | None
    #: What was written, for recognising it in a list; the whole of it stands with the flags.
    excerpt: ExcerptOut | None
    thread_id: ThreadId | None
    due_at: datetime
    opened_at: datetime
    waiting_since: datetime | None
    claimed_at: datetime | None
    closed_at: datetime | None
    outcome: Ending | None
    #: Null while it is awake.
    snoozed: SnoozeOut | None
    #: The moment that a snooze without one would rest until: the one chosen last.
    snooze_again_until: datetime | None
    #: The work it is done as part of.
    merged_into: QueueItemId | None
    #: Colleagues who have it open now, the reader perhaps among them.
    here: tuple[HereOut, ...]
    version: Annotated[int, Meta(ge=1)]


class FlagOut(Struct, frozen=True, kw_only=True):
    """Why a human must look."""

    id: FlagId
    reason: str
    severity: Severity
    rule: str
    at: datetime
    #: Since when it no longer holds: the text was somebody else's.
    withdrawn_at: datetime | None
    message_id: MessageId | None
    #: What the person wrote.
    words: str | None
    #: The key of the question that had been asked, and its wording.
    prompt: str | None
    question: str | None


class ItemNoteOut(Struct, frozen=True, kw_only=True):
    """What a colleague wrote beside it. It is never sent, and never changed."""

    id: UUID
    #: The work it was written for: this, or a part of it.
    item_id: QueueItemId
    staff: StaffOut
    at: datetime
    kind: notes.Kind
    body: str

    def __repr__(self) -> str:
        """Hide the words."""
        return f"ItemNoteOut(id={self.id}, …)"


class PartOut(Struct, frozen=True):
    """Work that is done as part of this."""

    id: QueueItemId
    subject: Subject
    severity: Severity
    at: datetime


class ItemDetail(ItemOut, frozen=True, kw_only=True):
    """A piece of work with the reasons it is there, the newest first."""

    flags: tuple[FlagOut, ...]
    due_why: DueWhyOut
    #: Null for work that nobody is paged about.
    paging: PagingOut | None
    #: The visit that it must be done before.
    appointment: ItemVisitOut | None
    note: str | None
    #: The newest first.
    notes: tuple[ItemNoteOut, ...]
    parts: tuple[PartOut, ...]


async def load(work: Work, keys: PracticeKeys, parts: Parts, item: QueueItemId) -> ItemDetail:
    """Return an item as it is read by itself; NotFound if it is not there."""
    found = await store.one(work, only(keys.practice), item)
    if found is None:
        raise NotFound
    flags = await store.flags(work, keys.practice, item, keys)
    joined = await mergers.parts_of(work, keys.practice, item)
    written = await notes.of_items(work, keys.practice, keys, [item, *(one.id for one in joined)])
    here = await presence.at_items(work, only(keys.practice), [item], parts.clock.now())
    appointment = await visit_of(work, keys, item)
    return ItemDetail(
        **fields_of(found, board.excerpt_of(flags), here.get(item, ())),
        flags=tuple(_flag(one, parts) for one in flags),
        paging=paging_out(await paging.seen(work, keys.practice, item)),
        appointment=appointment,
        due_why=await due_why_of(work, keys.practice, item, appointment),
        note=await store.note(work, keys, item),
        notes=tuple(note_out(one) for one in written),
        parts=tuple(PartOut(one.id, one.subject, one.severity, one.at) for one in joined),
    )


def fields_of(
    found: store.ItemSeen,
    said: board.Excerpt | None,
    here: Sequence[presence.Here],
    closed: Container[PatientId] = (),
) -> dict[str, Any]:
    """Return what everybody reads of an item, in a list and by itself.

    Of those who are closed to the reader: that there is work, how severe, by when, and whose.
    """
    patient, shut = None, found.patient_id is not None and found.patient_id in closed
    if found.patient_id is not None:
        patient = ItemPatientOut(
            found.patient_id,
            "" if shut else found.patient_given_name or "",
            "" if shut else found.patient_family_name or "",
            restricted=shut,
            language=found.patient_language or "en",
        )
    excerpt = None
    if said is not None and not shut:
        excerpt = ExcerptOut(words=said.words, at=said.at, prompt=said.prompt)
    return {
        "practice_id": found.practice_id,
        "id": found.id,
        "subject": RESTRICTED if shut else found.subject,
        "severity": found.severity,
        "status": found.status,
        "owner": StaffOut(found.owner_id, found.owner_given_name, found.owner_family_name),
        "owner_why": found.owner_why,
        "patient": patient,
        "excerpt": excerpt,
        "thread_id": None if shut else found.thread_id,
        "due_at": found.due_at,
        "opened_at": found.opened_at,
        "waiting_since": found.waiting_since,
        "claimed_at": found.claimed_at,
        "closed_at": found.closed_at,
        "outcome": found.outcome,
        "snoozed": None
        if found.snoozed_at is None
        else SnoozeOut(
            since=found.snoozed_at, until=found.snoozed_until, for_reply=found.snoozed_for_reply
        ),
        "snooze_again_until": found.snoozed_until,
        "merged_into": found.merged_into,
        "here": here_out(here),
        "version": found.version,
    }


def _flag(found: store.FlagSeen, parts: Parts) -> FlagOut:
    return FlagOut(
        id=found.id,
        reason=found.reason,
        severity=found.severity,
        rule=found.rule,
        at=found.at,
        message_id=found.message_id,
        withdrawn_at=found.withdrawn_at,
        words=found.words,
        prompt=found.prompt,
        question=question_of(parts.instruments, found.prompt),
    )


def here_out(here: Sequence[presence.Here]) -> tuple[HereOut, ...]:
    """Return who has it open, as colleagues read it."""
    return tuple(
        HereOut(
            staff=StaffOut(one.staff_id, one.given_name, one.family_name),
            writing=one.writing,
            until=one.until,
        )
        for one in here
    )


def note_out(found: notes.Note) -> ItemNoteOut:
    """Return a note as colleagues read it."""
    return ItemNoteOut(
        id=found.id,
        item_id=found.item_id,
        staff=StaffOut(found.staff_id, found.given_name, found.family_name),
        at=found.at,
        kind=found.kind,
        body=found.body,
    )
