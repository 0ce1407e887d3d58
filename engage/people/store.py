"""Patients in the database: find, read, create, change; their phones and care managers over time.

Every change bumps the patient's version and writes its audit entry here, where it can't be
forgotten; a view is recorded by whoever shows it. Every list asks for a `Visible`. This room
refuses to take a phone for a person: a number may be shared, and changes hands.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    FromClause,
    Integer,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    column,
    exists,
    func,
    literal,
    select,
    true,
    tuple_,
)

from engage import audit
from engage.audit import By
from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Row, Work
from engage.db.tables import assignment, patient, phone, phone_use, staff
from engage.errors import Conflict, EngageError, NotFound
from engage.ids import AssignmentId, PatientId, PracticeId, StaffId
from engage.people.access import Visible
from engage.people.caregiver import Assignment
from engage.people.patient import (
    CareManager,
    NewPatient,
    Patient,
    PatientChange,
    PatientPage,
    Revision,
    revised,
)
from engage.people.phone import PhoneNumber
from engage.people.register import store as register
from engage.reading.fold import fold

LONGEST_PAGE = 200
MOST_SEARCH_WORDS = 6
_SHELVED = "/id", "/external_id"


class IdTaken(EngageError):  # noqa: N818 - reads as a sentence: raise IdTaken
    """A patient with this id already exists."""


class MergedRecord(EngageError):  # noqa: N818
    """This record was merged into another one of the same person; change that one."""


class ExternalIdTaken(EngageError):  # noqa: N818
    """Another patient of the practice already has this external id."""


def _now(person: FromClause) -> Select[Any]:
    """Select patients with the phone and the care manager of this moment."""
    # Each is looked up by index per patient, because of its limit. A plain join is the planner's
    # choice, and right after an import its figures are stale: it compared everybody with everybody.
    reached = (
        select(phone.c.id, phone.c.number_sealed)
        .join_from(
            phone_use,
            phone,
            and_(
                phone.c.practice_id == phone_use.c.practice_id, phone.c.id == phone_use.c.phone_id
            ),
        )
        .where(
            phone_use.c.practice_id == person.c.practice_id,
            phone_use.c.patient_id == person.c.id,
            phone_use.c.until_at.is_(None),
        )
        .order_by(phone_use.c.from_at.desc())
        .limit(1)
        .lateral("reached")
    )
    manager = (
        select(staff.c.id, staff.c.given_name, staff.c.family_name)
        .join_from(assignment, staff, staff.c.id == assignment.c.staff_id)
        .where(
            assignment.c.practice_id == person.c.practice_id,
            assignment.c.patient_id == person.c.id,
            assignment.c.until_at.is_(None),
        )
        .limit(1)
        .lateral("manager")
    )
    return select(
        *person.c,
        reached.c.id.label("phone_id"),
        reached.c.number_sealed,
        manager.c.id.label("manager_id"),
        manager.c.given_name.label("manager_given_name"),
        manager.c.family_name.label("manager_family_name"),
    ).select_from(person.outerjoin(reached, true()).outerjoin(manager, true()))


def _page(*, searching: bool, going_on: bool) -> Query:
    # One ordered index scan per practice, merged: a single list over several practices would sort
    # all of their patients first.
    scope = (
        func.unnest(bindparam("practices", type_=ARRAY(patient.c.practice_id.type)))
        .table_valued(column("practice_id", patient.c.practice_id.type), name="scope")
        .render_derived()
    )
    order = (patient.c.family_name, patient.c.given_name, patient.c.id)
    inner = select(patient).where(
        patient.c.practice_id == scope.c.practice_id, patient.c.merged_into.is_(None)
    )
    if going_on:
        last = [bindparam(f"last_{c.name}", type_=c.type) for c in order]
        inner = inner.where(tuple_(*order) > tuple_(*last))
    if searching:
        word = (
            func.unnest(bindparam("words", type_=ARRAY(Text)))
            .table_valued(column("word", Text), name="typed")
            .render_derived()
        )
        place = func.strpos(
            literal(" ") + patient.c.search, literal(" ") + word.c.word, type_=Integer
        )
        inner = inner.where(~exists(select(word.c.word).where(place == 0)))
    page = inner.order_by(*order).limit(bindparam("limit")).lateral("page")
    found = _now(scope.join(page, true()).select().with_only_columns(*page.c).subquery("found"))
    sorted_by = [found.selected_columns[c.name] for c in order]
    return Query(found.order_by(*sorted_by).limit(bindparam("limit")))


_PAGES = {
    (searching, going_on): _page(searching=searching, going_on=going_on)
    for searching in (False, True)
    for going_on in (False, True)
}
_ONE = Query(
    _now(patient).where(
        patient.c.practice_id == bindparam("practice"), patient.c.id == bindparam("patient")
    )
)
_BY_EXTERNAL_ID = Query(
    _now(patient).where(
        patient.c.practice_id == bindparam("practice"),
        patient.c.external_id == any_(bindparam("external_ids", type_=ARRAY(Text))),
    )
)
_IDS_BY_EXTERNAL_ID = Query(
    select(patient.c.id).where(
        patient.c.practice_id == bindparam("practice"),
        patient.c.external_id == any_(bindparam("external_ids", type_=ARRAY(Text))),
    )
)
_PLACE_OF = Query(
    select(patient.c.family_name, patient.c.given_name, patient.c.id).where(
        patient.c.practice_id
        == any_(bindparam("practices", type_=ARRAY(patient.c.practice_id.type))),
        patient.c.id == bindparam("patient"),
    )
)
_ASSIGNMENTS = Query(
    select(assignment)
    .where(
        assignment.c.practice_id == bindparam("practice"),
        assignment.c.patient_id == bindparam("patient"),
    )
    .order_by(assignment.c.from_at.desc(), assignment.c.id.desc())
)


async def find_patients(
    work: Work,
    visible: Visible,
    keys: Mapping[PracticeId, PracticeKeys],
    *,
    query: str = "",
    after: PatientId | None = None,
    limit: int = 50,
) -> PatientPage:
    """Return a page of patients by family name, given name, id.

    Each word of `query` must begin a word of the name or of the external id, whatever the accents.
    `after` is the last patient of the page before: a cursor holds no name.
    """
    if not visible.practices:
        return PatientPage((), None)
    values: dict[str, object] = {"practices": list(visible.practices)}
    words = fold(query.replace(",", " ")).split()[:MOST_SEARCH_WORDS]
    if words:
        values["words"] = words
    if after is not None:
        place = await work.maybe(_PLACE_OF, practices=list(visible.practices), patient=after)
        if place is None:
            raise NotFound
        values |= {f"last_{name}": place[name] for name in ("family_name", "given_name", "id")}
    most = max(1, min(limit, LONGEST_PAGE))
    rows = await work.rows(_PAGES[bool(words), after is not None], limit=most + 1, **values)
    items = tuple(_patient(row, keys[row["practice_id"]]) for row in rows[:most])
    return PatientPage(items, items[-1].id if len(rows) > most else None)


async def get_patient(work: Work, keys: PracticeKeys, patient_id: PatientId) -> Patient:
    """Return a patient; NotFound if the practice has none of this id."""
    row = await work.maybe(_ONE, practice=keys.practice, patient=patient_id)
    if row is None:
        raise NotFound
    return _patient(row, keys)


async def lock_by_external_ids(
    work: Work, keys: PracticeKeys, external_ids: Sequence[str]
) -> dict[str, Patient]:
    """Lock and return the patients the practice knows by these ids, for an import."""
    wanted = list(external_ids)
    rows = await work.rows(_IDS_BY_EXTERNAL_ID, practice=keys.practice, external_ids=wanted)
    await register.lock(work, keys.practice, [PatientId(row["id"]) for row in rows])
    rows = await work.rows(_BY_EXTERNAL_ID, practice=keys.practice, external_ids=wanted)
    return {row["external_id"]: _patient(row, keys) for row in rows}


async def create_patient(
    work: Work, keys: PracticeKeys, new: NewPatient, *, at: datetime, by: By
) -> Patient:
    """Create a patient with phone and care manager; IdTaken or ExternalIdTaken if there is one."""
    if not await register.insert_patients(work, keys, [new], at, by):
        same = await work.maybe(_ONE, practice=keys.practice, patient=new.id)
        by_id, by_external_id = _SHELVED
        raise ExternalIdTaken(by_external_id) if same is None else IdTaken(by_id)
    await audit.record_patients(
        work, keys.practice, at, by=by, action="patient.create", patients=[new.id]
    )
    return await get_patient(work, keys, new.id)


async def create_patients(
    work: Work, keys: PracticeKeys, new: Sequence[NewPatient], *, at: datetime, by: By
) -> None:
    """Create many; Conflict if any of them exists already, and then all must be undone."""
    if not new:
        return
    if await register.insert_patients(work, keys, new, at, by) != len(new):
        raise Conflict
    await audit.record_patients(
        work, keys.practice, at, by=by, action="patient.create", patients=[n.id for n in new]
    )


async def update_patient(
    work: Work,
    keys: PracticeKeys,
    patient_id: PatientId,
    change: PatientChange,
    *,
    version: int | None = None,
    at: datetime,
    by: By,
) -> Patient:
    """Change a patient; Conflict if `version` is given and no longer the one that is kept.

    A change that changes nothing leaves version and audit alone.
    """
    await register.lock(work, keys.practice, [patient_id])
    before = await get_patient(work, keys, patient_id)
    if version is not None and version != before.version:
        raise Conflict
    if before.merged_into is not None:
        raise MergedRecord
    after = revised(before.state, change)
    if after == before.state:
        return before
    if after.external_id != before.external_id:
        taken = [after.external_id]
        if await work.rows(_IDS_BY_EXTERNAL_ID, practice=keys.practice, external_ids=taken):
            raise ExternalIdTaken(_SHELVED[1])
    await revise_patients(work, keys, [Revision(before=before, after=after)], at=at, by=by)
    return await get_patient(work, keys, patient_id)


async def revise_patients(
    work: Work, keys: PracticeKeys, revisions: Sequence[Revision], *, at: datetime, by: By
) -> None:
    """Write what is now true of patients that are locked and were read after that."""
    if not revisions:
        return
    await register.rewrite_patients(work, keys, revisions, at, by)
    changed = [revision.before.id for revision in revisions]
    await audit.record_patients(
        work, keys.practice, at, by=by, action="patient.change", patients=changed
    )


async def assign(
    work: Work,
    keys: PracticeKeys,
    patient_id: PatientId,
    care_manager: StaffId | None,
    *,
    at: datetime,
    by: By,
) -> Patient:
    """Let somebody answer for a patient from now on; the assignment before ends."""
    change = PatientChange(care_manager_id=care_manager)
    return await update_patient(work, keys, patient_id, change, at=at, by=by)


async def set_phone(
    work: Work,
    keys: PracticeKeys,
    patient_id: PatientId,
    number: PhoneNumber | None,
    *,
    at: datetime,
    by: By,
) -> Patient:
    """Give a patient a phone from now on, perhaps one that others use too; the old use ends."""
    change = PatientChange(phone=number)
    return await update_patient(work, keys, patient_id, change, at=at, by=by)


async def assignments_of(
    work: Work, practice: PracticeId, patient_id: PatientId
) -> tuple[Assignment, ...]:
    """Return who answered for a patient and when, newest first."""
    rows = await work.rows(_ASSIGNMENTS, practice=practice, patient=patient_id)
    return tuple(
        Assignment(
            id=AssignmentId(row["id"]),
            patient_id=patient_id,
            staff_id=StaffId(row["staff_id"]),
            from_at=row["from_at"],
            until_at=row["until_at"],
        )
        for row in rows
    )


def _patient(row: Row, keys: PracticeKeys) -> Patient:
    patient_id, born, number = PatientId(row["id"]), row["birth_date_sealed"], row["number_sealed"]
    return Patient(
        practice_id=PracticeId(row["practice_id"]),
        id=patient_id,
        external_id=row["external_id"],
        given_name=row["given_name"],
        family_name=row["family_name"],
        language=row["language"],
        birth_date=None
        if born is None
        else date.fromisoformat(keys.open_text("patient.birth_date", patient_id, born)),
        time_zone=row["time_zone"],
        us_state=row["us_state"],
        phone=None
        if number is None
        else PhoneNumber(keys.open_text("phone.number", row["phone_id"], number)),
        status=row["status"],
        care_manager=None
        if row["manager_id"] is None
        else CareManager(
            StaffId(row["manager_id"]), row["manager_given_name"], row["manager_family_name"]
        ),
        created_at=row["created_at"],
        version=row["version"],
        merged_into=row["merged_into"],
    )
