"""What a turn decided: every row that one transaction saves. (p).

Ids are derived from the cause, so deciding the same event twice names the same rows. Words (bodies)
are plain here and sealed by store.py. This room refuses behaviour.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from engage.conversation.answers import Answer
from engage.conversation.severity import Severity
from engage.conversation.states import State
from engage.ids import (
    AnswerId,
    ConsentEventId,
    ConversationId,
    FlagId,
    LineId,
    MessageId,
    PatientId,
    PracticeId,
    QueueItemId,
    ScreeningId,
    StaffId,
    ThreadId,
    TimerId,
)
from engage.messaging.attributed import Sure, Why
from engage.messaging.kinds import TextKind
from engage.needs.scoring import Verdict
from engage.people.consent import Actor, How, Purpose, Scope, Wording
from engage.people.consent import Kind as ConsentKind
from engage.turns.coming import CameSaid
from engage.turns.context import Channel, Language
from engage.turns.invite import InviteAsked, InviteSaid
from engage.turns.needing import HelpAnswered, RiskFound
from engage.turns.talks import Act, VisitTalk, Want

Author = Literal["patient", "caregiver", "unknown", "staff", "system"]
Kind = TextKind


class InboundRead(Struct, frozen=True):
    """Who wrote the text, about whom, and which prompt it answers."""

    id: MessageId
    author: Author
    author_id: UUID | None = None
    thread_id: ThreadId | None = None
    conversation_id: ConversationId | None = None
    prompt: str | None = None
    sure: Sure = "none"
    why: Why = "not-read"


class LanguageChosen(Struct, frozen=True):
    """A person said in which language they want to be texted."""

    patient_id: PatientId
    language: Language


class TextOut(Struct, frozen=True, kw_only=True):
    """A text to send. `cause_id` and `key` make it unique for ever."""

    id: MessageId
    thread_id: ThreadId | None
    conversation_id: ConversationId | None
    cause_id: UUID
    key: str
    body: str
    kind: Kind
    author: Author = "system"
    author_id: UUID | None = None
    text_id: str | None = None
    prompt: str | None = None
    #: From then on what it says is no longer so: it arrives before, or not at all.
    not_after: datetime | None = None

    def __repr__(self) -> str:
        """Hide the words."""
        return f"TextOut(key={self.key!r}, text_id={self.text_id!r}, body=…)"


class Withdrawn(Struct, frozen=True):
    """A text that must not be sent any more, if the carrier does not have it yet."""

    cause_id: UUID
    key: str


class AnswerGiven(Struct, frozen=True, kw_only=True):
    """An answer to an item, who reported it and in which text."""

    id: AnswerId
    screening_id: ScreeningId
    item: str
    answer: Answer
    loinc: str | None
    reporter: Literal["patient", "caregiver", "staff"]
    reporter_id: UUID | None = None
    message_id: MessageId | None = None


class FlagRaised(Struct, frozen=True, kw_only=True):
    """A flag, and the item it belongs to."""

    id: FlagId
    item_id: QueueItemId
    patient_id: PatientId | None
    reason: str
    severity: Severity
    rule: str
    source_id: UUID
    #: The text whose words belong to it.
    message_id: MessageId | None = None


class ItemOpened(Struct, frozen=True, kw_only=True):
    """New work, with its owner and due time."""

    id: QueueItemId
    about_id: UUID
    patient_id: PatientId | None
    thread_id: ThreadId | None
    subject: str
    severity: Severity
    owner_id: StaffId
    owner_why: str
    due_at: datetime
    waiting_since: datetime | None = None


class ItemRaised(Struct, frozen=True, kw_only=True):
    """Open work that a further flag joined; its severity only rises."""

    id: QueueItemId
    patient_id: PatientId | None
    severity: Severity
    due_at: datetime
    waiting_since: datetime | None = None


class TimerSet(Struct, frozen=True):
    """Wake a conversation."""

    id: TimerId
    conversation_id: ConversationId
    name: str
    step: int
    fires_at: datetime


class ConversationSaved(Struct, frozen=True, kw_only=True):
    """A conversation as it stands after the turn."""

    id: ConversationId
    thread_id: ThreadId
    patient_id: PatientId
    script: str
    language: Language
    state: State
    open: bool
    screening_id: ScreeningId | None = None


class ScreeningSaved(Struct, frozen=True, kw_only=True):
    """A screening as it stands after the turn."""

    id: ScreeningId
    patient_id: PatientId
    instrument: str
    instrument_version: str
    channel: Channel
    language: Language
    status: Literal["in-progress", "completed", "stopped"]
    verdict: Verdict | None = None
    requested_by: StaffId | None = None


class ConsentSaved(Struct, frozen=True):
    """A line of the consent ledger: of the line or, with a patient, of theirs."""

    id: ConsentEventId
    kind: ConsentKind
    how: How
    message_id: MessageId | None = None
    staff_id: StaffId | None = None
    actor: Actor = "person"
    patient_id: PatientId | None = None
    purpose: Purpose | None = None
    scope: Scope = "all"
    wording: Wording | None = None
    reason: str | None = None

    def __repr__(self) -> str:
        """Hide the reason."""
        return f"ConsentSaved(kind={self.kind!r}, how={self.how!r}, reason=…)"


class PageSet(Struct, frozen=True):
    """Somebody on call is paged about an item at this moment, unless it is taken on before."""

    item_id: QueueItemId
    at: datetime


class Decision(Struct, frozen=True, kw_only=True):
    """Everything one turn says. An empty one still uses up its cause."""

    practice_id: PracticeId
    line_id: LineId | None
    at: datetime
    inbound: InboundRead | None = None
    opted_out: bool | None = None
    consents: tuple[ConsentSaved, ...] = ()
    screenings: tuple[ScreeningSaved, ...] = ()
    conversations: tuple[ConversationSaved, ...] = ()
    answers: tuple[AnswerGiven, ...] = ()
    texts: tuple[TextOut, ...] = ()
    withdrawn: tuple[Withdrawn, ...] = ()
    items: tuple[ItemOpened, ...] = ()
    raised: tuple[ItemRaised, ...] = ()
    flags: tuple[FlagRaised, ...] = ()
    timers: tuple[TimerSet, ...] = ()
    languages: tuple[LanguageChosen, ...] = ()
    #: Patients (or the line) whose waiting a human has just answered.
    answered: tuple[UUID, ...] = ()
    #: Patients or caregivers who, it turned out, do not use the line's phone.
    unlinked: tuple[UUID, ...] = ()
    #: Patients who no longer want anything shared with their family.
    unshared: tuple[PatientId, ...] = ()
    #: Questions whether somebody is to be invited, and those that were answered with a yes.
    invites: tuple[InviteAsked | InviteSaid, ...] = ()
    #: The person on the line is whom we take them for.
    verified: bool = False
    pages: tuple[PageSet, ...] = ()
    #: Items whose page, if it has not gone out, is called off; the items stay.
    unpaged: tuple[QueueItemId, ...] = ()
    #: Grounds for needs, and what people said when asked whether they want help.
    risks: tuple[RiskFound, ...] = ()
    helped: tuple[HelpAnswered, ...] = ()
    #: What people said when asked whether what was arranged came.
    came: tuple[CameSaid, ...] = ()
    #: What people said of visits, and what conversations that begin are about.
    visits: tuple[Act, ...] = ()
    talks: tuple[VisitTalk, ...] = ()
    #: What it must know first: then it is made again, and this one is not saved.
    wants: tuple[Want, ...] = ()
    #: Hand-offs, for the transcript.
    handed_off: tuple[str, ...] = ()
    done: tuple[tuple[str, UUID], ...] = ()
