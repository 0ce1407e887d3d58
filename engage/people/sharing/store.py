"""Grants in the database: of one person, to one caregiver, about one thing, until revoked.

So far there is one thing to be told of: visits, with the rides to them. A grant that is over keeps
its row. This room refuses a grant to somebody who is no caregiver of the person.
"""

from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct
from sqlalchemy import DateTime, Uuid, and_, bindparam, exists, insert, or_, select, update

from engage.db.session import Query, Row, Work
from engage.db.tables import caregiver_grant, caregiver_of
from engage.errors import EngageError
from engage.ids import CaregiverId, GrantId, PatientId, PracticeId, StaffId

Category: TypeAlias = Literal["visits"]
How: TypeAlias = Literal["verbal", "written"]
_WHO = "/caregiver_id"


class NotTheirFamily(EngageError):  # noqa: N818 - reads as a sentence
    """This person is no caregiver of the patient."""


class Grant(Struct, frozen=True, kw_only=True):
    """What one caregiver may be told of one person."""

    practice_id: PracticeId
    id: GrantId
    patient_id: PatientId
    caregiver_id: CaregiverId
    category: Category
    how: How
    granted_at: datetime
    heard_by: StaffId
    until_at: datetime | None = None
    version: int = 1


_HERE = caregiver_grant.c.practice_id == bindparam("practice", type_=Uuid())
_AT = bindparam("at", type_=DateTime(timezone=True))
_is_family = and_(
    caregiver_of.c.from_at <= _AT,
    or_(caregiver_of.c.until_at.is_(None), caregiver_of.c.until_at > _AT),
)
_FAMILY = Query(
    select(caregiver_of.c.caregiver_id).where(
        caregiver_of.c.practice_id == bindparam("practice", type_=Uuid()),
        caregiver_of.c.patient_id == bindparam("patient"),
        caregiver_of.c.caregiver_id == bindparam("caregiver"),
        _is_family,
    )
)
_ADD = Query(
    insert(caregiver_grant).values(
        {c.name: bindparam(f"its_{c.name}", type_=c.type) for c in caregiver_grant.c}
    )
)
_ONE = Query(select(caregiver_grant).where(_HERE, caregiver_grant.c.id == bindparam("one")))
_LOCKED = Query(
    select(caregiver_grant).where(_HERE, caregiver_grant.c.id == bindparam("one")).with_for_update()
)
_OF_PATIENT = Query(
    select(caregiver_grant)
    .where(_HERE, caregiver_grant.c.patient_id == bindparam("patient"))
    .order_by(caregiver_grant.c.id)
)
# Written down twice, it is still one thing that is allowed or not.
_END = Query(
    update(caregiver_grant)
    .where(
        _HERE,
        caregiver_grant.c.patient_id == bindparam("patient"),
        caregiver_grant.c.caregiver_id == bindparam("caregiver"),
        caregiver_grant.c.category == bindparam("about"),
        caregiver_grant.c.until_at.is_(None),
    )
    .values(until_at=_AT, version=caregiver_grant.c.version + 1)
    .returning(caregiver_grant.c.id)
)
# A grant ends with the tie to the person, whoever forgot to end it.
_TOLD = Query(
    select(caregiver_grant.c.caregiver_id)
    .where(
        _HERE,
        caregiver_grant.c.patient_id == bindparam("patient"),
        caregiver_grant.c.category == bindparam("about"),
        or_(caregiver_grant.c.until_at.is_(None), caregiver_grant.c.until_at > _AT),
        exists().where(
            caregiver_of.c.practice_id == caregiver_grant.c.practice_id,
            caregiver_of.c.patient_id == caregiver_grant.c.patient_id,
            caregiver_of.c.caregiver_id == caregiver_grant.c.caregiver_id,
            _is_family,
        ),
    )
    .distinct()
    .order_by(caregiver_grant.c.caregiver_id)
)


async def add(work: Work, new: Grant) -> None:
    """Write down what a person allowed; NotTheirFamily if they are not tied to them."""
    tied = await work.maybe(
        _FAMILY,
        practice=new.practice_id,
        patient=new.patient_id,
        caregiver=new.caregiver_id,
        at=new.granted_at,
    )
    if tied is None:
        raise NotTheirFamily(_WHO)
    await work.run(_ADD, **{f"its_{name}": getattr(new, name) for name in Grant.__struct_fields__})


async def one_of(
    work: Work, practice: PracticeId, one: GrantId, *, lock: bool = False
) -> Grant | None:
    """Return a grant; locked, nobody else changes it until this transaction ends."""
    row = await work.maybe(_LOCKED if lock else _ONE, practice=practice, one=one)
    return None if row is None else _grant(row)


async def of_patient(work: Work, practice: PracticeId, patient: PatientId) -> tuple[Grant, ...]:
    """Return what a person allowed, those that are over included."""
    rows = await work.rows(_OF_PATIENT, practice=practice, patient=patient)
    return tuple(_grant(row) for row in rows)


async def end(work: Work, practice: PracticeId, one: Grant, at: datetime) -> tuple[GrantId, ...]:
    """Let a grant, and whatever else says the same, hold no longer; return which ended."""
    rows = await work.rows(
        _END,
        practice=practice,
        patient=one.patient_id,
        caregiver=one.caregiver_id,
        about=one.category,
        at=at,
    )
    return tuple(GrantId(row["id"]) for row in rows)


async def told(
    work: Work, practice: PracticeId, patient: PatientId, about: Category, at: datetime
) -> tuple[CaregiverId, ...]:
    """Return which caregivers may be told of something now."""
    rows = await work.rows(_TOLD, practice=practice, patient=patient, about=about, at=at)
    return tuple(CaregiverId(row["caregiver_id"]) for row in rows)


def _grant(row: Row) -> Grant:
    return Grant(**{name: row[name] for name in Grant.__struct_fields__})
