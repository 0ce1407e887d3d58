"""Invitations in the database: to whom, about whom, by whom, and whether it was used.

This room refuses to keep the secret of a link.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    DateTime,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    insert,
    select,
    update,
)

from engage.db.session import Query, Work
from engage.db.tables import caregiver, invitation, phone_use
from engage.ids import CaregiverId, PatientId, PhoneId, PracticeId
from engage.people.fields import Language


class Invitation(Struct, frozen=True, kw_only=True):
    """One invitation."""

    practice_id: PracticeId
    id: UUID
    patient_id: PatientId
    caregiver_id: CaregiverId
    phone_id: PhoneId
    made_by_kind: Literal["staff", "patient"]
    made_by: UUID
    made_at: datetime
    until_at: datetime
    used_at: datetime | None = None


_HERE = invitation.c.practice_id == bindparam("practice", type_=Uuid())
_AT = bindparam("at", type_=DateTime(timezone=True))
_ADD = Query(
    insert(invitation).values(
        {c.name: bindparam(f"its_{c.name}", type_=c.type) for c in invitation.c}
    )
)
_LOCKED = Query(
    select(invitation).where(_HERE, invitation.c.id == bindparam("one")).with_for_update()
)
_USE = Query(
    update(invitation).where(_HERE, invitation.c.id == bindparam("one")).values(used_at=_AT)
)
_END_OPEN = Query(
    update(invitation)
    .where(
        _HERE,
        invitation.c.caregiver_id == bindparam("caregiver"),
        invitation.c.used_at.is_(None),
        invitation.c.until_at > _AT,
    )
    .values(until_at=_AT)
    .returning(invitation.c.id)
)
_END_ABOUT = Query(
    update(invitation)
    .where(
        _HERE,
        invitation.c.patient_id == any_(bindparam("patients", type_=ARRAY(Uuid()))),
        invitation.c.caregiver_id
        == func.coalesce(bindparam("caregiver", type_=Uuid()), invitation.c.caregiver_id),
        invitation.c.used_at.is_(None),
        invitation.c.until_at > _AT,
    )
    .values(until_at=_AT)
)
_PHONES = (
    select(
        phone_use.c.phone_id,
        caregiver.c.given_name,
        caregiver.c.language,
    )
    .join(
        caregiver,
        and_(
            caregiver.c.practice_id == phone_use.c.practice_id,
            caregiver.c.id == phone_use.c.caregiver_id,
        ),
    )
    .where(
        phone_use.c.practice_id == bindparam("practice", type_=Uuid()),
        phone_use.c.caregiver_id == bindparam("caregiver"),
        phone_use.c.until_at.is_(None),
    )
    .order_by(phone_use.c.from_at.desc())
    .limit(1)
)
_PHONE = Query(_PHONES)
_NAMESAKES = Query(
    select(caregiver.c.id)
    .join(
        phone_use,
        and_(
            caregiver.c.practice_id == phone_use.c.practice_id,
            caregiver.c.id == phone_use.c.caregiver_id,
        ),
    )
    .where(
        phone_use.c.practice_id == bindparam("practice", type_=Uuid()),
        phone_use.c.phone_id == bindparam("phone"),
        phone_use.c.until_at.is_(None),
        func.lower(caregiver.c.given_name) == func.lower(bindparam("given_name", type_=Text())),
        func.lower(caregiver.c.family_name) == func.lower(bindparam("family_name", type_=Text())),
    )
    .order_by(caregiver.c.id)
    .limit(1)
)


async def add(work: Work, new: Invitation) -> None:
    """Write an invitation down."""
    values: dict[str, Any] = {
        f"its_{name}": getattr(new, name) for name in Invitation.__struct_fields__
    }
    await work.run(_ADD, **values)


async def lock(work: Work, practice: PracticeId, one: UUID) -> Invitation | None:
    """Return an invitation; nobody else uses it until this transaction ends."""
    row = await work.maybe(_LOCKED, practice=practice, one=one)
    if row is None:
        return None
    return Invitation(**{name: row[name] for name in Invitation.__struct_fields__})


async def use(work: Work, practice: PracticeId, one: UUID, at: datetime) -> None:
    """Write that it was used."""
    await work.run(_USE, practice=practice, one=one, at=at)


async def end_open(
    work: Work, practice: PracticeId, whom: CaregiverId, at: datetime
) -> tuple[UUID, ...]:
    """End the invitations of a caregiver that are open; return which."""
    rows = await work.rows(_END_OPEN, practice=practice, caregiver=whom, at=at)
    return tuple(row["id"] for row in rows)


async def end_about(
    work: Work,
    practice: PracticeId,
    patients: Sequence[PatientId],
    at: datetime,
    whom: CaregiverId | None = None,
) -> None:
    """End the open invitations about somebody: of one caregiver, or of all."""
    await work.run(_END_ABOUT, practice=practice, patients=list(patients), caregiver=whom, at=at)


async def phone_of(work: Work, practice: PracticeId, whom: CaregiverId) -> PhoneId | None:
    """Return the phone that a caregiver uses now."""
    row = await work.maybe(_PHONE, practice=practice, caregiver=whom)
    return None if row is None else PhoneId(row["phone_id"])


async def namesake(
    work: Work, practice: PracticeId, phone: PhoneId, given_name: str, family_name: str
) -> CaregiverId | None:
    """Return who of a name uses a phone already, as the caregiver of whomever."""
    row = await work.maybe(
        _NAMESAKES,
        practice=practice,
        phone=phone,
        given_name=given_name,
        family_name=family_name,
    )
    return None if row is None else CaregiverId(row["id"])


async def caregiver_on(
    work: Work, practice: PracticeId, whom: CaregiverId, phone: PhoneId
) -> tuple[str, Language] | None:
    """Return the name and language of a caregiver, if they still use a phone."""
    row = await work.maybe(_PHONE, practice=practice, caregiver=whom)
    if row is None or row["phone_id"] != phone:
        return None
    return row["given_name"], row["language"]
