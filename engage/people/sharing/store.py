"""Grants in the database: of one person, to one caregiver, of one category, until revoked.

A grant that is over keeps its row. What its rows allow at a moment is grant.py's to say. This room
refuses a grant to somebody who is no caregiver of the person.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    insert,
    or_,
    select,
    update,
)

from engage.db.session import Query, Row, Work
from engage.db.tables import caregiver_grant, caregiver_of, phone_use, unsafe_contact
from engage.errors import EngageError
from engage.ids import CaregiverId, GrantId, MessageId, PatientId, PracticeId, StaffId
from engage.people.sharing.grant import Category, Held, How, Sensitive, Verb

EVIDENCE = "caregiver_grant.evidence"
_WHO = "/caregiver_id"


class NotTheirFamily(EngageError):  # noqa: N818 - reads as a sentence
    """This person is no caregiver of the patient."""


class GrantOver(EngageError):  # noqa: N818
    """This no longer holds; write down anew what is allowed."""


class EndsBefore(EngageError):  # noqa: N818
    """The end of what is allowed lies ahead."""


class Grant(Struct, frozen=True, kw_only=True):
    """What one caregiver may, of one category of what is known of one person."""

    practice_id: PracticeId
    id: GrantId
    patient_id: PatientId
    caregiver_id: CaregiverId
    category: Category
    how: How
    granted_at: datetime
    heard_by: StaffId | None = None
    until_at: datetime | None = None
    version: int = 1
    verbs: tuple[Verb, ...] = ("see",)
    sensitive: tuple[Sensitive, ...] = ()
    evidence_sealed: bytes | None = None
    #: The text in which they said it.
    message_id: MessageId | None = None

    def holds(self, at: datetime) -> bool:
        """Say whether it is not over yet."""
        return self.until_at is None or self.until_at > at

    @property
    def held(self) -> Held:
        """The part of it that decides."""
        return Held(
            category=self.category,
            verbs=frozenset(self.verbs),
            sensitive=frozenset(self.sensitive),
            how=self.how,
            granted_at=self.granted_at,
            until_at=self.until_at,
        )


class Tie(Struct, frozen=True):
    """Whom a caregiver cares for, and who they are to them."""

    patient_id: PatientId
    relationship: str


_PRACTICE = bindparam("practice", type_=Uuid())
_HERE = caregiver_grant.c.practice_id == _PRACTICE
_PERSON = bindparam("patient", type_=Uuid())
_AT = bindparam("at", type_=DateTime(timezone=True))
_is_family = and_(
    caregiver_of.c.from_at <= _AT,
    or_(caregiver_of.c.until_at.is_(None), caregiver_of.c.until_at > _AT),
)
_holds = or_(caregiver_grant.c.until_at.is_(None), caregiver_grant.c.until_at > _AT)
_FAMILY = Query(
    select(caregiver_of.c.caregiver_id).where(
        caregiver_of.c.practice_id == _PRACTICE,
        caregiver_of.c.patient_id == _PERSON,
        caregiver_of.c.caregiver_id == bindparam("caregiver"),
        _is_family,
    )
)
_TIES = Query(
    select(caregiver_of.c.patient_id, caregiver_of.c.relationship)
    .where(
        caregiver_of.c.practice_id == _PRACTICE,
        caregiver_of.c.caregiver_id == bindparam("caregiver"),
        _is_family,
    )
    .order_by(caregiver_of.c.from_at, caregiver_of.c.patient_id)
)
_ADD = Query(
    insert(caregiver_grant).values(
        {c.name: bindparam(f"its_{c.name}", type_=c.type) for c in caregiver_grant.c}
    )
)
_CHANGE = Query(
    update(caregiver_grant)
    .where(_HERE, caregiver_grant.c.id == bindparam("one"), _holds)
    .values(
        verbs=bindparam("its_verbs", type_=caregiver_grant.c.verbs.type),
        sensitive=bindparam("its_sensitive", type_=caregiver_grant.c.sensitive.type),
        until_at=bindparam("its_end", type_=DateTime(timezone=True)),
        version=caregiver_grant.c.version + 1,
    )
)
_ONE = Query(select(caregiver_grant).where(_HERE, caregiver_grant.c.id == bindparam("one")))
_LOCKED = Query(
    select(caregiver_grant).where(_HERE, caregiver_grant.c.id == bindparam("one")).with_for_update()
)
_OF_PATIENT = Query(
    select(caregiver_grant)
    .where(_HERE, caregiver_grant.c.patient_id == _PERSON)
    .order_by(caregiver_grant.c.id)
)
_HELD = Query(
    select(caregiver_grant)
    .where(_HERE, caregiver_grant.c.caregiver_id == bindparam("caregiver"), _holds)
    .order_by(caregiver_grant.c.id)
)
# Written down twice, it is still one thing that is allowed or not.
_END = Query(
    update(caregiver_grant)
    .where(
        _HERE,
        caregiver_grant.c.patient_id == _PERSON,
        caregiver_grant.c.caregiver_id == bindparam("caregiver"),
        caregiver_grant.c.category == bindparam("about"),
        _holds,
    )
    .values(until_at=_AT, version=caregiver_grant.c.version + 1)
    .returning(caregiver_grant.c.id)
)


def _end_all(*of_one: ColumnElement[bool]) -> Query:
    return Query(
        update(caregiver_grant)
        .where(_HERE, caregiver_grant.c.patient_id == _PERSON, _holds, *of_one)
        .values(until_at=_AT, version=caregiver_grant.c.version + 1)
        .returning(caregiver_grant.c.id, caregiver_grant.c.caregiver_id)
    )


_END_ALL = _end_all()
_END_ONES = _end_all(caregiver_grant.c.caregiver_id == bindparam("caregiver"))
# A grant ends with the tie to the person, whoever forgot to end it.
_TOLD = Query(
    select(caregiver_grant.c.caregiver_id)
    .where(
        _HERE,
        caregiver_grant.c.patient_id == _PERSON,
        caregiver_grant.c.category == bindparam("about"),
        _holds,
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
_theirs, _others = phone_use.alias("theirs"), phone_use.alias("others")
# Whoever was named, and whoever reads the same phone.
_UNSAFE = Query(
    select(unsafe_contact.c.patient_id, unsafe_contact.c.caregiver_id, _others.c.caregiver_id)
    .select_from(
        unsafe_contact.outerjoin(
            _theirs,
            and_(
                _theirs.c.practice_id == unsafe_contact.c.practice_id,
                _theirs.c.caregiver_id == unsafe_contact.c.caregiver_id,
                _theirs.c.until_at.is_(None),
            ),
        ).outerjoin(
            _others,
            and_(
                _others.c.practice_id == _theirs.c.practice_id,
                _others.c.phone_id == _theirs.c.phone_id,
                _others.c.until_at.is_(None),
            ),
        )
    )
    .where(
        unsafe_contact.c.practice_id == _PRACTICE,
        unsafe_contact.c.patient_id == any_(bindparam("patients", type_=ARRAY(Uuid()))),
        unsafe_contact.c.until_at.is_(None),
    )
)
_NOTE_UNSAFE = Query(
    insert(unsafe_contact).values(
        practice_id=_PRACTICE,
        id=bindparam("one"),
        patient_id=_PERSON,
        caregiver_id=bindparam("caregiver"),
        from_at=_AT,
        noted_by=bindparam("staff", type_=Uuid()),
    )
)


def _end_unsafe(*which: ColumnElement[bool]) -> Query:
    return Query(
        update(unsafe_contact)
        .where(
            unsafe_contact.c.practice_id == _PRACTICE,
            unsafe_contact.c.patient_id == _PERSON,
            unsafe_contact.c.caregiver_id == bindparam("caregiver"),
            unsafe_contact.c.until_at.is_(None),
            *which,
        )
        .values(until_at=_AT)
    )


_END_UNSAFE = _end_unsafe()
_END_OWN_UNSAFE = _end_unsafe(unsafe_contact.c.noted_by.is_(None))


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
    values = {f"its_{name}": getattr(new, name) for name in Grant.__struct_fields__}
    lists = {f"its_{name}": list(getattr(new, name)) for name in ("verbs", "sensitive")}
    await work.run(_ADD, **(values | lists))


async def change(work: Work, after: Grant, at: datetime) -> None:
    """Write what a grant allows from now on, and until when."""
    await work.run(
        _CHANGE,
        practice=after.practice_id,
        one=after.id,
        its_verbs=list(after.verbs),
        its_sensitive=list(after.sensitive),
        its_end=after.until_at,
        at=at,
    )


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


async def held_by(
    work: Work, practice: PracticeId, caregiver: CaregiverId, at: datetime
) -> tuple[Grant, ...]:
    """Return the grants of a caregiver that are not over, about whomever."""
    rows = await work.rows(_HELD, practice=practice, caregiver=caregiver, at=at)
    return tuple(_grant(row) for row in rows)


async def ties_of(
    work: Work, practice: PracticeId, caregiver: CaregiverId, at: datetime
) -> tuple[Tie, ...]:
    """Return whom a caregiver cares for now, the longest-known first."""
    rows = await work.rows(_TIES, practice=practice, caregiver=caregiver, at=at)
    return tuple(Tie(row["patient_id"], row["relationship"]) for row in rows)


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


async def end_all(
    work: Work,
    practice: PracticeId,
    patient: PatientId,
    at: datetime,
    caregiver: CaregiverId | None = None,
) -> tuple[tuple[GrantId, CaregiverId], ...]:
    """Let nothing hold any more that a person allowed one caregiver, or anybody."""
    if caregiver is None:
        rows = await work.rows(_END_ALL, practice=practice, patient=patient, at=at)
    else:
        rows = await work.rows(
            _END_ONES, practice=practice, patient=patient, at=at, caregiver=caregiver
        )
    return tuple((GrantId(row["id"]), CaregiverId(row["caregiver_id"])) for row in rows)


async def told(
    work: Work, practice: PracticeId, patient: PatientId, about: Category, at: datetime
) -> tuple[CaregiverId, ...]:
    """Return which caregivers have a grant about something; circles.told says who may be told."""
    rows = await work.rows(_TOLD, practice=practice, patient=patient, about=about, at=at)
    return tuple(CaregiverId(row["caregiver_id"]) for row in rows)


async def unsafe(
    work: Work, practice: PracticeId, patients: Sequence[PatientId]
) -> frozenset[tuple[PatientId, CaregiverId]]:
    """Return on whose phones nothing of whom may be shown: who was named, who shares the phone."""
    rows = await work.rows(_UNSAFE, practice=practice, patients=list(patients))
    return frozenset(
        (PatientId(row[0]), CaregiverId(who))
        for row in rows
        for who in (row[1], row[2])
        if who is not None
    )


async def note_unsafe(
    work: Work,
    practice: PracticeId,
    one: UUID,
    patient: PatientId,
    caregiver: CaregiverId,
    staff: StaffId | None,
    at: datetime,
) -> None:
    """Write down that a caregiver's phone is not safe for a person; None: they said it."""
    await work.run(
        _NOTE_UNSAFE,
        practice=practice,
        one=one,
        patient=patient,
        caregiver=caregiver,
        staff=staff,
        at=at,
    )


async def end_unsafe(
    work: Work,
    practice: PracticeId,
    patient: PatientId,
    caregiver: CaregiverId,
    at: datetime,
    *,
    own: bool = False,
) -> bool:
    """Take it back, or what the person themselves said; say whether there was anything."""
    sql = _END_OWN_UNSAFE if own else _END_UNSAFE
    return bool(await work.run(sql, practice=practice, patient=patient, caregiver=caregiver, at=at))


def _grant(row: Row) -> Grant:
    values: dict[str, Any] = {name: row[name] for name in Grant.__struct_fields__}
    lists: dict[str, Any] = {name: tuple(row[name]) for name in ("verbs", "sensitive")}
    return Grant(**(values | lists))
