"""Rules of practices and dates of people: when an instrument is asked again.

One row for a person and an instrument, and one in `due` for as long as it waits: nothing is ever
found by a scan. This room refuses to ask; turns does.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec
from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    column,
    exists,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import BIT, distinct_on, insert

from engage.checkins.rescreen import CATCH_UP, FORGOTTEN, Rescreen, Rule, caught_up, discharged
from engage.db.session import Query, Row, Work
from engage.db.tables import (
    answer,
    answer_undone,
    check_in,
    patient,
    rescreen,
    rescreen_rule,
    screening,
)
from engage.ids import PatientId, PracticeId, StaffId, derived

KIND = "rescreen"
"""The kind of its row in `due`."""

_RULES_HERE = rescreen_rule.c.practice_id == bindparam("practice")
_HERE = rescreen.c.practice_id == bindparam("practice")
_SET = ("every_months", "after_discharge_days", "declined_months", "active", "set_by", "set_at")
_MOVES = ("status", "next_at", "why", "counts_from", "changed_at", "version")
_NAMES = Rescreen.__struct_fields__
_RULE = Query(
    select(rescreen_rule).where(_RULES_HERE, rescreen_rule.c.instrument == bindparam("of"))
)
_RULES = Query(select(rescreen_rule).where(_RULES_HERE).order_by(rescreen_rule.c.instrument))
_new_rule = insert(rescreen_rule).values(
    {c.name: bindparam(f"its_{c.name}", type_=c.type) for c in rescreen_rule.c}
)
_PUT_RULE = Query(
    _new_rule.on_conflict_do_update(
        index_elements=["practice_id", "instrument"],
        set_={
            **{name: _new_rule.excluded[name] for name in _SET},
            "version": rescreen_rule.c.version + 1,
        },
    )
)
_ONE = Query(select(rescreen).where(_HERE, rescreen.c.id == bindparam("one")))
_LOCKED = Query(select(rescreen).where(_HERE, rescreen.c.id == bindparam("one")).with_for_update())
_THEIRS = Query(
    select(rescreen)
    .where(
        _HERE,
        rescreen.c.patient_id == bindparam("person"),
        rescreen.c.instrument == bindparam("of"),
    )
    .with_for_update()
)
_OF_PATIENT = Query(
    select(rescreen)
    .where(_HERE, rescreen.c.patient_id == bindparam("person"))
    .order_by(rescreen.c.instrument)
)
_ADD = Query(
    insert(rescreen)
    .values({c.name: bindparam(f"its_{c.name}", type_=c.type) for c in rescreen.c})
    .on_conflict_do_nothing()
)
_MOVE = Query(
    update(rescreen)
    .where(_HERE, rescreen.c.id == bindparam("one"))
    .values({name: bindparam(f"its_{name}", type_=rescreen.c[name].type) for name in _MOVES})
)
_OPEN = Query(
    select(screening.c.id)
    .where(
        screening.c.practice_id == bindparam("practice"),
        screening.c.patient_id == bindparam("person"),
        screening.c.status == "in-progress",
        screening.c.started_at > bindparam("since", type_=screening.c.started_at.type),
        ~exists().where(
            check_in.c.practice_id == screening.c.practice_id,
            check_in.c.screening_id == screening.c.id,
        ),
    )
    .limit(1)
)
_REMAKE = Query(
    select(
        func.count(
            func.due_set(KIND, rescreen.c.id, rescreen.c.practice_id, rescreen.c.next_at)
        ).label("moved")
    ).where(
        _HERE,
        rescreen.c.instrument == bindparam("of"),
        rescreen.c.status == "waiting",
        # Whatever they wait for: while the rule was off, none of them could wake.
        rescreen.c.next_at.is_not(None),
    )
)
_NOW = bindparam("at", type_=DateTime(timezone=True))
_counted = rescreen.c.changed_at + func.make_interval(0, bindparam("months"))
_place = (
    cast(
        cast(literal("x").concat(func.right(cast(rescreen.c.patient_id, Text()), 8)), BIT(32)),
        BigInteger(),
    )
    / 4294967296.0
)
_RECOUNT = Query(
    update(rescreen)
    .where(
        _HERE,
        rescreen.c.instrument == bindparam("of"),
        rescreen.c.why == "interval",
        rescreen.c.counts_from.is_not(None),
    )
    .values(
        next_at=case(
            # Who was asked since and has not answered waits from then: a new rule is no nudge.
            (_counted > _NOW, _counted),
            # As `in_turn`: a shorter rule is no burst.
            else_=_NOW + func.make_interval(0, 0, 0, 0, 0, 0, _place * CATCH_UP.total_seconds()),
        ),
        version=rescreen.c.version + 1,
    )
)


# Of two records that were merged, the kept one's.
_SURVIVOR = func.coalesce(patient.c.merged_into, patient.c.id)
_KEPT = patient.alias("kept")
_TOLD = (
    select(func.bool_and(answer.c.kind == "declined"))
    .where(
        answer.c.practice_id == screening.c.practice_id,
        answer.c.screening_id == screening.c.id,
        answer.c.kind != "not-asked",
        ~exists().where(
            answer_undone.c.practice_id == answer.c.practice_id,
            answer_undone.c.answer_id == answer.c.id,
        ),
    )
    .correlate(screening)
    .scalar_subquery()
)
_BEFORE = Query(
    select(_KEPT.c.id, screening.c.ended_at, func.coalesce(_TOLD, literal(value=False)).label("no"))
    .ext(distinct_on(_KEPT.c.id))
    .select_from(
        screening.join(
            patient,
            and_(
                patient.c.practice_id == screening.c.practice_id,
                patient.c.id == screening.c.patient_id,
            ),
        ).join(
            _KEPT,
            and_(_KEPT.c.practice_id == patient.c.practice_id, _KEPT.c.id == _SURVIVOR),
        )
    )
    .where(
        screening.c.practice_id == bindparam("practice"),
        screening.c.instrument == bindparam("of"),
        screening.c.ended_at.is_not(None),
        _KEPT.c.status == "active",
        ~exists().where(
            rescreen.c.practice_id == _KEPT.c.practice_id,
            rescreen.c.patient_id == _KEPT.c.id,
            rescreen.c.instrument == screening.c.instrument,
        ),
    )
    .order_by(_KEPT.c.id, screening.c.ended_at.desc())
)
_UUIDS, _MOMENTS = ARRAY(Uuid()), ARRAY(DateTime(timezone=True))
_fresh = (
    func.unnest(
        bindparam("ids", type_=_UUIDS),
        bindparam("people", type_=_UUIDS),
        bindparam("moments", type_=_MOMENTS),
        bindparam("whys", type_=ARRAY(Text())),
        bindparam("ends", type_=_MOMENTS),
    )
    .table_valued(
        column("id", Uuid()),
        column("person", Uuid()),
        column("next_at", DateTime(timezone=True)),
        column("why", Text()),
        column("ended_at", DateTime(timezone=True)),
    )
    .render_derived()
)
_ADD_ALL = Query(
    insert(rescreen)
    .from_select(
        [
            *("practice_id", "id", "patient_id", "instrument", "status", "next_at", "why"),
            *("counts_from", "changed_at", "version"),
        ],
        select(
            bindparam("practice", type_=Uuid()),
            _fresh.c.id,
            _fresh.c.person,
            bindparam("of", type_=Text()),
            literal("waiting"),
            _fresh.c.next_at,
            _fresh.c.why,
            _fresh.c.ended_at,
            # As if there had been a rule when they were asked.
            _fresh.c.ended_at,
            literal(1),
        ),
    )
    .on_conflict_do_nothing()
)


async def rule_of(work: Work, practice: PracticeId, instrument: str) -> Rule | None:
    """Return how often a practice asks an instrument again, if it does."""
    row = await work.maybe(_RULE, practice=practice, of=instrument)
    return None if row is None else _rule(row)


async def rules_of(work: Work, practice: PracticeId) -> tuple[Rule, ...]:
    """Return the rules of a practice."""
    return tuple(_rule(row) for row in await work.rows(_RULES, practice=practice))


async def put_rule(work: Work, practice: PracticeId, rule: Rule, by: StaffId, at: datetime) -> None:
    """Write a rule; whoever waits for the interval, or was asked before, waits as it says."""
    columns = msgspec.structs.asdict(rule)
    await work.run(
        _PUT_RULE,
        its_practice_id=practice,
        its_set_by=by,
        its_set_at=at,
        **{f"its_{name}": value for name, value in columns.items()},
    )
    await work.run(_RECOUNT, practice=practice, of=rule.instrument, at=at, months=rule.every_months)
    if rule.active:
        await _catch_up(work, practice, rule, at)
    await work.rows(_REMAKE, practice=practice, of=rule.instrument)


async def _catch_up(work: Work, practice: PracticeId, rule: Rule, at: datetime) -> None:
    """Give a date to everybody who was asked before there was a rule, and has none."""
    rows = await work.rows(_BEFORE, practice=practice, of=rule.instrument)
    if not rows:
        return
    named = f"rescreen/{rule.instrument}"
    await work.run(
        _ADD_ALL,
        practice=practice,
        of=rule.instrument,
        ids=[derived(at, row["id"], named) for row in rows],
        people=[row["id"] for row in rows],
        moments=[
            caught_up(rule, row["id"], row["ended_at"], at, declined=row["no"]) for row in rows
        ],
        whys=["declined" if row["no"] else "interval" for row in rows],
        ends=[row["ended_at"] for row in rows],
    )


async def one(
    work: Work, practice: PracticeId, rescreen_id: UUID, *, lock: bool = False
) -> Rescreen | None:
    """Return one person's date; locked, nobody else moves it until this transaction ends."""
    row = await work.maybe(_LOCKED if lock else _ONE, practice=practice, one=rescreen_id)
    return None if row is None else _rescreen(row)


async def of_patient(work: Work, practice: PracticeId, person: PatientId) -> tuple[Rescreen, ...]:
    """Return a person's dates, by instrument."""
    rows = await work.rows(_OF_PATIENT, practice=practice, person=person)
    return tuple(_rescreen(row) for row in rows)


async def change(
    work: Work,
    practice: PracticeId,
    person: PatientId,
    instrument: str,
    at: datetime,
    how: Callable[[Rescreen], Rescreen],
) -> Rescreen:
    """Change when a person is asked an instrument again; their first date is made here."""
    keys = {"practice": practice, "person": person, "of": instrument}
    row = await work.maybe(_THEIRS, **keys)
    if row is None:
        fresh = Rescreen(
            practice_id=practice,
            id=derived(at, person, f"rescreen/{instrument}"),
            patient_id=person,
            instrument=instrument,
            next_at=None,
            why="interval",
            changed_at=at,
        )
        columns = msgspec.structs.asdict(fresh)
        await work.run(_ADD, **{f"its_{name}": columns[name] for name in _NAMES})
        row = await work.maybe(_THEIRS, **keys)
    before = _rescreen(row) if row is not None else None
    if before is None:
        message = "a date that was just made is gone"
        raise RuntimeError(message)
    after = how(before)
    if after != before:
        await move(work, after)
    return after


async def move(work: Work, after: Rescreen) -> None:
    """Write one person's date, and have it wake then."""
    columns = msgspec.structs.asdict(after)
    await work.run(
        _MOVE,
        practice=after.practice_id,
        one=after.id,
        **{f"its_{name}": columns[name] for name in _MOVES},
    )
    await rest(work, after.id)
    if after.wakes_at is not None:
        await work.call("due_set", KIND, after.id, after.practice_id, after.wakes_at)


async def rest(work: Work, rescreen_id: UUID) -> None:
    """Let one person's date be due no longer."""
    await work.call("due_done", KIND, rescreen_id)


async def after_discharge(
    work: Work, practice: PracticeId, person: PatientId, home_since: datetime, at: datetime
) -> None:
    """Ask sooner, where the practice says so, because somebody is home from hospital."""
    for rule in await rules_of(work, practice):
        if not rule.active or rule.after_discharge_days is None:
            continue

        how = partial(discharged, rule=rule, home_since=home_since, at=at)
        await change(work, practice, person, rule.instrument, at, how)


async def is_open(work: Work, practice: PracticeId, person: PatientId, at: datetime) -> bool:
    """Say whether a screening of somebody is under way; a check-in is none.

    One that nobody has ended in a month is forgotten, not under way.
    """
    since = at - FORGOTTEN
    return await work.maybe(_OPEN, practice=practice, person=person, since=since) is not None


def _rule(row: Row) -> Rule:
    return Rule(**{name: row[name] for name in Rule.__struct_fields__})


def _rescreen(row: Row) -> Rescreen:
    return Rescreen(**{name: row[name] for name in _NAMES})
