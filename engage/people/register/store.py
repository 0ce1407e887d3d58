"""The register's pen: patients, their phones and care managers, written many at a time.

One patient is a list of one, so a click and an import of fifty thousand rows leave the same rows
behind, and the import costs eight statements per batch. Nothing is overwritten that was true: a
phone or a care manager gets an end, and a new row begins. This room refuses to decide anything, and
to write a birth date or a number in clear.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    Integer,
    any_,
    bindparam,
    column,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.selectable import TableValuedAlias

from engage.audit import By
from engage.clock import random_bytes
from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Work
from engage.db.tables import assignment, membership, patient, phone, phone_use, staff
from engage.errors import NotFound
from engage.ids import RANDOM_BYTES, PatientId, PhoneId, PracticeId, StaffId, uuid7
from engage.people.consents import store as consents
from engage.people.patient import NewPatient, PatientState, Revision, search_words
from engage.people.phone import PhoneNumber
from engage.people.staff import UnknownStaff

_WRITTEN = (
    patient.c.id,
    patient.c.external_id,
    patient.c.given_name,
    patient.c.family_name,
    patient.c.search,
    patient.c.birth_date_sealed,
    patient.c.language,
    patient.c.time_zone,
    patient.c.status,
    patient.c.us_state,
)


def _each(*columns: Column[object]) -> TableValuedAlias:
    """Return rows from one array per column, named after the columns."""
    arrays = [bindparam(f"each_{c.name}", type_=ARRAY(c.type)) for c in columns]
    names = [column(c.name, c.type) for c in columns]
    return func.unnest(*arrays).table_valued(*names, name="each").render_derived()


_people = _each(*_WRITTEN)
_LOCK = Query(
    select(patient.c.id)
    .where(
        patient.c.practice_id == bindparam("practice"),
        patient.c.id == any_(bindparam("patients", type_=ARRAY(patient.c.id.type))),
    )
    .order_by(patient.c.id)
    .with_for_update(key_share=True)
)
_INSERT = Query(
    insert(patient)
    .from_select(
        ["practice_id", *(c.name for c in _WRITTEN), "version", "created_at"],
        select(
            bindparam("practice", type_=patient.c.practice_id.type),
            *_people.c,
            literal(1, Integer),
            bindparam("at", type_=patient.c.created_at.type),
        ),
    )
    .on_conflict_do_nothing()
)
_REWRITE = Query(
    update(patient)
    .where(patient.c.practice_id == bindparam("practice"), patient.c.id == _people.c.id)
    .values({c.name: _people.c[c.name] for c in _WRITTEN[1:]} | {"version": patient.c.version + 1})
)
_numbers = _each(phone.c.id, phone.c.number_hash, phone.c.number_sealed)
_ADD_PHONES = Query(
    insert(phone)
    .from_select(
        ["practice_id", "id", "number_hash", "number_sealed", "created_at"],
        select(
            bindparam("practice", type_=phone.c.practice_id.type),
            *_numbers.c,
            bindparam("at", type_=phone.c.created_at.type),
        ),
    )
    .on_conflict_do_nothing()
)
_PHONE_IDS = Query(
    select(phone.c.number_hash, phone.c.id).where(
        phone.c.practice_id == bindparam("practice"),
        phone.c.number_hash == any_(bindparam("hashes", type_=ARRAY(phone.c.number_hash.type))),
    )
)
_NUMBER = Query(
    select(phone.c.number_sealed).where(
        phone.c.practice_id == bindparam("practice"), phone.c.id == bindparam("one")
    )
)
_uses = _each(phone_use.c.id, phone_use.c.phone_id, phone_use.c.patient_id)
_BEGIN_USE = Query(
    insert(phone_use).from_select(
        ["practice_id", "id", "phone_id", "patient_id", "from_at"],
        select(
            bindparam("practice", type_=phone_use.c.practice_id.type),
            *_uses.c,
            bindparam("at", type_=phone_use.c.from_at.type),
        ),
    )
)
_END_USE = Query(
    update(phone_use)
    .where(
        phone_use.c.practice_id == bindparam("practice"),
        phone_use.c.patient_id
        == any_(bindparam("patients", type_=ARRAY(phone_use.c.patient_id.type))),
        phone_use.c.until_at.is_(None),
    )
    .values(until_at=bindparam("at"))
)
_assignments = _each(assignment.c.id, assignment.c.patient_id, assignment.c.staff_id)
_BEGIN_ASSIGNMENT = Query(
    insert(assignment).from_select(
        ["practice_id", "id", "patient_id", "staff_id", "from_at"],
        select(
            bindparam("practice", type_=assignment.c.practice_id.type),
            *_assignments.c,
            bindparam("at", type_=assignment.c.from_at.type),
        ),
    )
)
_END_ASSIGNMENT = Query(
    update(assignment)
    .where(
        assignment.c.practice_id == bindparam("practice"),
        assignment.c.patient_id
        == any_(bindparam("patients", type_=ARRAY(assignment.c.patient_id.type))),
        assignment.c.until_at.is_(None),
    )
    .values(until_at=bindparam("at"))
)
_ACTIVE = Query(
    select(membership.c.staff_id)
    .distinct()
    .join_from(membership, staff, staff.c.id == membership.c.staff_id)
    .where(
        membership.c.practice_id == bindparam("practice"),
        membership.c.staff_id == any_(bindparam("people", type_=ARRAY(membership.c.staff_id.type))),
        staff.c.active,
        membership.c.from_at <= bindparam("at"),
        or_(membership.c.until_at.is_(None), membership.c.until_at > bindparam("at")),
    )
)


async def lock(work: Work, practice: PracticeId, patients: Sequence[PatientId]) -> None:
    """Lock patients in the order of their ids, as everybody does."""
    await work.rows(_LOCK, practice=practice, patients=list(patients))


async def need_active(
    work: Work, practice: PracticeId, people: Sequence[StaffId], at: datetime, field: str
) -> None:
    """Raise UnknownStaff unless all of these work in the practice at this moment."""
    if not people:
        return
    wanted = set(people)
    rows = await work.rows(_ACTIVE, practice=practice, people=list(wanted), at=at)
    if wanted - {row["staff_id"] for row in rows}:
        raise UnknownStaff(field)


async def insert_patients(
    work: Work, keys: PracticeKeys, patients: Sequence[NewPatient], at: datetime, by: By
) -> int:
    """Write new patients with their phones and care managers; return how many were new.

    Fewer than given means that an id or an external id is taken: the caller undoes the work.
    """
    states = [(new.id, new) for new in patients]
    count = await work.run(_INSERT, practice=keys.practice, at=at, **_columns(keys, states))
    if count == len(patients):
        await _begin_uses(work, keys, [(i, s.phone) for i, s in states if s.phone], at, by)
        managed = [(i, s.care_manager_id) for i, s in states if s.care_manager_id]
        await _begin_assignments(work, keys.practice, managed, at)
    return count


async def rewrite_patients(
    work: Work, keys: PracticeKeys, revisions: Sequence[Revision], at: datetime, by: By
) -> None:
    """Write what is now true of locked patients; end the phones and assignments that changed."""
    practice = keys.practice
    states = [(r.before.id, r.after) for r in revisions]
    if await work.run(_REWRITE, practice=practice, **_columns(keys, states)) != len(states):
        # The wall hides a row from an update without a word.
        raise NotFound
    moved = [r for r in revisions if r.before.phone != r.after.phone]
    if moved:
        await work.run(_END_USE, practice=practice, at=at, patients=[r.before.id for r in moved])
        begun = [(r.before.id, r.after.phone) for r in moved if r.after.phone]
        await _begin_uses(work, keys, begun, at, by)
    handed = [r for r in revisions if r.before.care_manager_id != r.after.care_manager_id]
    if handed:
        patients = [r.before.id for r in handed]
        await work.run(_END_ASSIGNMENT, practice=practice, at=at, patients=patients)
        managed = [(r.before.id, m) for r in handed if (m := r.after.care_manager_id)]
        await _begin_assignments(work, practice, managed, at)


async def number_of(work: Work, keys: PracticeKeys, one: PhoneId) -> PhoneNumber:
    """Return the number of a phone of the practice; NotFound if it has none such."""
    row = await work.maybe(_NUMBER, practice=keys.practice, one=one)
    if row is None:
        raise NotFound
    return PhoneNumber(keys.open_text("phone.number", one, row["number_sealed"]))


async def phone_ids(
    work: Work, keys: PracticeKeys, numbers: Sequence[PhoneNumber], at: datetime
) -> dict[PhoneNumber, PhoneId]:
    """Return the phones of these numbers, made where they are new."""
    by_hash = {keys.phone_hash(number.e164): number for number in numbers}
    if not by_hash:
        return {}
    ids = [_new_id(at) for _ in by_hash]
    await work.run(
        _ADD_PHONES,
        practice=keys.practice,
        at=at,
        each_id=ids,
        each_number_hash=list(by_hash),
        each_number_sealed=[
            keys.seal_text("phone.number", phone_id, number.e164)
            for phone_id, number in zip(ids, by_hash.values(), strict=True)
        ],
    )
    rows = await work.rows(_PHONE_IDS, practice=keys.practice, hashes=list(by_hash))
    return {by_hash[row["number_hash"]]: PhoneId(row["id"]) for row in rows}


async def _begin_uses(
    work: Work,
    keys: PracticeKeys,
    phones: Sequence[tuple[PatientId, PhoneNumber]],
    at: datetime,
    by: By,
) -> None:
    if not phones:
        return
    found = await phone_ids(work, keys, [number for _, number in phones], at)
    given = [(patient_id, found[number]) for patient_id, number in phones]
    # A number given to one's practice for one's care is consent within that purpose.
    await consents.given_to_practice(work, keys.practice, given, at, by)
    await work.run(
        _BEGIN_USE,
        practice=keys.practice,
        at=at,
        each_id=[_new_id(at) for _ in phones],
        each_phone_id=[phone_id for _, phone_id in given],
        each_patient_id=[patient_id for patient_id, _ in given],
    )


async def _begin_assignments(
    work: Work,
    practice: PracticeId,
    managed: Sequence[tuple[PatientId, StaffId]],
    at: datetime,
) -> None:
    if not managed:
        return
    await need_active(work, practice, [m for _, m in managed], at, "/care_manager_id")
    await work.run(
        _BEGIN_ASSIGNMENT,
        practice=practice,
        at=at,
        each_id=[_new_id(at) for _ in managed],
        each_patient_id=[patient_id for patient_id, _ in managed],
        each_staff_id=[manager_id for _, manager_id in managed],
    )


def _columns(
    keys: PracticeKeys, states: Sequence[tuple[PatientId, PatientState]]
) -> dict[str, list[object]]:
    return {
        "each_id": [i for i, _ in states],
        "each_external_id": [s.external_id for _, s in states],
        "each_given_name": [s.given_name for _, s in states],
        "each_family_name": [s.family_name for _, s in states],
        "each_search": [search_words(s) for _, s in states],
        "each_birth_date_sealed": [
            keys.seal_text("patient.birth_date", i, s.birth_date.isoformat())
            if s.birth_date
            else None
            for i, s in states
        ],
        "each_language": [s.language for _, s in states],
        "each_time_zone": [s.time_zone for _, s in states],
        "each_us_state": [s.us_state for _, s in states],
        "each_status": [s.status for _, s in states],
    }


def _new_id(at: datetime) -> UUID:
    return uuid7(at, random_bytes(RANDOM_BYTES))
