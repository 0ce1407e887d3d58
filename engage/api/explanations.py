"""Why a piece of work is here: what was read in its texts, what left by itself, who is told next.

A text is read again, in this process, by the reader of this release; the answer names it, and says
where it no longer agrees with what was flagged when the text came. Nothing is changed by asking.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct

from engage import audit
from engage.api.around import store
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.item_values import StaffOut
from engage.api.parts import Parts
from engage.api.practices import find
from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.errors import NotFound
from engage.ids import MessageId, PracticeId, QueueItemId
from engage.messaging.attributed import Sure, Why
from engage.people.access import only
from engage.people.staffing.store import members_of
from engage.queue import store as items
from engage.queue.paging.ahead import ahead
from engage.reading.answers import Urgency
from engage.reading.explained import Surety, TermKind, reasons, surety, terms
from engage.reading.reader import Tier, shipped_model
from engage.reading.redflags import Kind, Severity
from engage.reading.scope import Standing
from engage.turns import clarify
from engage.turns.explaining import Explained

MOST_READ = 20
"""Texts of one item that are read again, the newest first."""
RULE = "redflag/"
"""What the rule of a flag begins with that the reader raised."""

Place = Annotated[int, Meta(ge=0, description="In Unicode characters of the text as written.")]
Share = Annotated[float, Meta(ge=0, le=1)]


class FoundOut(Struct, frozen=True, kw_only=True):
    """What one rule found, where, and whether it is meant."""

    rule: str
    severity: Severity
    kind: Kind
    standing: Annotated[
        Standing, Meta(description="stands: it is meant; otherwise why it was taken back.")
    ]
    start: Place
    end: Place
    #: Why it is a rule, in the words of its lexicon.
    why_en: str | None
    why_es: str | None


class TermOut(Struct, frozen=True):
    """A feature that weighed most for the model."""

    kind: TermKind
    words: str


class FlaggedOut(Struct, frozen=True):
    """A rule that flagged the text when it came, and whether it is found in it again."""

    rule: str
    severity: str
    again: bool


class ReadingOut(Struct, frozen=True, kw_only=True):
    """What today's reader makes of one text."""

    message_id: MessageId
    words: str
    #: How sure we are who wrote it, and why.
    sure: Sure | None
    why: Why | None
    tier: Tier
    urgency: Urgency
    labels: tuple[str, ...]
    #: No label was sure by its own threshold: they are only the likeliest.
    guessed: bool
    surety: Surety
    probability: Annotated[
        Share, Meta(description="The model's own estimate that a human is needed now.")
    ]
    found: tuple[FoundOut, ...]
    terms: tuple[TermOut, ...]
    #: Rules that only the texts just before it, read together with it, bring up.
    joined: tuple[str, ...]
    flagged: tuple[FlaggedOut, ...]
    #: Rules that today's reader finds, and the one of that day did not.
    added: tuple[str, ...]

    def __repr__(self) -> str:
        """Hide the words."""
        return f"ReadingOut(message_id={self.message_id}, …)"


class LeftOut(Struct, frozen=True, kw_only=True):
    """A text that left by itself because of a danger."""

    id: MessageId
    at: datetime
    body: str
    what: Annotated[
        Literal["safety", "question"],
        Meta(description="safety: what to do now; question: whether help is needed now."),
    ]
    state: Annotated[str, Meta(description="What became of it.")]
    state_reason: str | None
    state_at: datetime | None

    def __repr__(self) -> str:
        """Hide the words."""
        return f"LeftOut(id={self.id}, …)"


class NextToldOut(Struct, frozen=True, kw_only=True):
    """Who is told next if nothing changes; a forecast by who is known to be here then."""

    at: datetime
    staff: tuple[StaffOut, ...]
    why: str


class ExplanationOut(Struct, frozen=True, kw_only=True):
    """Why a piece of work is here, and what has happened by itself."""

    item_id: QueueItemId
    model_version: Annotated[str, Meta(description="Of the reader that was asked just now.")]
    #: The newest text first; texts of withdrawn flags are not among them.
    readings: tuple[ReadingOut, ...]
    #: The newest first.
    left: tuple[LeftOut, ...]
    #: Null when nobody is told any more.
    next_told: NextToldOut | None


@get(
    "/queue/{item_id:uuid}/explanation",
    opt=needs("queue.read"),
    operation_id="explainQueueItem",
    summary="Why a piece of work is here: its texts read again, what left by itself, who is next",
)
async def get_explanation(
    item_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> ExplanationOut:
    """Read the texts of an item again; that it was looked at is recorded."""
    practice, item = await find(parts.database, visit, "queue_item", item_id), QueueItemId(item_id)
    keys, at = await parts.vault.keys(practice), parts.clock.now()
    async with parts.database.work([practice], practice) as work:
        found = await items.one(work, only(practice), item)
        if found is None:
            raise NotFound
        flags = await items.flags(work, practice, item, keys)
        out = ExplanationOut(
            item_id=item,
            model_version=shipped_model().version,
            readings=await _readings(work, keys, parts, flags),
            left=tuple(
                LeftOut(**{name: getattr(one, name) for name in LeftOut.__struct_fields__})
                for one in await store.left(
                    work, keys, item, found.opened_at, tuple(clarify.SCRIPTS)
                )
            ),
            next_told=await _next_told(work, practice, item, at),
        )
        await audit.record(
            work,
            practice,
            at,
            actor="staff",
            actor_id=visit.staff_id,
            action="item.explanation-read",
            subject="queue_item",
            subject_id=item,
            patient_id=found.patient_id,
        )
    return out


async def _readings(
    work: Work, keys: PracticeKeys, parts: Parts, flags: Sequence[items.FlagSeen]
) -> tuple[ReadingOut, ...]:
    by_text: dict[MessageId, list[items.FlagSeen]] = {}
    for flag in flags:
        if flag.message_id is not None and flag.words is not None:
            by_text.setdefault(flag.message_id, []).append(flag)
    newest = list(by_text)[:MOST_READ]
    known = await store.came(work, keys.practice, newest)
    read: list[ReadingOut] = []
    for text in newest:
        came = known.get(text)
        explained = came and await parts.turns.explain(
            work, keys, text, prompt=came.prompt, by_caregiver=came.author == "caregiver"
        )
        if came is not None and explained is not None:
            read.append(_reading(came, by_text[text], explained))
    return tuple(read)


def _reading(came: store.Came, flags: Sequence[items.FlagSeen], now: Explained) -> ReadingOut:
    reading, why = now.reading, reasons()
    raised = {one.rule.removeprefix(RULE): one for one in flags if one.rule.startswith(RULE)}
    again = {one.rule for one in now.found}
    return ReadingOut(
        message_id=came.id,
        words=flags[0].words or "",
        sure=came.sure,
        why=came.why,
        tier=reading.tier,
        urgency=reading.urgency,
        labels=reading.labels,
        guessed=reading.guessed,
        surety=surety(reading),
        probability=reading.probability,
        found=tuple(
            FoundOut(
                rule=one.rule,
                severity=one.severity,
                kind=one.kind,
                standing=one.standing,
                start=one.start,
                end=one.end,
                why_en=None if one.rule not in why else why[one.rule].en,
                why_es=None if one.rule not in why else why[one.rule].es,
            )
            for one in reading.findings
        ),
        terms=tuple(TermOut(one.kind, one.words) for one in terms(reading)),
        joined=tuple(sorted(now.joined)),
        flagged=tuple(
            FlaggedOut(rule, one.severity, rule in again) for rule, one in raised.items()
        ),
        added=tuple(sorted(again - raised.keys())),
    )


async def _next_told(
    work: Work, practice: PracticeId, item: QueueItemId, at: datetime
) -> NextToldOut | None:
    coming = await ahead(work, practice, item)
    if coming is None:
        return None
    names = {one.id: one for one in await members_of(work, practice, at)}
    return NextToldOut(
        at=coming.at,
        staff=tuple(
            StaffOut(one, names[one].given_name, names[one].family_name)
            for one in coming.staff_ids
            if one in names
        ),
        why=coming.why,
    )
