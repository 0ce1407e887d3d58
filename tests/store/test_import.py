"""An import in a real database: all or nothing, and twice is once. And the demo's people."""

from datetime import date, timedelta

import pytest

from engage import audit
from engage.clock import SettableClock
from engage.db.vault import Vault
from engage.demo.seed import PRACTICE_ID, seed
from engage.people import bootstrap, store
from engage.people.access import only
from engage.people.circle import store as circle
from engage.people.csv_import import COLUMNS, BadRows, NotUtf8
from engage.people.patient import Patient, PatientChange
from engage.people.staffing import store as staffing
from tests.conftest import Databases
from tests.store.made_people import Made, make_practice

pytestmark = pytest.mark.database

HEADER = ",".join(COLUMNS)
ROSA = "A-1,Rosa,Delgado,1958-04-17,es,America/Phoenix,602-555-0110,dana@desert.example.org"
HECTOR = "A-2,Hector,Delgado,,es,,(602) 555-0110,"


@pytest.fixture
async def made(databases: Databases, vault: Vault, clock: SettableClock) -> Made:
    """Create a practice."""
    return await make_practice(databases.app, vault, clock, "Desert Bloom", "+16025550100")


async def everybody(databases: Databases, made: Made) -> dict[str, Patient]:
    """Return the practice's patients by external id."""
    async with databases.app.work([made.id]) as work:
        page = await store.find_patients(
            work, only(made.id), {made.id: made.keys}, limit=store.LONGEST_PAGE
        )
    return {patient.external_id: patient for patient in page.items}


class Importer:
    """Imports lines into a practice."""

    def __init__(
        self, databases: Databases, vault: Vault, clock: SettableClock, made: Made
    ) -> None:
        """Remember where to."""
        self.parts = (databases.app, vault, clock)
        self.made = made
        self.progress: list[tuple[int, int]] = []

    async def __call__(self, *lines: str) -> tuple[int, int, int]:
        """Import a file of these lines; return created, updated, unchanged."""
        done = await bootstrap.import_patients(
            *self.parts,
            practice=self.made.id,
            raw="\n".join((HEADER, *lines)).encode(),
            progress=lambda done, of: self.progress.append((done, of)),
        )
        return done.created, done.updated, done.unchanged


@pytest.fixture
def imported(databases: Databases, vault: Vault, clock: SettableClock, made: Made) -> Importer:
    """Return the import command, without its terminal."""
    return Importer(databases, vault, clock, made)


async def test_a_file_twice_is_once(
    databases: Databases, clock: SettableClock, made: Made, imported: Importer
) -> None:
    """The same file again changes nothing: no version, no phone, no audit entry."""
    assert await imported(ROSA, HECTOR) == (2, 0, 0)
    before = await everybody(databases, made)
    clock.advance(timedelta(hours=1))
    assert await imported(HECTOR, ROSA) == (0, 0, 2)

    assert await everybody(databases, made) == before
    assert before["A-1"].phone == before["A-2"].phone
    assert before["A-1"].care_manager_id == made.dana
    async with databases.app.work([made.id]) as work:
        entries = await audit.of_patient(work, made.id, before["A-1"].id)
    assert [entry.action for entry in entries] == ["patient.create"]
    assert imported.progress == [(2, 2), (2, 2)]


async def test_a_changed_row_updates(
    databases: Databases, clock: SettableClock, made: Made, imported: Importer
) -> None:
    """What a later file says differently is changed, with the history of any change by hand."""
    await imported(ROSA, HECTOR)
    clock.advance(timedelta(hours=1))
    moved = ROSA.replace("0110", "0111").replace("Delgado", "Delgado Ruiz")
    moved = moved.replace("dana@", "ADMIN@")
    assert await imported(moved, HECTOR) == (0, 1, 1)

    rosa = (await everybody(databases, made))["A-1"]
    assert rosa.phone is not None
    assert (rosa.phone.e164, rosa.family_name, rosa.version) == ("+16025550111", "Delgado Ruiz", 2)
    assert rosa.care_manager_id == made.admin
    async with databases.app.work([made.id]) as work:
        history = await store.assignments_of(work, made.id, rosa.id)
    assert [entry.until_at for entry in history] == [None, clock.now()]


async def test_an_empty_cell_keeps_what_a_nurse_wrote(
    databases: Databases, clock: SettableClock, made: Made, imported: Importer
) -> None:
    """Holes in an export do not empty a record."""
    await imported(HECTOR)
    hector = (await everybody(databases, made))["A-2"]
    async with databases.app.work([made.id], made.id) as work:
        change = PatientChange(birth_date=date(1955, 1, 2), status="inactive")
        by = audit.By.staff(made.dana)
        await store.update_patient(work, made.keys, hector.id, change, at=clock.now(), by=by)
    assert await imported(HECTOR) == (0, 0, 1)

    after = (await everybody(databases, made))["A-2"]
    assert (after.birth_date, after.status) == (date(1955, 1, 2), "inactive")


@pytest.mark.parametrize(
    ("bad", "line"),
    [
        (HECTOR.replace("0110", "011"), 3),
        (HECTOR + "nobody@example.org", 3),
        (ROSA, 2),
    ],
)
async def test_one_bad_row_stops_all(
    databases: Databases, made: Made, imported: Importer, bad: str, line: int
) -> None:
    """Nothing of a file is written while a row of it is bad, be it known only to the database."""
    with pytest.raises(BadRows) as refused:
        await imported(ROSA, bad)

    assert refused.value.rows[0].line == line
    assert await everybody(databases, made) == {}


async def test_another_encoding_writes_nothing(
    databases: Databases, vault: Vault, clock: SettableClock, made: Made
) -> None:
    """A file that is not UTF-8 is refused before the database is asked."""
    with pytest.raises(NotUtf8):
        await bootstrap.import_patients(
            databases.app, vault, clock, practice=made.id, raw="Núñez".encode("latin-1")
        )


async def test_a_practice_imports_its_own(
    databases: Databases, vault: Vault, clock: SettableClock, made: Made, imported: Importer
) -> None:
    """The same file in another practice makes other patients, and whose care manager is unknown."""
    other = await make_practice(databases.app, vault, clock, "Cactus Wren", "+16025550102")
    await imported(ROSA)
    elsewhere = Importer(databases, vault, clock, other)
    with pytest.raises(BadRows):
        await elsewhere(ROSA)
    assert await elsewhere(HECTOR) == (1, 0, 0)

    assert set(await everybody(databases, made)) == {"A-1"}
    assert set(await everybody(databases, other)) == {"A-2"}


async def test_batches_meet(databases: Databases, made: Made, imported: Importer) -> None:
    """A file of several batches is imported whole, and its progress ends at its end."""
    lines = [
        f"B-{n},Ana,Cruz {n},1960-01-01,en,America/Phoenix,602-555-01{n % 100:02d},"
        for n in range(bootstrap.IMPORT_BATCH + 50)
    ]
    assert await imported(*lines) == (2050, 0, 0)
    lines[2049] = lines[2049].replace("Ana", "Eva")
    assert await imported(*lines) == (0, 1, 2049)

    assert imported.progress[:2] == [(2000, 2050), (2050, 2050)]


async def test_the_demo_is_seeded_once(
    databases: Databases, vault: Vault, clock: SettableClock
) -> None:
    """The demo's practice has its team, its twelve patients and its caregivers, however often."""
    first = await seed(databases.app, vault, clock)
    clock.advance(timedelta(days=1))
    again = await seed(databases.app, vault, clock)
    keys = await vault.keys(PRACTICE_ID)
    async with databases.app.work([PRACTICE_ID]) as work:
        page = await store.find_patients(work, only(PRACTICE_ID), {PRACTICE_ID: keys})
        members = await staffing.members_of(work, PRACTICE_ID, clock.now())
        (cover,) = await staffing.covers_of(work, PRACTICE_ID, clock.now())
        rosa = first.patients["DB-1001"]
        (sofia,) = await circle.caregivers_of(work, keys, rosa, clock.now())
        (helper,) = await circle.team_of(work, PRACTICE_ID, rosa, clock.now())

    assert (first.fresh, again.fresh) == (True, False)
    assert (first.staff, first.patients) == (again.staff, again.patients)
    assert len(page.items) == 12
    assert {p.language for p in page.items} == {"en", "es"}
    assert [p.external_id for p in page.items if p.time_zone is None] == ["DB-1005"]
    assert {p.id for p in page.items} == set(first.patients.values())
    phones = [p.phone for p in page.items if p.phone is not None]
    assert len(phones) - len(set(phones)) == 1
    assert len(members) == 4
    assert cover.absent_id == helper.staff_id == first.staff["luis.ortega@example.org"]
    assert sofia.relationship == "daughter"
    assert (await bootstrap.token(databases.app, vault, clock, "dana.whitfield@example.org"))[
        :4
    ] == bootstrap.TOKEN_MARK
