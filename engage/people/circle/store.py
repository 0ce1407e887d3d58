"""Caregivers and care teams in the database: who else belongs to a patient, from when until when.

A caregiver is linked to a patient by a row of its own and uses a phone of their own, which may be a
household's. A link that is over gets an end and stays readable. Every change writes its audit entry
here. This room refuses to decide what a caregiver may see.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from engage import audit
from engage.audit import By
from engage.clock import random_bytes
from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Work
from engage.db.tables import care_team_member, caregiver, caregiver_of, phone, phone_use
from engage.errors import NotFound
from engage.ids import RANDOM_BYTES, CaregiverId, PatientId, PracticeId, StaffId, uuid7
from engage.people.caregiver import Caregiver, NewCaregiver, TeamMember
from engage.people.phone import PhoneNumber
from engage.people.register.store import need_active, phone_ids
from engage.people.store import get_patient

_HERE = bindparam("practice", type_=Uuid())
_NOW = bindparam("at", type_=caregiver_of.c.from_at.type)
_linked = (
    caregiver_of.c.practice_id == _HERE,
    caregiver_of.c.patient_id == bindparam("patient"),
    caregiver_of.c.from_at <= _NOW,
    or_(caregiver_of.c.until_at.is_(None), caregiver_of.c.until_at > _NOW),
)
_on_team = (
    care_team_member.c.practice_id == _HERE,
    care_team_member.c.patient_id == bindparam("patient"),
    care_team_member.c.from_at <= _NOW,
    or_(care_team_member.c.until_at.is_(None), care_team_member.c.until_at > _NOW),
)

_ADD_CAREGIVER = Query(
    insert(caregiver).values(
        practice_id=_HERE,
        id=bindparam("caregiver"),
        given_name=bindparam("given_name"),
        family_name=bindparam("family_name"),
        language=bindparam("language"),
        created_at=_NOW,
    )
)
_KNOWN = Query(
    select(caregiver.c.id).where(
        caregiver.c.practice_id == _HERE, caregiver.c.id == bindparam("caregiver")
    )
)
_BEGIN_USE = Query(
    insert(phone_use).values(
        practice_id=_HERE,
        id=bindparam("use"),
        phone_id=bindparam("phone"),
        caregiver_id=bindparam("caregiver"),
        from_at=_NOW,
    )
)
_LINK = Query(
    insert_or(caregiver_of)
    .values(
        practice_id=_HERE,
        caregiver_id=bindparam("caregiver"),
        patient_id=bindparam("patient"),
        relationship=bindparam("relationship"),
        from_at=_NOW,
    )
    .on_conflict_do_nothing()
)
_UNLINK = Query(
    update(caregiver_of)
    .where(*_linked, caregiver_of.c.caregiver_id == bindparam("caregiver"))
    .values(until_at=_NOW)
)
_CAREGIVERS = Query(
    select(
        caregiver,
        caregiver_of.c.relationship,
        caregiver_of.c.from_at,
        phone.c.id.label("phone_id"),
        phone.c.number_sealed,
    )
    .select_from(
        caregiver_of.join(
            caregiver,
            and_(
                caregiver.c.practice_id == caregiver_of.c.practice_id,
                caregiver.c.id == caregiver_of.c.caregiver_id,
            ),
        )
        .outerjoin(
            phone_use,
            and_(
                phone_use.c.practice_id == caregiver.c.practice_id,
                phone_use.c.caregiver_id == caregiver.c.id,
                phone_use.c.until_at.is_(None),
            ),
        )
        .outerjoin(
            phone,
            and_(
                phone.c.practice_id == phone_use.c.practice_id, phone.c.id == phone_use.c.phone_id
            ),
        )
    )
    .where(*_linked)
    .order_by(caregiver_of.c.from_at, caregiver.c.id)
)
_NAMES = Query(
    select(caregiver.c.id, caregiver.c.given_name).where(
        caregiver.c.practice_id == _HERE,
        caregiver.c.id == any_(bindparam("caregivers", type_=ARRAY(Uuid()))),
    )
)
_JOIN_TEAM = Query(
    insert_or(care_team_member)
    .values(
        practice_id=_HERE,
        patient_id=bindparam("patient"),
        staff_id=bindparam("person"),
        role=bindparam("role"),
        from_at=_NOW,
    )
    .on_conflict_do_nothing()
)
_LEAVE_TEAM = Query(
    update(care_team_member)
    .where(*_on_team, care_team_member.c.staff_id == bindparam("person"))
    .values(until_at=_NOW)
)
_TEAM = Query(
    select(care_team_member)
    .where(*_on_team)
    .order_by(care_team_member.c.from_at, care_team_member.c.staff_id)
)


async def add_caregiver(
    work: Work,
    keys: PracticeKeys,
    new: NewCaregiver,
    patient_id: PatientId,
    relationship: str,
    *,
    at: datetime,
    by: By,
) -> None:
    """Create a caregiver with a phone of their own, and link them to a patient."""
    await work.run(
        _ADD_CAREGIVER,
        practice=keys.practice,
        caregiver=new.id,
        given_name=new.given_name,
        family_name=new.family_name,
        language=new.language,
        at=at,
    )
    if new.phone is not None:
        found = await phone_ids(work, keys, [new.phone], at)
        await work.run(
            _BEGIN_USE,
            practice=keys.practice,
            use=uuid7(at, random_bytes(RANDOM_BYTES)),
            phone=found[new.phone],
            caregiver=new.id,
            at=at,
        )
    await link_caregiver(work, keys, new.id, patient_id, relationship, at=at, by=by)


async def is_caregiver(work: Work, practice: PracticeId, caregiver_id: CaregiverId) -> bool:
    """Say whether somebody with this id is a caregiver in the practice, whoever's."""
    return await work.maybe(_KNOWN, practice=practice, caregiver=caregiver_id) is not None


async def link_caregiver(
    work: Work,
    keys: PracticeKeys,
    caregiver_id: CaregiverId,
    patient_id: PatientId,
    relationship: str,
    *,
    at: datetime,
    by: By,
) -> None:
    """Say that somebody is a caregiver of this patient, too, from now on."""
    await get_patient(work, keys, patient_id)
    now = await caregivers_of(work, keys, patient_id, at)
    if any(known.id == caregiver_id for known in now):
        return
    await work.run(
        _LINK,
        practice=keys.practice,
        caregiver=caregiver_id,
        patient=patient_id,
        relationship=relationship,
        at=at,
    )
    await _record(work, keys.practice, at, by, "caregiver.link", patient_id)


async def unlink_caregiver(
    work: Work,
    practice: PracticeId,
    caregiver_id: CaregiverId,
    patient_id: PatientId,
    *,
    at: datetime,
    by: By,
) -> None:
    """End the link between a caregiver and a patient; NotFound if there is none."""
    ended = await work.run(
        _UNLINK, practice=practice, caregiver=caregiver_id, patient=patient_id, at=at
    )
    if not ended:
        raise NotFound
    await _record(work, practice, at, by, "caregiver.unlink", patient_id)


async def caregivers_of(
    work: Work, keys: PracticeKeys, patient_id: PatientId, at: datetime
) -> tuple[Caregiver, ...]:
    """Return the caregivers of a patient at this moment, the longest-known first."""
    rows = await work.rows(_CAREGIVERS, practice=keys.practice, patient=patient_id, at=at)
    return tuple(
        Caregiver(
            id=CaregiverId(row["id"]),
            patient_id=patient_id,
            relationship=row["relationship"],
            given_name=row["given_name"],
            family_name=row["family_name"],
            language=row["language"],
            phone=None
            if row["number_sealed"] is None
            else PhoneNumber(keys.open_text("phone.number", row["phone_id"], row["number_sealed"])),
            from_at=row["from_at"],
        )
        for row in rows
    )


async def names_of(
    work: Work, practice: PracticeId, caregivers: Sequence[CaregiverId]
) -> dict[CaregiverId, str]:
    """Return the given names of caregivers, of those who are none any more too."""
    rows = await work.rows(_NAMES, practice=practice, caregivers=list(caregivers))
    return {CaregiverId(row["id"]): row["given_name"] for row in rows}


async def join_team(
    work: Work,
    keys: PracticeKeys,
    patient_id: PatientId,
    staff_id: StaffId,
    role: str,
    *,
    at: datetime,
    by: By,
) -> None:
    """Let a member of staff take part in a patient's care; taking part already is no change."""
    await get_patient(work, keys, patient_id)
    await need_active(work, keys.practice, [staff_id], at, "/staff_id")
    team = await team_of(work, keys.practice, patient_id, at)
    if any(member.staff_id == staff_id for member in team):
        return
    await work.run(
        _JOIN_TEAM, practice=keys.practice, patient=patient_id, person=staff_id, role=role, at=at
    )
    await _record(work, keys.practice, at, by, "care-team.join", patient_id)


async def leave_team(
    work: Work,
    practice: PracticeId,
    patient_id: PatientId,
    staff_id: StaffId,
    *,
    at: datetime,
    by: By,
) -> None:
    """End somebody's part in a patient's care; NotFound if they have none."""
    if not await work.run(
        _LEAVE_TEAM, practice=practice, patient=patient_id, person=staff_id, at=at
    ):
        raise NotFound
    await _record(work, practice, at, by, "care-team.leave", patient_id)


async def team_of(
    work: Work, practice: PracticeId, patient_id: PatientId, at: datetime
) -> tuple[TeamMember, ...]:
    """Return who takes part in a patient's care at this moment, besides the care manager."""
    rows = await work.rows(_TEAM, practice=practice, patient=patient_id, at=at)
    return tuple(
        TeamMember(
            patient_id=patient_id,
            staff_id=StaffId(row["staff_id"]),
            role=row["role"],
            from_at=row["from_at"],
            until_at=row["until_at"],
        )
        for row in rows
    )


async def _record(
    work: Work, practice: PracticeId, at: datetime, by: By, action: str, patient_id: PatientId
) -> None:
    await audit.record_patients(work, practice, at, by=by, action=action, patients=[patient_id])
