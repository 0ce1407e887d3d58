"""The rows of what is known against phones: read beside a text, written under the phone's own lock.

Whatever proves that a phone works and came in as a text is not written at all: it is looked up when
there is a doubt to end. This room refuses to judge; phone_state.py does.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from engage.db.session import Query, Row, Work
from engage.db.tables import line, message, phone, phone_state, practice_number
from engage.ids import LineId, PhoneId, PracticeId
from engage.messaging.phone_state import Known, Trouble, heard

_PRACTICE = bindparam("practice", type_=Uuid())
_PHONE = bindparam("one_phone", type_=Uuid())

_came = message.alias("came_from_phone")
_its_line = line.alias("line_of_phone")

OF_PHONE = and_(
    phone_state.c.practice_id == phone.c.practice_id, phone_state.c.phone_id == phone.c.id
)
"""Joins a phone with what is known against it."""

# By number, so that a phone's lines are found by the key uq_line. Looked up only if there is doubt.
_HEARD = (
    select(func.max(_came.c.at))
    .select_from(
        practice_number.join(
            _its_line,
            and_(
                _its_line.c.practice_id == practice_number.c.practice_id,
                _its_line.c.number_id == practice_number.c.id,
            ),
        ).join(
            _came,
            and_(
                _came.c.practice_id == _its_line.c.practice_id,
                _came.c.line_id == _its_line.c.id,
            ),
        )
    )
    .where(
        practice_number.c.practice_id == phone.c.practice_id,
        _its_line.c.phone_id == phone.c.id,
        _came.c.direction == "in",
        _came.c.id >= func.month_floor(phone_state.c.doubts[1], type_=Uuid()),
    )
    .correlate(phone, phone_state)
    .scalar_subquery()
)
COLUMNS: tuple[ColumnElement[object], ...] = (
    phone_state.c.trouble.label("trouble"),
    phone_state.c.since.label("trouble_since"),
    phone_state.c.error_code.label("trouble_code"),
    phone_state.c.doubts.label("phone_doubts"),
    case((func.cardinality(phone_state.c.doubts) > 0, _HEARD)).label("phone_heard_at"),
)
"""What `read` reads, of a phone joined by `OF_PHONE`."""

_FOUND = Query(
    upsert(phone_state)
    .values(practice_id=_PRACTICE, phone_id=_PHONE, doubts=[])
    .on_conflict_do_nothing()
)
_HERE = (phone_state.c.practice_id == _PRACTICE, phone_state.c.phone_id == _PHONE)
_LOCK = Query(select(phone_state.c.phone_id).where(*_HERE).with_for_update())
_SEEN = Query(
    select(*COLUMNS)
    .select_from(phone.outerjoin(phone_state, OF_PHONE))
    .where(phone.c.practice_id == _PRACTICE, phone.c.id == _PHONE)
)
_WRITE = Query(
    update(phone_state)
    .where(*_HERE)
    .values(
        trouble=bindparam("what", type_=Text()),
        since=bindparam("from_at", type_=DateTime(timezone=True)),
        error_code=bindparam("code", type_=Integer()),
        doubts=bindparam("failures", type_=ARRAY(DateTime(timezone=True))),
        told_at=None,
    )
)
_UNTOLD = Query(
    select(phone_state.c.phone_id, phone_state.c.trouble)
    .join(
        line,
        and_(
            line.c.practice_id == phone_state.c.practice_id,
            line.c.phone_id == phone_state.c.phone_id,
        ),
    )
    .where(
        line.c.practice_id == _PRACTICE,
        line.c.id == bindparam("on_line", type_=Uuid()),
        phone_state.c.trouble.is_not(None),
        phone_state.c.told_at.is_(None),
    )
)
_TOLD = Query(
    update(phone_state)
    .where(*_HERE, phone_state.c.trouble.is_not(None))
    .values(told_at=bindparam("moment", type_=DateTime(timezone=True)))
)
_CLEAR = Query(
    update(phone_state)
    .where(
        phone_state.c.practice_id == _PRACTICE,
        phone_state.c.phone_id
        == select(line.c.phone_id)
        .where(line.c.practice_id == _PRACTICE, line.c.id == bindparam("on_line", type_=Uuid()))
        .scalar_subquery(),
    )
    .values(trouble=None, since=None, error_code=None, doubts=[], told_at=None)
)


def read(row: Row) -> Known:
    """Return what is known against a phone now; a text that came from it has ended older doubts."""
    known = Known(
        trouble=row["trouble"],
        since=row["trouble_since"],
        code=row["trouble_code"],
        doubts=tuple(row["phone_doubts"] or ()),
    )
    at: datetime | None = row["phone_heard_at"]
    return known if at is None else heard(known, at)


async def lock(work: Work, practice: PracticeId, one: PhoneId) -> Known:
    """Lock and return what is known against a phone."""
    await work.run(_FOUND, practice=practice, one_phone=one)
    await work.rows(_LOCK, practice=practice, one_phone=one)
    (row,) = await work.rows(_SEEN, practice=practice, one_phone=one)
    return read(row)


async def write(work: Work, practice: PracticeId, one: PhoneId, known: Known) -> None:
    """Write what is known against a phone; nobody was told of it yet."""
    await work.run(
        _WRITE,
        practice=practice,
        one_phone=one,
        what=known.trouble,
        from_at=known.since,
        code=known.code,
        failures=list(known.doubts),
    )


async def untold(
    work: Work, practice: PracticeId, on_line: LineId
) -> tuple[PhoneId, Trouble] | None:
    """Return the trouble of a line's phone of which nobody was told."""
    row = await work.maybe(_UNTOLD, practice=practice, on_line=on_line)
    return None if row is None else (PhoneId(row["phone_id"]), row["trouble"])


async def told(work: Work, practice: PracticeId, one: UUID, at: datetime) -> None:
    """Note that somebody was told."""
    await work.run(_TOLD, practice=practice, one_phone=one, moment=at)


async def clear(work: Work, practice: PracticeId, on_line: LineId) -> None:
    """Forget what is known against a line's phone: a person of the practice says that it works."""
    await work.run(_CLEAR, practice=practice, on_line=on_line)
