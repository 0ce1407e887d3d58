"""The SQL of what a corrected text had said about consent: the ledger, and a phone's uses.

Nothing is changed that was true: a use that ended stays ended, and a new one begins. This room
refuses to give a phone back to somebody when another person has come to it since.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Uuid, and_, bindparam, exists, insert, or_, select, update

from engage.clock import random_bytes
from engage.db.session import Query, Work
from engage.db.tables import consent_event, line, phone_use
from engage.ids import RANDOM_BYTES, LineId, MessageId, PatientId, PracticeId, uuid7
from engage.people.consent import Step
from engage.people.unsaid import Said

_HERE = bindparam("practice", type_=Uuid())
_LINE = bindparam("on_line", type_=Uuid())
_TEXT = bindparam("text", type_=Uuid())
_AT = bindparam("moment", type_=DateTime(timezone=True))

_BY_TEXT = Query(
    select(consent_event.c.patient_id, consent_event.c.kind)
    .where(
        consent_event.c.practice_id == _HERE,
        consent_event.c.line_id == _LINE,
        consent_event.c.message_id == _TEXT,
    )
    .order_by(consent_event.c.id)
)
_OF_PERSON = Query(
    select(
        consent_event.c.kind,
        consent_event.c.how,
        consent_event.c.at,
        consent_event.c.purpose,
        consent_event.c.message_id,
        consent_event.c.line_id,
    )
    .where(
        consent_event.c.practice_id == _HERE,
        consent_event.c.patient_id == bindparam("person", type_=Uuid()),
    )
    .order_by(consent_event.c.at, consent_event.c.id)
)
_UNVERIFY = Query(
    update(line)
    .where(line.c.practice_id == _HERE, line.c.id == _LINE, line.c.verified_at == _AT)
    .values(verified_at=None)
)
_phone = (
    select(line.c.phone_id).where(line.c.practice_id == _HERE, line.c.id == _LINE).scalar_subquery()
)
_since = phone_use.alias("since")
_other = phone_use.alias("other")
# Ended by that text, by nothing else; and since then nobody came to the phone, nor they to another.
_ENDED = Query(
    select(phone_use.c.phone_id, phone_use.c.patient_id, phone_use.c.caregiver_id).where(
        phone_use.c.practice_id == _HERE,
        phone_use.c.phone_id == _phone,
        phone_use.c.until_at == _AT,
        ~exists(
            select(_since.c.id).where(
                _since.c.practice_id == _HERE,
                _since.c.phone_id == phone_use.c.phone_id,
                _since.c.from_at >= phone_use.c.until_at,
            )
        ),
        ~exists(
            select(_other.c.id).where(
                _other.c.practice_id == _HERE,
                _other.c.from_at >= phone_use.c.until_at,
                _other.c.until_at.is_(None),
                or_(
                    and_(
                        phone_use.c.patient_id.is_not(None),
                        _other.c.patient_id == phone_use.c.patient_id,
                    ),
                    and_(
                        phone_use.c.caregiver_id.is_not(None),
                        _other.c.caregiver_id == phone_use.c.caregiver_id,
                    ),
                ),
            )
        ),
    )
)
_BEGIN = Query(
    insert(phone_use).values(
        practice_id=_HERE,
        id=bindparam("new"),
        phone_id=bindparam("phone"),
        patient_id=bindparam("person", type_=Uuid()),
        caregiver_id=bindparam("helper", type_=Uuid()),
        from_at=_AT,
    )
)


async def by_text(
    work: Work, practice: PracticeId, on_line: LineId, text: MessageId
) -> list[tuple[PatientId | None, str]]:
    """Return whom a text's lines of the ledger are about, and their kinds; None is the phone."""
    rows = await work.rows(_BY_TEXT, practice=practice, on_line=on_line, text=text)
    return [(row["patient_id"], row["kind"]) for row in rows]


async def ledger_of(
    work: Work, practice: PracticeId, person: PatientId, on_line: LineId
) -> list[Said]:
    """Return a person's ledger, oldest first."""
    rows = await work.rows(_OF_PERSON, practice=practice, person=person)
    return [
        Said(
            step=Step(row["kind"], row["how"], row["at"], row["purpose"]),
            message_id=row["message_id"],
            here=row["line_id"] == on_line,
        )
        for row in rows
    ]


async def unverify(work: Work, practice: PracticeId, on_line: LineId, since: datetime) -> None:
    """Take back that a line is known to be theirs, if it is since then."""
    await work.run(_UNVERIFY, practice=practice, on_line=on_line, moment=since)


async def relink(
    work: Work, practice: PracticeId, on_line: LineId, ended: datetime, at: datetime
) -> Sequence[UUID]:
    """Let those use a line's phone again whose use ended at a moment; return for whom."""
    rows = await work.rows(_ENDED, practice=practice, on_line=on_line, moment=ended)
    for row in rows:
        await work.run(
            _BEGIN,
            practice=practice,
            new=uuid7(at, random_bytes(RANDOM_BYTES)),
            phone=row["phone_id"],
            person=row["patient_id"],
            helper=row["caregiver_id"],
            moment=at,
        )
    return [row["patient_id"] or row["caregiver_id"] for row in rows]
