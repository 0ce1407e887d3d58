"""What a decision may depend on, loaded after the line is locked, and the event it is about. (p).

Plain values; the field names are those that the database function turn_context returns. This room
refuses anything a decision does not need: no phone number, no family name, no birth date.
"""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct
from msgspec.structs import force_setattr

from engage.conversation.answers import Answer
from engage.conversation.events import Event
from engage.conversation.severity import Severity
from engage.conversation.states import State
from engage.ids import (
    CaregiverId,
    ConversationId,
    LineId,
    MessageId,
    NumberId,
    PatientId,
    PracticeId,
    QueueItemId,
    ScreeningId,
    StaffId,
    ThreadId,
)
from engage.messaging.phone_state import Trouble
from engage.people.consent import Purpose, Recorded
from engage.people.merging import unmarked
from engage.queue.clocks import Calendar
from engage.queue.routing import CoverSeen, Roster, StaffSeen
from engage.turns.coming import Whether
from engage.turns.talks import Known, Meet

Language: TypeAlias = Literal["en", "es"]
Channel: TypeAlias = Literal["sms", "staff"]


class PracticeSeen(Struct, frozen=True):
    """The practice on whose number this happens."""

    id: PracticeId
    name: str
    texting_name: str
    support_phone: str
    time_zone: str
    #: Local open and close times, "09:00", per weekday.
    business_hours: Mapping[str, tuple[tuple[str, str], ...]]
    holidays: str
    responsible_id: StaffId

    @property
    def calendar(self) -> Calendar:
        """Its business hours."""
        hours = {
            day: tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in spans)
            for day, spans in self.business_hours.items()
        }
        return Calendar(self.time_zone, hours, self.holidays)


class LineSeen(Struct, frozen=True):
    """One practice number and one phone: what is locked."""

    id: LineId
    number_id: NumberId
    opted_out: bool


class ThreadSeen(Struct, frozen=True):
    """The texts about one patient on the line; without a line, the patient alone (`id` is None)."""

    id: ThreadId | None
    patient_id: PatientId
    given_name: str
    language: Language
    active: bool
    #: Whether the patient uses this phone; if not, it is a caregiver's.
    uses_phone: bool
    manager_id: StaffId | None = None
    team: tuple[StaffId, ...] = ()


class CaregiverSeen(Struct, frozen=True):
    """A caregiver who uses the phone, and the patients they help."""

    id: CaregiverId
    given_name: str
    of: tuple[PatientId, ...] = ()


class ConversationSeen(Struct, frozen=True):
    """An open conversation of the line."""

    id: ConversationId
    thread_id: ThreadId
    patient_id: PatientId
    script: str
    language: Language
    state: State
    started_at: datetime
    screening_id: ScreeningId | None = None
    #: Keys of its texts that have not left: nobody can have read them.
    queued: tuple[str, ...] = ()


class ItemSeen(Struct, frozen=True):
    """An open item about a patient of the line, or about the line itself."""

    id: QueueItemId
    about_id: UUID
    subject: str
    severity: Severity
    owner_id: StaffId
    due_at: datetime
    waiting: bool = False
    #: A person has answered, and nobody has written since.
    answered: bool = False

    def __post_init__(self) -> None:
        """Take work that came with a merged record for what it is: of two dangers, each counts."""
        force_setattr(self, "subject", unmarked(self.subject))


class TurnContext(Struct, frozen=True):
    """Everything loaded for one turn."""

    practice: PracticeSeen
    line: LineSeen | None
    threads: tuple[ThreadSeen, ...] = ()
    caregivers: tuple[CaregiverSeen, ...] = ()
    conversations: tuple[ConversationSeen, ...] = ()
    items: tuple[ItemSeen, ...] = ()
    staff: tuple[StaffSeen, ...] = ()
    covers: tuple[CoverSeen, ...] = ()
    #: The person's own thresholds, of check-ins that ask for numbers.
    limits: Mapping[ScreeningId, Mapping[str, float]] = {}
    #: Needs that these people are not asked about now; known only to the turn that would ask.
    quiet: tuple[tuple[PatientId, str], ...] = ()
    #: Needs that they spoke of during a check-in which this turn ends.
    found: tuple[tuple[PatientId, str], ...] = ()
    #: What conversations about visits are about, where there are any.
    visits: Known = Known()

    @property
    def roster(self) -> Roster:
        """The people routing may choose from."""
        return Roster(
            staff=self.staff,
            covers=self.covers,
            responsible_id=self.practice.responsible_id,
            zone=self.practice.time_zone,
        )

    @property
    def sender_unknown(self) -> bool:
        """Whether nobody on record uses the phone."""
        return not self.caregivers and not any(one.uses_phone for one in self.threads)

    def thread_of(self, patient: PatientId) -> ThreadSeen | None:
        """Return the patient's thread on this line."""
        return next((t for t in self.threads if t.patient_id == patient), None)


class Part(Struct, frozen=True):
    """A text of the line that came just before another: perhaps one text in pieces."""

    at: datetime
    text: str

    def __repr__(self) -> str:
        """Hide the words."""
        return f"Part(at={self.at.isoformat()}, text=…)"


class Written(Struct, frozen=True):
    """Who wrote it, signed in, and about whom: nothing of it is guessed."""

    author: Literal["patient", "caregiver"]
    author_id: UUID
    patient_id: PatientId


class TextCame(Struct, frozen=True):
    """What came with an inbound text besides its words."""

    message_id: MessageId
    opt_out_type: Literal["STOP", "START", "HELP"] | None = None
    media_count: int = 0
    #: What came just before on the line, oldest first.
    before: tuple[Part, ...] = ()
    #: It came from a number of the practice itself.
    ours: bool = False
    #: The line was closed after it came: what is found late opens nothing.
    overtaken: bool = False
    #: The line was opened by somebody after it came: what is found late closes nothing.
    reopened: bool = False
    #: It came through the app of a family, and not as a text.
    written: Written | None = None


class Corrected(Struct, frozen=True, kw_only=True):
    """Whose a text really is, as somebody of the practice says, and what it did as another's."""

    author: Literal["patient", "caregiver", "unknown"]
    author_id: UUID | None = None
    patient_id: PatientId | None = None
    text: str
    #: The question it answers, if they name one; else the one that stood when it came.
    prompt: str | None = None
    text_at: datetime
    #: It was nobody's before: the phone was added to a record later.
    claimed: bool = False
    #: The conversation that read it, the question it was taken to answer, and whose it was.
    was_about: PatientId | None = None
    was_in: ConversationId | None = None
    was_asked: str | None = None
    #: The screenings that lose an answer, with what is left of them.
    screenings: tuple["ScreeningLeft", ...] = ()
    #: Items that it alone opened and that nobody touched: they are cancelled.
    cancelled: tuple[QueueItemId, ...] = ()
    #: They held the tongue of that person's conversations, and nothing else does.
    resumes: bool = False
    #: Texts of the conversation that read it which have not left.
    queued: tuple[tuple[UUID, str], ...] = ()
    #: What its correction does, or can't do, to somebody's consent: their care manager is told.
    consent: tuple[tuple[PatientId | None, str], ...] = ()

    def __repr__(self) -> str:
        """Hide the words."""
        return f"Corrected(author={self.author!r}, …)"


class ScreeningLeft(Struct, frozen=True, kw_only=True):
    """A screening without the answers that were somebody else's."""

    id: ScreeningId
    patient_id: PatientId
    instrument: str
    instrument_version: str
    channel: Channel
    language: Language
    status: Literal["in-progress", "completed", "stopped"]
    known: Mapping[str, Answer] = {}


class StaffText(Struct, frozen=True):
    """A text that a person of the practice writes into a thread."""

    message_id: MessageId
    thread_id: ThreadId
    staff_id: StaffId
    body: str

    def __repr__(self) -> str:
        """Hide the words."""
        return "StaffText(…)"


class ScreeningAsked(Struct, frozen=True):
    """A screening that begins or goes on: who asked for it and what is known already."""

    id: ScreeningId
    patient_id: PatientId
    instrument: str
    channel: Channel
    language: Language
    known: Mapping[str, Answer] = {}
    #: The script by which it is asked, if not the instrument's own.
    script: str | None = None


class PageLink(Struct, frozen=True):
    """The address of a one-time page: who has it may answer."""

    address: str

    def __repr__(self) -> str:
        """Hide it."""
        return "PageLink(…)"


class OnPage(Struct, frozen=True):
    """Who answers on the one-time page of a screening: whoever its link was made for."""

    caregiver_id: CaregiverId | None = None
    #: It was no answer any more, and is a sign of danger: somebody hears of it all the same.
    late: bool = False


class CheckInDue(Struct, frozen=True, kw_only=True):
    """An occurrence of a check-in plan; what it asks is the turn's screening."""

    #: Older ones of the plan that never came to be asked: this one takes their place.
    instead_of: tuple[ScreeningId, ...] = ()
    #: There is no phone to ask by.
    unreachable: bool = False


class Inviting(Struct, frozen=True, kw_only=True):
    """A wish to invite somebody, in this text or in the one that the live question is about."""

    #: Who they are to the person, as they call them.
    relation: str
    #: The question stands: this text may be the answer to it.
    asked: bool = False
    #: Why it may not be here; a person of the practice sees to it.
    refusal: str | None = None


class ConsentTold(Struct, frozen=True, kw_only=True):
    """What a person told staff about being texted."""

    kind: Recorded
    reason: str
    purpose: Purpose | None = None

    def __repr__(self) -> str:
        """Hide the reason."""
        return f"ConsentTold(kind={self.kind!r}, reason=…)"


class Turn(Struct, frozen=True, kw_only=True):
    """One event and what belongs to it. `cause` is its id: all effects derive theirs from it."""

    cause: UUID
    event: Event
    conversation_id: ConversationId | None = None
    patient_id: PatientId | None = None
    text: TextCame | None = None
    staff_text: StaffText | None = None
    screening: ScreeningAsked | None = None
    staff_id: StaffId | None = None
    corrected: Corrected | None = None
    #: Ask who holds the phone: the id of the script.
    check: str | None = None
    check_in: CheckInDue | None = None
    record: ConsentTold | None = None
    #: The answer was given on a page: what follows is shown there, and not texted.
    page: OnPage | None = None
    #: The address of the page on which a screening that begins may be answered as well.
    link: PageLink | None = None
    #: Ask whether what was arranged came.
    whether: Whether | None = None
    #: A wish to invite somebody, and whether it may be.
    inviting: Inviting | None = None
    #: Begin a conversation about visits.
    meet: Meet | None = None
    #: What a text that failed taught us of the phone, and nobody was told of yet.
    trouble: Trouble | None = None
    #: By when a person had to know what the text that failed says, if it was such a one.
    know_by: datetime | None = None
    #: Rows of `due` that this turn uses up, in the same transaction.
    done: tuple[tuple[str, UUID], ...] = ()

    @property
    def at(self) -> datetime:
        """When it happened."""
        return self.event.at
