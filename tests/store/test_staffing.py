"""Practices and staff in a real database: one identity, many memberships, never nobody."""

from datetime import time, timedelta

import msgspec
import pytest
from sqlalchemy import select

from engage.audit import SYSTEM
from engage.clock import SettableClock, fresh_id
from engage.db.sealing import CannotOpen, MasterKeys
from engage.db.session import Database, Query
from engage.db.tables import practice
from engage.db.vault import Vault
from engage.ids import CoverId
from engage.messaging.carrier import Account
from engage.people import bootstrap
from engage.people.access import Caller, Held
from engage.people.phone import PhoneNumber
from engage.people.practice import (
    AmbiguousPractice,
    CarrierLogin,
    NumberTaken,
    PracticeFields,
    UnknownPractice,
)
from engage.people.staff import (
    Cover,
    LastMember,
    NewStaff,
    NotACover,
    ResponsiblePerson,
    UnknownStaff,
)
from engage.people.staffing import store as staffing
from engage.turns.context import PracticeSeen
from tests.conftest import SECRET, Databases
from tests.store.made_people import Made, make_practice

pytestmark = pytest.mark.database

SEALED = Query(select(practice.c.carrier_sealed))


@pytest.fixture
async def made(databases: Databases, vault: Vault, clock: SettableClock) -> Made:
    """Create a practice."""
    return await make_practice(databases.app, vault, clock, "Desert Bloom", "+16025550100")


async def test_a_practice_is_read_as_written(databases: Databases, made: Made) -> None:
    """Hours, holidays and languages come back as values, and the decision's core reads them."""
    async with databases.app.work([made.id]) as work:
        read = await staffing.get_practice(work, made.id)
        numbers = await staffing.numbers_of(work, made.id)

    assert read.business_hours["mon"] == ((time(9), time(17)),)
    assert (read.holidays, read.languages) == ("US-AZ", ("en", "es"))
    assert read.responsible_id == made.admin
    assert [one.number for one in numbers] == ["+16025550100"]
    assert msgspec.json.decode(msgspec.json.encode(read), type=PracticeSeen).calendar.zone


async def test_messaging_opens_the_carrier_account(databases: Databases, made: Made) -> None:
    """What is sealed here is the Account that messaging reads, and no other place opens it."""
    async with databases.app.work([made.id]) as work:
        row = await work.maybe(SEALED)
        assert row is not None
    plain = made.keys.open("practice.carrier", made.id, row["carrier_sealed"])
    account = msgspec.json.decode(plain, type=Account)
    with pytest.raises(CannotOpen):
        made.keys.open("practice.carrier", made.admin, row["carrier_sealed"])

    assert account.account_sid.startswith("AC")
    assert account.api_secret == account.auth_tokens[0]


async def test_texts_to_a_number_find_the_practice(
    databases: Databases, vault: Vault, clock: SettableClock
) -> None:
    """The door of a number is hung for its account, and a second practice can't hang another."""
    login = CarrierLogin.by_token("AC" + "0" * 32, "t" * 32)
    fields = PracticeFields(
        name="Cactus Wren",
        texting_name="Cactus Wren",
        support_phone="+16025550101",
        time_zone="America/Phoenix",
    )
    numbers = [PhoneNumber.parse("+16025550102"), PhoneNumber.parse("+16025550103")]
    responsible = NewStaff.named("ada@wren.example.org", "Ada Moss")

    async def create() -> bootstrap.Created:
        return await bootstrap.create_practice(
            databases.app,
            vault,
            clock,
            fields=fields,
            responsible=responsible,
            numbers=numbers,
            carrier=login,
        )

    created = await create()
    async with databases.app.work() as work:
        doors = [await work.table("door_open", n.e164, login.account_sid) for n in numbers]
    with pytest.raises(NumberTaken):
        await create()

    assert [door[0]["practice_id"] for door in doors] == [created.practice_id] * 2


async def test_one_address_is_one_person(
    databases: Databases, vault: Vault, clock: SettableClock, made: Made
) -> None:
    """Who works for two practices is one identity with a membership in each, in any spelling."""
    other = await make_practice(databases.app, vault, clock, "Cactus Wren", "+16025550102")
    again = await bootstrap.create_staff(
        databases.app,
        vault,
        clock,
        practice=other.id,
        staff=NewStaff.named(" Dana@DESERT.example.org", "Diane Whitfield"),
        role="supervisor",
    )
    async with databases.app.work([other.id]) as work:
        names = {s.id: s.given_name for s in await staffing.members_of(work, other.id, clock.now())}
    async with databases.app.work() as work:
        held = await staffing.memberships_of(work, again, clock.now())

    assert again == made.dana
    assert names[again] == "Dana", "another practice does not rename a person"
    assert {(m.practice_id, m.role) for m in held} == {
        (made.id, "care_manager"),
        (other.id, "supervisor"),
    }


async def test_a_practice_is_never_left_alone(
    databases: Databases, clock: SettableClock, made: Made
) -> None:
    """The responsible person keeps a role, somebody always works here, and others may leave."""
    async with databases.app.work([made.id], made.id) as work:
        at = clock.now() + timedelta(minutes=1)

        async def end(staff: str, role: str) -> None:
            person = made.admin if staff == "admin" else made.dana
            await staffing.end_membership(work, made.id, person, role, at=at, by=SYSTEM)  # type: ignore[arg-type] # a role

        with pytest.raises(ResponsiblePerson):
            await end("admin", "practice_admin")
        with pytest.raises(UnknownStaff):
            await end("dana", "supervisor")
        await end("dana", "care_manager")
        with pytest.raises(UnknownStaff):
            await end("dana", "care_manager")
        with pytest.raises(LastMember):
            await end("admin", "practice_admin")
        left = await staffing.members_of(work, made.id, at)

    assert [member.id for member in left] == [made.admin]


async def test_a_second_role_may_end(
    databases: Databases, clock: SettableClock, made: Made
) -> None:
    """The responsible person may give up one of two roles: they still work here."""
    at = clock.now() + timedelta(minutes=1)
    async with databases.app.work([made.id], made.id) as work:
        for _ in range(2):
            await staffing.add_membership(
                work, made.id, made.admin, "supervisor", at=clock.now(), by=SYSTEM
            )
        await staffing.end_membership(work, made.id, made.admin, "practice_admin", at=at, by=SYSTEM)
        members = await staffing.members_of(work, made.id, at)

    assert {m.id: m.roles for m in members}[made.admin] == ("supervisor",)


async def test_cover_is_by_another_member(
    databases: Databases, clock: SettableClock, made: Made
) -> None:
    """Cover is kept with its times; covering for oneself, backwards or from outside is refused."""
    at = clock.now()
    good = Cover(
        id=CoverId(fresh_id(clock)),
        absent_id=made.dana,
        cover_id=made.admin,
        from_at=at,
        until_at=at + timedelta(days=2),
    )
    async with databases.app.work([made.id], made.id) as work:
        await staffing.add_cover(work, made.id, good, at=at, by=SYSTEM)
        for wrong in (
            msgspec.structs.replace(good, cover_id=made.dana),
            msgspec.structs.replace(good, until_at=at),
        ):
            with pytest.raises(NotACover):
                await staffing.add_cover(work, made.id, wrong, at=at, by=SYSTEM)
        stranger = msgspec.structs.replace(good, cover_id=fresh_id(clock))
        with pytest.raises(UnknownStaff):
            await staffing.add_cover(work, made.id, stranger, at=at, by=SYSTEM)
        assert await staffing.covers_of(work, made.id, at) == (good,)
        assert await staffing.covers_of(work, made.id, at + timedelta(days=2)) == ()


async def test_a_token_signs_in_until_it_ends(
    databases: Databases, vault: Vault, clock: SettableClock, made: Made
) -> None:
    """A token opens the memberships of its person, only as long as it lasts or until revoked."""

    async def caller(presented: str) -> Caller | None:
        (known,) = vault.master.credential_hashes("token", presented)
        async with databases.app.work() as work:
            found = await work.call("authenticate", known, clock.now())
        return None if found is None else msgspec.json.decode(found, type=Caller)

    first = await bootstrap.token(databases.app, vault, clock, "DANA@desert.example.org", 10)
    second = await bootstrap.token(databases.app, vault, clock, "dana@desert.example.org", 60)
    signed_in = await caller(first)
    assert await bootstrap.revoke(databases.app, vault, clock, second)
    assert not await bootstrap.revoke(databases.app, vault, clock, second)

    assert first.startswith("eng_")
    assert len(first) == len("eng_") + 43
    assert signed_in is not None
    assert (signed_in.staff_id, signed_in.memberships) == (
        made.dana,
        (Held(made.id, "care_manager"),),
    )
    assert await caller(second) is None
    clock.advance(timedelta(minutes=10))
    assert await caller(first) is None


@pytest.mark.parametrize("minutes", [0, 61, -5])
async def test_a_token_does_not_last_longer_than_an_hour(
    databases: Databases, vault: Vault, clock: SettableClock, minutes: int
) -> None:
    """A token of more than sixty minutes, or of none, is refused."""
    with pytest.raises(bootstrap.NotTokenMinutes):
        await bootstrap.token(databases.app, vault, clock, "dana@desert.example.org", minutes)


async def test_only_who_works_somewhere_gets_a_token(
    databases: Databases, vault: Vault, clock: SettableClock, made: Made
) -> None:
    """An unknown address and that of somebody who has left get the same refusal."""
    at = clock.now() + timedelta(minutes=1)
    async with databases.app.work([made.id], made.id) as work:
        await staffing.end_membership(work, made.id, made.dana, "care_manager", at=at, by=SYSTEM)
    clock.set(at)
    for address in ("dana@desert.example.org", "nobody@example.org"):
        with pytest.raises(UnknownStaff):
            await bootstrap.token(databases.app, vault, clock, address)


async def test_a_rotated_secret_still_finds_people(
    databases: Databases, vault: Vault, clock: SettableClock, made: Made
) -> None:
    """After a new first secret key, an address that was hashed with the old one is found."""
    rotated = MasterKeys(["a newer secret key for tests, forty chars", SECRET])
    newer = Vault(rotated, databases.app)
    person = await bootstrap.create_staff(
        databases.app,
        newer,
        clock,
        practice=made.id,
        staff=NewStaff.named("dana@desert.example.org", "Dana Whitfield"),
        role="supervisor",
    )

    assert person == made.dana


async def test_a_practice_is_found_by_id_or_name(
    databases: Databases, vault: Vault, clock: SettableClock, made: Made
) -> None:
    """The owner's commands name a practice by id or by a name that is not ambiguous."""
    owner = await Database.open(
        databases.urls["owner"], setting="ENGAGE_OWNER_DATABASE_URL", size=1, may_own=True
    )
    try:
        assert await bootstrap.find_practice(owner, str(made.id)) == made.id
        assert await bootstrap.find_practice(owner, " desert bloom") == made.id
        with pytest.raises(UnknownPractice):
            await bootstrap.find_practice(owner, "Cactus Wren")
        await make_practice(databases.app, vault, clock, "Desert Bloom", "+16025550102")
        with pytest.raises(AmbiguousPractice):
            await bootstrap.find_practice(owner, "Desert Bloom")
    finally:
        await owner.close()
