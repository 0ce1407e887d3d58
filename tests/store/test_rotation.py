"""Older secret keys are let go: what they hold comes under the first, and that is said exactly."""

from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy import select

from engage.clock import SettableClock
from engage.db.sealing import CannotOpen, MasterKeys
from engage.db.session import Database, Query
from engage.db.tables import audit, patient, phone
from engage.db.vault import Vault
from engage.people import bootstrap
from engage.people.fields import EmailAddress
from engage.people.rotation import ACTION, LONGEST_USE, Rotated, rotate
from engage.people.signing import store as signing
from engage.people.signing.store import TOTP_PLACE
from engage.people.staff import NewStaff
from engage.people.staffing import store as staffing
from tests.conftest import SECRET, Databases
from tests.store.made_people import Made, add_patient, make_practice

pytestmark = pytest.mark.database

NEW = "the secret key that comes after, forty characters"
BOTH = MasterKeys([NEW, SECRET])
PATIENT = Query(select(patient.c.id, patient.c.birth_date_sealed))
PHONE = Query(select(phone.c.number_hash))
ENTRIES = Query(select(audit.c.subject_id).where(audit.c.action == ACTION))


@pytest.fixture
async def owner(databases: Databases) -> Database:
    """Open the test's database as its owner."""
    return await Database.open(
        databases.urls["owner"], setting="ENGAGE_OWNER_DATABASE_URL", size=2, may_own=True
    )


@pytest.fixture
async def made(databases: Databases, vault: Vault, clock: SettableClock) -> Made:
    """Create two practices under the old key, Dana working in both, and a patient."""
    made = await make_practice(databases.app, vault, clock, "Desert Bloom", "+16025550100")
    other = await make_practice(databases.app, vault, clock, "Cactus Wren", "+16025550102")
    await bootstrap.create_staff(
        databases.app,
        vault,
        clock,
        practice=other.id,
        staff=NewStaff.named("dana@desert.example.org", "Dana Whitfield"),
        role="supervisor",
    )
    await add_patient(databases.app, clock, made)
    return made


async def _found(databases: Databases, master: MasterKeys, clock: SettableClock) -> object:
    async with databases.app.work() as work:
        address = EmailAddress.parse("dana@desert.example.org")
        return await staffing.find_staff(work, master, address, clock.now())


async def test_the_new_key_alone_opens_everything(
    databases: Databases, owner: Database, made: Made, clock: SettableClock
) -> None:
    """After a rotation the old key may be gone: patients open, phones and staff are found."""
    shared = MasterKeys([SECRET]).seal_global(TOTP_PLACE, made.dana, "shared with an app")
    async with databases.app.work() as work:
        await signing.offer_secret(work, made.dana, "a hash", shared)
    done = await rotate(owner, BOTH, clock)
    alone = MasterKeys([NEW])
    async with databases.app.work() as work:
        moved = (await signing.secret_of(work, made.dana)).next_totp_sealed
    assert moved is not None
    keys = await Vault(alone, databases.app).keys(made.id)
    async with databases.app.work([made.id]) as work:
        rows = await work.rows(PATIENT)
        hashes = [row["number_hash"] for row in await work.rows(PHONE)]
    opened = keys.open("patient.birth_date", rows[0]["id"], rows[0]["birth_date_sealed"])
    await owner.close()

    assert (done.practices, done.wrapped, done.sealed) == (2, 4, 5)
    assert done.complete
    assert alone.open_global(TOTP_PLACE, made.dana, moved) == "shared with an app"
    assert opened == b"1958-04-17"
    assert hashes == [keys.phone_hash("+16025550110")]
    assert await _found(databases, alone, clock) == made.dana
    with pytest.raises(CannotOpen):
        await Vault(MasterKeys([SECRET]), databases.app).keys(made.id)
    assert await _found(databases, MasterKeys([SECRET]), clock) is None


async def test_processes_that_know_both_keys_notice_nothing(
    databases: Databases, owner: Database, made: Made, clock: SettableClock
) -> None:
    """While both are in the list, keys open and people are found before and after."""
    for _ in range(2):
        keys = await Vault(BOTH, databases.app).keys(made.id)
        assert keys.phone_hash("+16025550110") == made.keys.phone_hash("+16025550110")
        assert await _found(databases, BOTH, clock) == made.dana
        await rotate(owner, BOTH, clock)
    await owner.close()


async def test_again_changes_nothing_and_each_practice_is_audited_once(
    databases: Databases, owner: Database, made: Made, clock: SettableClock
) -> None:
    """A second run finds all done; the audit has one entry for a practice that was changed."""
    await rotate(owner, BOTH, clock)
    again = await rotate(owner, BOTH, clock)
    async with databases.app.work([made.id]) as work:
        entries = [row["subject_id"] for row in await work.rows(ENTRIES)]
    await owner.close()

    assert (again.wrapped, again.sealed) == (0, 0)
    assert entries == [made.id]


async def test_a_rotation_that_was_cut_short_is_finished(
    databases: Databases, owner: Database, made: Made, clock: SettableClock
) -> None:
    """What a stopped run did stays done, and the next one does the rest."""
    raw = await asyncpg.connect(databases.urls["owner"])
    try:
        # As if the run had died with one key of one practice wrapped.
        await raw.execute("SELECT enter($1::uuid[], $2)", [], None)
        async with raw.transaction():
            await raw.execute("SELECT enter($1::uuid[], $2::uuid)", [made.id], made.id)
            row = await raw.fetchrow("SELECT id, wrapped FROM practice_key LIMIT 1")
            anew = BOTH.rewrap(made.id, row["id"], row["wrapped"])
            await raw.execute("UPDATE practice_key SET wrapped = $1 WHERE id = $2", anew, row["id"])
    finally:
        await raw.close()

    done = await rotate(owner, BOTH, clock)
    await owner.close()

    assert (done.wrapped, done.sealed, done.complete) == (3, 4, True)


async def test_an_old_key_stays_while_tokens_may_need_it(
    owner: Database, made: Made, clock: SettableClock
) -> None:
    """The moment from which it may go is said, keeps still, and then it may go at once."""
    began = clock.now()
    first = await rotate(owner, BOTH, clock)
    clock.set(began + timedelta(hours=2))
    second = await rotate(owner, BOTH, clock)
    clock.set(began + LONGEST_USE)
    third = await rotate(owner, BOTH, clock)
    await owner.close()

    assert first.until == second.until == began + LONGEST_USE
    assert third.until is None
    assert "No longer needed from 2026-11-26 05:00 UTC on: key 2" in " ".join(first.sentences())
    assert "No longer needed: key 2 in ENGAGE_SECRET_KEYS" in " ".join(third.sentences())


async def test_without_the_old_key_no_key_is_called_needless(
    databases: Databases, owner: Database, made: Made, clock: SettableClock
) -> None:
    """Values that none of the keys opens are counted, kept as they are, and every key stays."""
    lost = await rotate(owner, MasterKeys([NEW, "a third secret key, which opens nothing"]), clock)
    mended = await rotate(owner, BOTH, clock)
    await owner.close()

    assert (lost.closed, lost.wrapped, lost.complete) == (9, 0, False)
    assert lost.sentences()[-1] == "Keep every key in ENGAGE_SECRET_KEYS."
    assert mended.complete


async def test_one_address_under_two_keys_is_left_and_said(
    databases: Databases, owner: Database, made: Made, clock: SettableClock
) -> None:
    """Whoever restarted half of the processes may have made a person twice: neither is harmed."""
    await bootstrap.create_staff(
        databases.app,
        Vault(BOTH, databases.app),
        clock,
        practice=made.id,
        staff=NewStaff.named("fay@desert.example.org", "Fay Ortiz"),
        role="care_manager",
    )
    await bootstrap.create_staff(
        databases.app,
        Vault(MasterKeys([SECRET]), databases.app),
        clock,
        practice=made.id,
        staff=NewStaff.named("fay@desert.example.org", "Fay Ortiz"),
        role="care_manager",
    )

    done = await rotate(owner, BOTH, clock)
    await owner.close()

    assert (done.doubled, done.complete) == (1, False)


async def test_who_cannot_be_reached_keeps_the_keys(
    databases: Databases, owner: Database, made: Made, clock: SettableClock
) -> None:
    """An address without a practice is found by the list of addresses, and no key is let go."""
    raw = await asyncpg.connect(databases.urls["owner"])
    try:
        await raw.execute(
            "INSERT INTO credential (kind, hash, person_id, created_at)"
            " VALUES ('email', '\\x01', gen_random_uuid(), now())"
        )
    finally:
        await raw.close()

    done = await rotate(owner, BOTH, clock)
    await owner.close()

    assert (done.unreached, done.complete) == (1, False)


async def test_a_practice_without_a_door_is_found_by_its_people(
    databases: Databases, owner: Database, made: Made, clock: SettableClock
) -> None:
    """A key is not called needless because a practice's number was taken down."""
    raw = await asyncpg.connect(databases.urls["owner"])
    try:
        await raw.execute("DELETE FROM door")
    finally:
        await raw.close()

    done = await rotate(owner, BOTH, clock)
    await owner.close()

    assert (done.practices, done.wrapped) == (2, 4)


def test_what_is_said_when_there_is_one_key() -> None:
    """With one key there is nothing to let go, and that is what is said."""
    assert "There is one secret key" in Rotated(older=0).sentences()[-1]
    assert "No longer needed: keys 2 to 4 in" in " ".join(Rotated(older=3).sentences())
