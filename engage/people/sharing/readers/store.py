"""Who reads a phone, of those who care for a person.

This room refuses to say what they may read: circles.py does.
"""

from datetime import datetime

from sqlalchemy import DateTime, Uuid, and_, bindparam, or_, select

from engage.db.session import Query, Work
from engage.db.tables import caregiver_of, phone_use
from engage.ids import CaregiverId, PatientId, PhoneId, PracticeId

_AT = bindparam("at", type_=DateTime(timezone=True))
_ON_PHONE = Query(
    select(phone_use.c.caregiver_id)
    .join(
        caregiver_of,
        and_(
            caregiver_of.c.practice_id == phone_use.c.practice_id,
            caregiver_of.c.caregiver_id == phone_use.c.caregiver_id,
        ),
    )
    .where(
        phone_use.c.practice_id == bindparam("practice", type_=Uuid()),
        phone_use.c.phone_id == bindparam("phone", type_=Uuid()),
        phone_use.c.until_at.is_(None),
        caregiver_of.c.patient_id == bindparam("patient", type_=Uuid()),
        caregiver_of.c.from_at <= _AT,
        or_(caregiver_of.c.until_at.is_(None), caregiver_of.c.until_at > _AT),
    )
    .distinct()
    .order_by(phone_use.c.caregiver_id)
)


async def on_phone(
    work: Work, practice: PracticeId, patient: PatientId, phone: PhoneId, at: datetime
) -> tuple[CaregiverId, ...]:
    """Return which caregivers of a person use a phone now."""
    rows = await work.rows(_ON_PHONE, practice=practice, patient=patient, phone=phone, at=at)
    return tuple(CaregiverId(row["caregiver_id"]) for row in rows)
