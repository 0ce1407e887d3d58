"""What supervisors read of restricted records: who opened one and why, what was read, by whom."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ARRAY, any_, bindparam, func, or_, select, update
from sqlalchemy import Uuid as UuidType

from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Row, Work
from engage.db.tables import glass, glass_notice, patient, restricted_read, staff
from engage.ids import PatientId, PracticeId, StaffId
from engage.people.restricting.store import WORDS_PLACE
from engage.people.restriction import Entry, Opened

LAST = UUID(int=2**128 - 1)
"""After every row."""

_HERE = bindparam("practice", type_=UuidType())
_UUIDS = ARRAY(UuidType())
_NAMES = (
    patient.c.given_name.label("patient_given_name"),
    patient.c.family_name.label("patient_family_name"),
    staff.c.given_name.label("staff_given_name"),
    staff.c.family_name.label("staff_family_name"),
)
_seer = staff.alias("seer")
_openings = (
    select(
        glass,
        *_NAMES,
        _seer.c.given_name.label("seer_given_name"),
        _seer.c.family_name.label("seer_family_name"),
    )
    .join(
        patient,
        (patient.c.practice_id == glass.c.practice_id) & (patient.c.id == glass.c.patient_id),
    )
    .outerjoin(staff, staff.c.id == glass.c.staff_id)
    .outerjoin(_seer, _seer.c.id == glass.c.acknowledged_by)
    .where(glass.c.practice_id == _HERE)
)
_OPENINGS = Query(
    _openings.where(glass.c.id < bindparam("before"))
    .order_by(glass.c.id.desc())
    .limit(bindparam("most"))
)
_OPENING = Query(_openings.where(glass.c.id == bindparam("which")))
_READ_UNDER = Query(
    select(
        restricted_read.c.glass_id,
        restricted_read.c.operation,
        func.count().label("times"),
        func.max(restricted_read.c.at).label("last_at"),
    )
    .where(
        restricted_read.c.practice_id == _HERE,
        restricted_read.c.glass_id == any_(bindparam("some", type_=_UUIDS)),
    )
    .group_by(restricted_read.c.glass_id, restricted_read.c.operation)
    .order_by(restricted_read.c.glass_id, func.max(restricted_read.c.at))
)
_TOLD = Query(
    select(glass_notice.c.glass_id, func.min(glass_notice.c.told_at).label("told_at"))
    .where(
        glass_notice.c.practice_id == _HERE,
        glass_notice.c.glass_id == any_(bindparam("some", type_=_UUIDS)),
    )
    .group_by(glass_notice.c.glass_id)
)
_READS = Query(
    select(restricted_read, *_NAMES)
    .join(
        patient,
        (patient.c.practice_id == restricted_read.c.practice_id)
        & (patient.c.id == restricted_read.c.patient_id),
    )
    .outerjoin(staff, staff.c.id == restricted_read.c.staff_id)
    .where(
        restricted_read.c.practice_id == _HERE,
        restricted_read.c.id < bindparam("before"),
        or_(
            bindparam("person", type_=UuidType()).is_(None),
            restricted_read.c.patient_id == bindparam("person", type_=UuidType()),
        ),
    )
    .order_by(restricted_read.c.id.desc())
    .limit(bindparam("most"))
)
_ACKNOWLEDGE = Query(
    update(glass)
    .where(
        glass.c.practice_id == _HERE,
        glass.c.id == bindparam("which"),
        glass.c.acknowledged_at.is_(None),
    )
    .values(acknowledged_by=bindparam("by"), acknowledged_at=bindparam("at"))
)


class Person(Struct, frozen=True):
    """Somebody, by name."""

    id: UUID
    given_name: str
    family_name: str

    def __repr__(self) -> str:
        """Hide the name."""
        return f"Person({self.id})"


class OpeningSeen(Struct, frozen=True, kw_only=True):
    """A glass that was broken."""

    id: UUID
    staff: Person
    patient: Person
    reason: Opened
    words: str | None
    opened_at: datetime
    until_at: datetime
    acknowledged_by: Person | None
    acknowledged_at: datetime | None

    def __repr__(self) -> str:
        """Hide the words."""
        return f"OpeningSeen(id={self.id}, …)"


class ReadUnder(Struct, frozen=True):
    """What was read under a broken glass, and how often."""

    operation: str
    times: int
    last_at: datetime


class ReadSeen(Struct, frozen=True, kw_only=True):
    """Somebody asked for a restricted record."""

    id: UUID
    at: datetime
    staff: Person
    patient: Person
    operation: str
    way: Entry
    glass_id: UUID | None


async def openings(
    work: Work, keys: PracticeKeys, before: UUID, most: int
) -> tuple[OpeningSeen, ...]:
    """Return who opened a restricted record, the newest first."""
    rows = await work.rows(_OPENINGS, practice=keys.practice, before=before, most=most)
    return tuple(_opening(row, keys) for row in rows)


async def opening(work: Work, keys: PracticeKeys, which: UUID) -> OpeningSeen | None:
    """Return one opening."""
    row = await work.maybe(_OPENING, practice=keys.practice, which=which)
    return None if row is None else _opening(row, keys)


async def read_under(
    work: Work, practice: PracticeId, glasses: Sequence[UUID]
) -> Mapping[UUID, list[ReadUnder]]:
    """Return what was read under each broken glass, in the order in which it was last read."""
    found: defaultdict[UUID, list[ReadUnder]] = defaultdict(list)
    for row in await work.rows(_READ_UNDER, practice=practice, some=list(glasses)):
        seen = ReadUnder(row["operation"], row["times"], row["last_at"])
        found[row["glass_id"]].append(seen)
    return found


async def told(
    work: Work, practice: PracticeId, glasses: Sequence[UUID]
) -> Mapping[UUID, datetime | None]:
    """Return when somebody was first told of each."""
    rows = await work.rows(_TOLD, practice=practice, some=list(glasses))
    return {row["glass_id"]: row["told_at"] for row in rows}


async def reads(
    work: Work, practice: PracticeId, person: PatientId | None, before: UUID, most: int
) -> tuple[ReadSeen, ...]:
    """Return who asked for restricted records, the newest first."""
    rows = await work.rows(_READS, practice=practice, person=person, before=before, most=most)
    return tuple(
        ReadSeen(
            id=row["id"],
            at=row["at"],
            staff=_person(row, "staff"),
            patient=_person(row, "patient"),
            operation=row["operation"],
            way=row["way"],
            glass_id=row["glass_id"],
        )
        for row in rows
    )


async def acknowledge(
    work: Work, practice: PracticeId, which: UUID, by: StaffId, at: datetime
) -> bool:
    """Note who has seen an opening; False if somebody has already."""
    return bool(await work.run(_ACKNOWLEDGE, practice=practice, which=which, by=by, at=at))


def _opening(row: Row, keys: PracticeKeys) -> OpeningSeen:
    sealed = row["words_sealed"]
    return OpeningSeen(
        id=row["id"],
        staff=_person(row, "staff"),
        patient=_person(row, "patient"),
        reason=row["reason"],
        words=None if sealed is None else keys.open_text(WORDS_PLACE, row["id"], sealed),
        opened_at=row["opened_at"],
        until_at=row["until_at"],
        acknowledged_by=None
        if row["acknowledged_by"] is None
        else Person(
            row["acknowledged_by"], row["seer_given_name"] or "", row["seer_family_name"] or ""
        ),
        acknowledged_at=row["acknowledged_at"],
    )


def _person(row: Row, who: str) -> Person:
    given, family = row[f"{who}_given_name"], row[f"{who}_family_name"]
    return Person(row[f"{who}_id"], given or "", family or "")
