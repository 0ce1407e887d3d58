"""Patients in a real database: written once, changed with a history, found by name."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from engage import audit
from engage.audit import SYSTEM, By
from engage.clock import SettableClock, fresh_id
from engage.db.session import Query, Work
from engage.db.tables import phone, phone_use
from engage.db.vault import Vault
from engage.errors import Conflict, NotFound
from engage.ids import CaregiverId, PatientId, StaffId
from engage.people import store
from engage.people.access import Visible, only
from engage.people.caregiver import NewCaregiver
from engage.people.circle import store as circle
from engage.people.patient import PatientChange
from engage.people.phone import PhoneNumber
from engage.people.staff import UnknownStaff
from tests.conftest import Databases
from tests.store.made_people import Made, add_patient, make_practice, new_patient

pytestmark = pytest.mark.database

PHONES = Query(select(phone.c.id))
USES = Query(select(phone_use).order_by(phone_use.c.from_at))
OTHER = PhoneNumber.parse("602-555-0111")


@pytest.fixture
async def made(databases: Databases, vault: Vault, clock: SettableClock) -> Made:
    """Create a practice."""
    return await make_practice(databases.app, vault, clock, "Desert Bloom", "+16025550100")


async def names(work: Work, made: Made, query: str) -> list[str]:
    """Return the external ids that a search finds."""
    page = await store.find_patients(work, only(made.id), {made.id: made.keys}, query=query)
    return [patient.external_id for patient in page.items]


async def test_a_patient_is_read_as_written(
    databases: Databases, clock: SettableClock, made: Made
) -> None:
    """What a practice says about a patient comes back, unsealed, with phone and care manager."""
    written = await add_patient(databases.app, clock, made, care_manager_id=made.dana)

    async with databases.app.work([made.id]) as work:
        read = await store.get_patient(work, made.keys, written.id)
    assert read == written
    assert (read.birth_date, read.version, read.status) == (date(1958, 4, 17), 1, "active")
    assert read.phone == PhoneNumber.parse("602-555-0110")
    assert read.care_manager is not None
    assert read.care_manager.given_name == "Dana"


async def test_ids_are_taken_once(databases: Databases, clock: SettableClock, made: Made) -> None:
    """An id or an external id that is taken is said so by its field, and nothing is written."""
    rosa = await add_patient(databases.app, clock, made)
    with pytest.raises(store.ExternalIdTaken) as same_external:
        await add_patient(databases.app, clock, made, given_name="Maria")
    with pytest.raises(store.IdTaken) as same_id:
        await add_patient(databases.app, clock, made, "A-2", id=rosa.id)

    assert (same_external.value.field, same_id.value.field) == ("/external_id", "/id")
    async with databases.app.work([made.id]) as work:
        assert await names(work, made, "") == ["A-1"]


async def test_nobody_answers_for_a_patient_who_does_not_work_here(
    databases: Databases, clock: SettableClock, made: Made
) -> None:
    """A care manager who is no member is refused, and the patient is not created either."""
    stranger = StaffId(fresh_id(clock))
    with pytest.raises(UnknownStaff) as refused:
        await add_patient(databases.app, clock, made, care_manager_id=stranger)

    assert refused.value.field == "/care_manager_id"
    async with databases.app.work([made.id]) as work:
        assert await names(work, made, "") == []


async def test_a_change_needs_the_version_it_was_made_from(
    databases: Databases, clock: SettableClock, made: Made
) -> None:
    """A change of what has changed meanwhile is a conflict; one that changes nothing is nothing."""
    rosa = await add_patient(databases.app, clock, made)
    async with databases.app.work([made.id], made.id) as work:
        same = await store.update_patient(
            work, made.keys, rosa.id, PatientChange(given_name="Rosa"), at=clock.now(), by=SYSTEM
        )
        changed = await store.update_patient(
            work,
            made.keys,
            rosa.id,
            PatientChange(given_name="Rosalía", birth_date=None),
            version=1,
            at=clock.now(),
            by=SYSTEM,
        )
        with pytest.raises(Conflict):
            await store.update_patient(
                work,
                made.keys,
                rosa.id,
                PatientChange(language="en"),
                version=1,
                at=clock.now(),
                by=SYSTEM,
            )

    assert same.version == 1
    assert (changed.version, changed.given_name, changed.birth_date) == (2, "Rosalía", None)
    assert changed.language == "es"


async def test_an_external_id_can_not_be_taken_over(
    databases: Databases, clock: SettableClock, made: Made
) -> None:
    """A change to an external id that another patient has is refused with a sentence."""
    await add_patient(databases.app, clock, made, "A-1")
    other = await add_patient(databases.app, clock, made, "A-2")
    async with databases.app.work([made.id], made.id) as work:
        with pytest.raises(store.ExternalIdTaken):
            await store.update_patient(
                work,
                made.keys,
                other.id,
                PatientChange(external_id="A-1"),
                at=clock.now(),
                by=SYSTEM,
            )


async def test_a_phone_has_a_history_and_may_be_shared(
    databases: Databases, clock: SettableClock, made: Made
) -> None:
    """Two patients on one number share one phone; a new number ends the use of the old one."""
    rosa = await add_patient(databases.app, clock, made, "A-1")
    await add_patient(databases.app, clock, made, "A-2", given_name="Hector")
    begun = clock.now()
    clock.advance(timedelta(days=3))
    async with databases.app.work([made.id], made.id) as work:
        assert len(await work.rows(PHONES)) == 1
        moved = await store.set_phone(work, made.keys, rosa.id, OTHER, at=clock.now(), by=SYSTEM)
        uses = [u for u in await work.rows(USES) if u["patient_id"] == rosa.id]
        without = await store.set_phone(work, made.keys, rosa.id, None, at=clock.now(), by=SYSTEM)

    assert (moved.phone, moved.version) == (OTHER, 2)
    assert [(u["from_at"], u["until_at"]) for u in uses] == [
        (begun, clock.now()),
        (clock.now(), None),
    ]
    assert uses[0]["phone_id"] != uses[1]["phone_id"]
    assert (without.phone, without.version) == (None, 3)


async def test_an_assignment_ends_when_the_next_begins(
    databases: Databases, clock: SettableClock, made: Made
) -> None:
    """One care manager at a time answers for a patient, and who did before stays readable."""
    rosa = await add_patient(databases.app, clock, made, care_manager_id=made.dana)
    clock.advance(timedelta(hours=1))
    async with databases.app.work([made.id], made.id) as work:
        after = await store.assign(
            work, made.keys, rosa.id, made.admin, at=clock.now(), by=By.staff(made.admin)
        )
        history = await store.assignments_of(work, made.id, rosa.id)

    assert after.care_manager_id == made.admin
    assert [(a.staff_id, a.until_at) for a in history] == [
        (made.admin, None),
        (made.dana, clock.now()),
    ]


SEARCHES = {
    "": ["A-1", "A-2", "A-3"],
    "nun": ["A-2"],
    "NÚÑ": ["A-2"],
    "luis nunez": ["A-2"],
    "Núñez, José": ["A-2"],
    "ros": ["A-1", "A-3"],
    "ros del": ["A-1"],
    "elgado": [],
    "a-3": ["A-3"],
    "%": [],
    "ros zzz": [],
}


async def test_a_search_finds_by_the_beginning_of_each_word(
    databases: Databases, clock: SettableClock, made: Made
) -> None:
    """Each typed word begins a name or the external id, whatever the accents, case and order."""
    await add_patient(databases.app, clock, made, "A-1")
    await add_patient(
        databases.app, clock, made, "A-2", given_name="José Luis", family_name="Núñez"
    )
    await add_patient(databases.app, clock, made, "A-3", family_name="Smith")
    async with databases.app.work([made.id]) as work:
        assert {query: await names(work, made, query) for query in SEARCHES} == SEARCHES


async def test_pages_meet_without_gap_or_overlap(
    databases: Databases, vault: Vault, clock: SettableClock, made: Made
) -> None:
    """A list over two practices, page by page, shows each patient once and in order."""
    other = await make_practice(databases.app, vault, clock, "Cactus Wren", "+16025550102")
    for index, family in enumerate(["Cruz", "Abbott", "Cruz", "Brandt", "Abbott"]):
        await add_patient(databases.app, clock, made, f"A-{index}", family_name=family)
        await add_patient(databases.app, clock, other, f"B-{index}", family_name=family)
    both, keys = Visible((made.id, other.id)), {made.id: made.keys, other.id: other.keys}
    seen: list[tuple[str, str]] = []
    after: PatientId | None = None
    async with databases.app.work([made.id, other.id]) as work:
        while True:
            page = await store.find_patients(work, both, keys, after=after, limit=3)
            seen += [(p.family_name, p.external_id) for p in page.items]
            if (after := page.next) is None:
                break
        nobody = await store.find_patients(work, Visible(()), keys)
        with pytest.raises(NotFound):
            await store.find_patients(work, both, keys, after=PatientId(fresh_id(clock)))

    assert [family for family, _ in seen] == sorted(family for family, _ in seen)
    assert len(seen) == len(set(seen)) == 10
    assert nobody.items == ()


async def test_every_change_is_in_the_audit(
    databases: Databases, clock: SettableClock, made: Made
) -> None:
    """Who created and changed a patient stands in the audit, newest first, in ids only."""
    rosa = await add_patient(databases.app, clock, made)
    by = By.staff(made.dana)
    for name in ("Ana", "Eva"):
        clock.advance(timedelta(minutes=1))
        async with databases.app.work([made.id], made.id) as work:
            change = PatientChange(given_name=name)
            await store.update_patient(work, made.keys, rosa.id, change, at=clock.now(), by=by)
    async with databases.app.work([made.id]) as work:
        entries = await audit.of_patient(work, made.id, rosa.id)
        newest = await audit.of_patient(work, made.id, rosa.id, limit=1)
        rest = await audit.of_patient(work, made.id, rosa.id, before=newest[0].id)

    assert [e.action for e in entries] == ["patient.change", "patient.change", "patient.create"]
    assert [e.actor_id for e in entries] == [made.dana, made.dana, None]
    assert (*newest, *rest) == entries


async def test_what_fails_leaves_no_trace_in_the_audit(
    databases: Databases, clock: SettableClock, made: Made
) -> None:
    """Audit and change are one transaction: if the work is undone, so is its entry."""
    new = new_patient(clock)

    async def fail() -> None:
        async with databases.app.work([made.id], made.id) as work:
            await store.create_patient(work, made.keys, new, at=clock.now(), by=SYSTEM)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with databases.app.work([made.id]) as work:
        assert await audit.of_patient(work, made.id, new.id) == ()


async def test_a_caregiver_has_a_phone_and_a_time(
    databases: Databases, clock: SettableClock, made: Made
) -> None:
    """A caregiver belongs to a patient from when until when, with a phone of their own."""
    rosa = await add_patient(databases.app, clock, made)
    sofia = NewCaregiver.read(
        CaregiverId(fresh_id(clock)),
        given_name="Sofía",
        family_name="Delgado",
        language="en",
        phone=OTHER,
    )
    at = clock.now()
    later = at + timedelta(days=1)
    async with databases.app.work([made.id], made.id) as work:
        await circle.add_caregiver(work, made.keys, sofia, rosa.id, "daughter", at=at, by=SYSTEM)
        await circle.link_caregiver(work, made.keys, sofia.id, rosa.id, "aunt", at=at, by=SYSTEM)
        (now,) = await circle.caregivers_of(work, made.keys, rosa.id, at)
        await circle.unlink_caregiver(work, made.id, sofia.id, rosa.id, at=later, by=SYSTEM)
        gone = await circle.caregivers_of(work, made.keys, rosa.id, later)
        with pytest.raises(NotFound):
            await circle.unlink_caregiver(work, made.id, sofia.id, rosa.id, at=later, by=SYSTEM)

    assert (now.relationship, now.phone, now.given_name) == ("daughter", OTHER, "Sofía")
    assert gone == ()


async def test_a_care_team_has_dates(
    databases: Databases, clock: SettableClock, made: Made
) -> None:
    """Staff join and leave a patient's care team, and only staff of the practice can."""
    rosa = await add_patient(databases.app, clock, made)
    at, later = clock.now(), clock.now() + timedelta(days=1)
    async with databases.app.work([made.id], made.id) as work:
        for _ in range(2):
            await circle.join_team(work, made.keys, rosa.id, made.dana, "nurse", at=at, by=SYSTEM)
        (member,) = await circle.team_of(work, made.id, rosa.id, at)
        await circle.leave_team(work, made.id, rosa.id, made.dana, at=later, by=SYSTEM)
        with pytest.raises(UnknownStaff):
            await circle.join_team(
                work, made.keys, rosa.id, StaffId(fresh_id(clock)), "nurse", at=at, by=SYSTEM
            )
        assert await circle.team_of(work, made.id, rosa.id, later) == ()

    assert (member.staff_id, member.role) == (made.dana, "nurse")
