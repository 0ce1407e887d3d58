"""Rules of practices and dates of people: when an instrument is asked again.

One row for a person and an instrument, and one in `due` for as long as it waits: nothing is ever
found by a scan. This room refuses to ask; turns does.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert

from engage.checkins.rescreen import FORGOTTEN, Rescreen, Rule, discharged
from engage.db.session import Query, Row, Work
from engage.db.tables import check_in, rescreen, rescreen_rule, screening
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
_RECOUNT = Query(
    update(rescreen)
    .where(
        _HERE,
        rescreen.c.instrument == bindparam("of"),
        rescreen.c.why == "interval",
        rescreen.c.counts_from.is_not(None),
    )
    .values(
        next_at=func.greatest(
            bindparam("at", type_=rescreen.c.next_at.type),
            # Who was asked since and has not answered waits from then: a new rule is no nudge.
            rescreen.c.changed_at + func.make_interval(0, bindparam("months")),
        ),
        version=rescreen.c.version + 1,
    )
)


async def rule_of(work: Work, practice: PracticeId, instrument: str) -> Rule | None:
    """Return how often a practice asks an instrument again, if it does."""
    row = await work.maybe(_RULE, practice=practice, of=instrument)
    return None if row is None else _rule(row)


async def rules_of(work: Work, practice: PracticeId) -> tuple[Rule, ...]:
    """Return the rules of a practice."""
    return tuple(_rule(row) for row in await work.rows(_RULES, practice=practice))


async def put_rule(work: Work, practice: PracticeId, rule: Rule, by: StaffId, at: datetime) -> None:
    """Write a rule; whoever waits for the interval waits as it says from now on."""
    columns = msgspec.structs.asdict(rule)
    await work.run(
        _PUT_RULE,
        its_practice_id=practice,
        its_set_by=by,
        its_set_at=at,
        **{f"its_{name}": value for name, value in columns.items()},
    )
    await work.run(_RECOUNT, practice=practice, of=rule.instrument, at=at, months=rule.every_months)
    await work.rows(_REMAKE, practice=practice, of=rule.instrument)


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
