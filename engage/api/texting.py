"""May we text this patient, and if not, why: the same question that the outbox asks last.

With it, in words: by which clock, what waits until when, and what was dropped lately. Nothing of a
text's own words is in here.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, assert_never
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Request, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.bare_page import spoken_by
from engage.api.consent import PurposeOut, Spoken, purposes_in_words
from engage.api.parts import Parts
from engage.api.practices import find
from engage.errors import NotFound
from engage.ids import MessageId, PatientId
from engage.messaging import timing
from engage.messaging.kinds import TextKind
from engage.messaging.may_text import Facts, May, MayNot, Timing, Wait, WhyNot, may_text
from engage.messaging.model import HeldBack
from engage.messaging.quiet_hours import Known
from engage.messaging.texts import Catalogue, render
from engage.messaging.threads.store import held_back, line_of, texting_facts
from engage.people.merging.store import survivor
from engage.people.staffing.store import get_practice
from engage.people.store import get_patient

LATELY = timedelta(days=14)
"""For so long a text that was not sent is a line on the page."""

_MOMENT: dict[Spoken, str] = {"en": "%a %b %d, %H:%M", "es": "el %d/%m a las %H:%M"}


class VerdictOut(Struct, frozen=True, kw_only=True):
    """What a text written now would meet."""

    may: Annotated[bool, Meta(description="False if nothing may leave however long it waits.")]
    reason: WhyNot | None
    until: Annotated[datetime | None, Meta(description="When it would leave; null: at once.")]
    words: str


class ClockOut(Struct, frozen=True, kw_only=True):
    """By which clock quiet hours are kept."""

    zones: tuple[str, ...]
    known: Known
    words: str


class HeldBackOut(Struct, frozen=True, kw_only=True):
    """A text of ours that has not left, or never will."""

    id: MessageId
    kind: TextKind
    reason: Literal["quiet-hours", "over-budget", "human-talking", "not-verified", "stale"]
    at: datetime
    until: datetime | None
    words: str


class TextingOut(Struct, frozen=True, kw_only=True):
    """May we text this patient now, and if not, why."""

    may: bool
    reason: WhyNot | None
    until: datetime | None
    words: str
    planned: Annotated[VerdictOut, Meta(description="The same for a text that a plan sends.")]
    clock: ClockOut
    purposes: Annotated[
        tuple[PurposeOut, ...], Meta(description="What the person wants texts about.")
    ]
    waiting: tuple[HeldBackOut, ...]
    dropped: Annotated[tuple[HeldBackOut, ...], Meta(description="Not sent, in two weeks.")]


@get(
    "/patients/{patient_id:uuid}/texting",
    opt=needs("patient.read"),
    operation_id="getTexting",
    summary="May we text this patient, and if not, why",
)
async def get_texting(
    request: Request[Any, Any, State],
    patient_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> TextingOut:
    """Say in words whether a text may go out now; the outbox asks the same function.

    Of a merged record what goes for the one that is kept.
    """
    practice = await find(parts.database, visit, "patient", patient_id)
    keys, at = await parts.vault.keys(practice), parts.clock.now()
    async with parts.database.work([practice], practice) as work:
        person = await survivor(work, practice, PatientId(patient_id))
        facts = await texting_facts(work, practice, person)
        if facts is None:
            raise NotFound
        number = (await get_patient(work, keys, person)).phone
        line = await line_of(work, practice, person)
        simulated = parts.settings.carrier == "simulator"
        now = await timing.load(work, practice, line, person, number, at, simulated=simulated)
        back = await held_back(work, practice, person, at - LATELY)
        zone = (await get_practice(work, practice)).time_zone
        await audit.record(
            work,
            practice,
            at,
            actor="staff",
            actor_id=visit.staff_id,
            action="patient.texting",
            subject="patient",
            subject_id=person,
            patient_id=person,
        )
    language = spoken_by(request)
    says = _Speaker(parts.catalogue, now, zone, language)
    own = says.verdict(facts, "staff")
    return TextingOut(
        may=own.may,
        reason=own.reason,
        until=own.until,
        words=own.words,
        planned=says.verdict(facts, "check-in"),
        clock=says.clock(),
        purposes=purposes_in_words(facts.closed, parts.catalogue, language),
        waiting=tuple(says.held(one) for one in back if one.until is not None),
        dropped=tuple(says.held(one) for one in back if one.until is None),
    )


class _Speaker:
    """Puts verdicts into words, by the person's own clock if it is known."""

    def __init__(
        self, catalogue: Catalogue, now: Timing, practice_zone: str, language: Spoken
    ) -> None:
        """Take the words, the moment, the clock on the practice's wall, and who listens."""
        self._catalogue = catalogue
        self._language: Spoken = language
        self._now = now
        zones = tuple(dict.fromkeys(place.zone for place in now.hours.places))
        self._zones = zones
        self._zone = ZoneInfo(zones[0] if len(zones) == 1 else practice_zone)

    def verdict(self, facts: Facts, kind: TextKind) -> VerdictOut:
        """Return what a text of a kind written now would meet."""
        answer = may_text(facts, kind, self._now, self._now.at)
        match answer:
            case May():
                return VerdictOut(may=True, reason=None, until=None, words=self._say("yes"))
            case Wait(until, reason):
                words = self._say(f"wait.{reason}", until)
                return VerdictOut(may=True, reason=reason, until=until, words=words)
            case MayNot(reason):
                late = reason in {"quiet-hours", "over-budget", "human-talking", "not-verified"}
                words = self._say(f"never.{reason}" if late else reason)
                return VerdictOut(may=False, reason=reason, until=None, words=words)
            case _:
                assert_never(answer)

    def clock(self) -> ClockOut:
        """Return by which clock quiet hours are kept."""
        hours = self._now.hours
        words = self._say(f"zone.{hours.known}", zone=", ".join(self._zones))
        return ClockOut(zones=self._zones, known=hours.known, words=words)

    def held(self, one: HeldBack) -> HeldBackOut:
        """Return a text that waits or was dropped."""
        how = "dropped" if one.until is None else "wait"
        return HeldBackOut(
            id=one.id,
            kind=one.kind,
            reason=one.reason,
            at=one.at,
            until=one.until,
            words=self._say(f"{how}.{one.reason}", one.until),
        )

    def _say(self, text: str, until: datetime | None = None, zone: str = "") -> str:
        moment = _MOMENT[self._language]
        values = {
            "now": f"{self._now.at.astimezone(self._zone):%H:%M}",
            "until": "" if until is None else f"{until.astimezone(self._zone):{moment}}",
            "zone": zone,
        }
        return render(self._catalogue, f"texting.{text}", self._language, values)
