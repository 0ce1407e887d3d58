"""When screenings come round, for a practice and for one person, and how a practice wants to ask.

A rule holds from now on: whoever waits for the interval waits as it says. A person's own date may
be moved or paused by staff, and what they answered before stays as it is.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct
from msgspec.structs import replace

from engage import audit
from engage.api.auth.guard import Visit
from engage.api.auth.marks import needs
from engage.api.etags import IfMatch, require
from engage.api.once import Made, in_turn, made
from engage.api.parts import Parts
from engage.api.practices import chosen_practice, find
from engage.checkins import rescreen
from engage.checkins.rescreen import Rescreen, Rule, Status, Why
from engage.checkins.rescreens import store
from engage.db.session import Work
from engage.ids import PatientId, PracticeId
from engage.people.wishes import store as wishes
from engage.people.wishes.store import Wishes
from engage.turns.refusals import INSTRUMENT, NoSuchInstrument

Months = Annotated[int, Meta(ge=1, le=60)]
Days = Annotated[int, Meta(ge=0, le=90)]
Moment = Annotated[datetime, Meta(tz=True)]
OfPractice = Annotated[
    UUID | None, QueryParameter(name="practice_id", required=False, description="Which practice.")
]


class RuleIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often an instrument is asked again."""

    every_months: Annotated[Months, Meta(description="Counted from the end of the last one.")]
    after_discharge_days: Annotated[
        Days | None, Meta(description="Sooner, so many days after a discharge.")
    ] = None
    declined_months: Annotated[
        Months, Meta(description="For whoever would not answer: as long at least.")
    ]
    active: bool = True


class RuleOut(Struct, frozen=True, kw_only=True):
    """How often a practice asks an instrument again."""

    practice_id: PracticeId
    instrument: str
    every_months: int
    after_discharge_days: int | None
    declined_months: int
    active: bool
    version: int


class RuleList(Struct, frozen=True):
    """The rules of a practice, by instrument."""

    items: tuple[RuleOut, ...]


class RescreenIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When one person is asked again."""

    next_at: Annotated[Moment | None, Meta(description="null: not by itself.")] = None
    status: Status = "waiting"


class RescreenOut(Struct, frozen=True, kw_only=True):
    """When one person is asked one instrument again, and why then."""

    practice_id: PracticeId
    patient_id: PatientId
    instrument: str
    status: Status
    next_at: datetime | None
    why: Why
    counts_from: Annotated[datetime | None, Meta(description="When the last one ended.")]
    version: int


class RescreenList(Struct, frozen=True):
    """A person's dates, by instrument."""

    items: tuple[RescreenOut, ...]


class WishesIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a practice wants to ask and to chase."""

    links_in_texts: Annotated[
        bool, Meta(description="The first text of a screening names its one-time page.")
    ]
    chase_after_days: Annotated[
        int,
        Meta(ge=1, le=30, description="Business days after which an organization is reminded."),
    ]


class WishesOut(Struct, frozen=True, kw_only=True):
    """How a practice wants to ask and to chase."""

    practice_id: PracticeId
    links_in_texts: bool
    chase_after_days: int


@get(
    "/rescreening",
    opt=needs("practice.read"),
    operation_id="listRescreeningRules",
    summary="How often a practice asks instruments again",
)
async def list_rules(
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    practice_id: OfPractice = None,
) -> Response[RuleList]:
    """Return the rules of a practice."""
    practice = _practice(visit, practice_id)
    async with parts.database.work([practice]) as work:
        found = await store.rules_of(work, practice)
    return made(Made(RuleList(tuple(_rule(practice, one) for one in found))), RuleList)


@put(
    "/rescreening/{instrument:str}",
    opt=needs("practice.write"),
    operation_id="putRescreeningRule",
    summary="Say how often an instrument is asked again",
)
async def put_rule(
    instrument: FromPath[str],
    data: JSONBody[RuleIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    practice_id: OfPractice = None,
    if_match: IfMatch = None,
) -> Response[RuleOut]:
    """Write a rule: it holds from now on, for whoever waits and for whoever comes."""
    practice = _practice(visit, practice_id)
    if instrument not in parts.instruments:
        raise NoSuchInstrument(INSTRUMENT)
    wanted = Rule(
        instrument=instrument,
        every_months=data.every_months,
        after_discharge_days=data.after_discharge_days,
        declined_months=data.declined_months,
        active=data.active,
    )
    rescreen.refuse_rule(wanted)

    async def act(work: Work) -> Rule:
        before = await store.rule_of(work, practice, instrument)
        if if_match is not None:
            require(if_match, 0 if before is None else before.version)
        at = parts.clock.now()
        await store.put_rule(work, practice, wanted, visit.staff_id, at)
        await _record(work, visit, practice, "rescreening.rule", None, at)
        after = await store.rule_of(work, practice, instrument)
        return wanted if after is None else after

    after = await in_turn(parts, act, practice)
    out = _rule(practice, after)
    return made(Made(out, version=after.version), RuleOut)


@get(
    "/patients/{patient_id:uuid}/rescreens",
    opt=needs("screening.read"),
    operation_id="listRescreens",
    summary="When a patient is asked again",
)
async def list_rescreens(
    patient_id: FromPath[UUID],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
) -> Response[RescreenList]:
    """Return a person's dates."""
    practice = await find(parts.database, visit, "patient", patient_id)
    async with parts.database.work([practice], practice) as work:
        found = await store.of_patient(work, practice, PatientId(patient_id))
        at = parts.clock.now()
        await _record(work, visit, practice, "rescreen.read", PatientId(patient_id), at)
    return made(Made(RescreenList(tuple(map(_outward, found)))), RescreenList)


@put(
    "/patients/{patient_id:uuid}/rescreens/{instrument:str}",
    opt=needs("screening.write"),
    operation_id="putRescreen",
    summary="Say when a patient is asked again",
)
async def put_rescreen(
    patient_id: FromPath[UUID],
    instrument: FromPath[str],
    data: JSONBody[RescreenIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    if_match: IfMatch = None,
) -> Response[RescreenOut]:
    """Move a person's date, or pause it."""
    practice = await find(parts.database, visit, "patient", patient_id)
    person, at = PatientId(patient_id), parts.clock.now()
    if instrument not in parts.instruments:
        raise NoSuchInstrument(INSTRUMENT)
    rescreen.refuse_moment(data.next_at, at)

    def moved(before: Rescreen) -> Rescreen:
        if if_match is not None:
            require(if_match, before.version)
        return replace(
            before,
            status=data.status,
            next_at=data.next_at,
            why="by-staff",
            changed_at=at,
            version=before.version + 1,
        )

    async def act(work: Work) -> Rescreen:
        await parts.turns.before_change(work, practice, person)
        after = await store.change(work, practice, person, instrument, at, moved)
        await _record(work, visit, practice, "rescreen.move", person, at)
        return after

    after = await in_turn(parts, act, practice)
    return made(Made(_outward(after), version=after.version), RescreenOut)


@get(
    "/practice-wishes",
    opt=needs("practice.read"),
    operation_id="getWishes",
    summary="How a practice wants to ask and to chase",
)
async def get_wishes(
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    practice_id: OfPractice = None,
) -> Response[WishesOut]:
    """Return what a practice has chosen."""
    practice = _practice(visit, practice_id)
    async with parts.database.work([practice]) as work:
        found = await wishes.wishes_of(work, practice)
    return made(Made(_wishes(practice, found)), WishesOut)


@put(
    "/practice-wishes",
    opt=needs("practice.write"),
    operation_id="putWishes",
    summary="Choose how a practice asks and chases",
)
async def put_wishes(
    data: JSONBody[WishesIn],
    visit: NamedDependency[Visit],
    parts: NamedDependency[Parts],
    practice_id: OfPractice = None,
) -> Response[WishesOut]:
    """Write what a practice chooses from now on; what is due already stays due then."""
    practice = _practice(visit, practice_id)
    wanted = Wishes(links_in_texts=data.links_in_texts, chase_after_days=data.chase_after_days)

    async def act(work: Work) -> None:
        await wishes.wish(work, practice, wanted)
        await _record(work, visit, practice, "practice.wishes", None, parts.clock.now())

    await in_turn(parts, act, practice)
    return made(Made(_wishes(practice, wanted)), WishesOut)


def _practice(visit: Visit, given: UUID | None) -> PracticeId:
    return chosen_practice(visit, None if given is None else PracticeId(given))


async def _record(
    work: Work,
    visit: Visit,
    practice: PracticeId,
    action: str,
    person: PatientId | None,
    at: datetime,
) -> None:
    await audit.record(
        work,
        practice,
        at,
        actor="staff",
        actor_id=visit.staff_id,
        action=action,
        subject="practice" if person is None else "patient",
        subject_id=practice if person is None else person,
        patient_id=person,
    )


def _rule(practice: PracticeId, one: Rule) -> RuleOut:
    return RuleOut(
        practice_id=practice,
        instrument=one.instrument,
        every_months=one.every_months,
        after_discharge_days=one.after_discharge_days,
        declined_months=one.declined_months,
        active=one.active,
        version=one.version,
    )


def _outward(one: Rescreen) -> RescreenOut:
    return RescreenOut(
        practice_id=one.practice_id,
        patient_id=one.patient_id,
        instrument=one.instrument,
        status=one.status,
        next_at=one.next_at,
        why=one.why,
        counts_from=one.counts_from,
        version=one.version,
    )


def _wishes(practice: PracticeId, one: Wishes) -> WishesOut:
    return WishesOut(
        practice_id=practice,
        links_in_texts=one.links_in_texts,
        chase_after_days=one.chase_after_days,
    )
