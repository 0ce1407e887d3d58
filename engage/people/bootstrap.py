"""The first steps without the web: a practice, its staff, a token, an import. What the CLI calls.

Each is one transaction: it happens whole or not at all. A token is returned once and kept only as a
keyed hash. This room refuses to write anything of an import while one row of it is bad.
"""

import base64
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from engage import audit
from engage.audit import SYSTEM, By
from engage.clock import Clock, fresh_id, random_bytes
from engage.db.sealing import PracticeKeys
from engage.db.session import Database, Work
from engage.db.vault import Vault
from engage.errors import EngageError
from engage.ids import NumberId, PatientId, PracticeId, StaffId
from engage.people import csv_import, store
from engage.people.csv_import import BadRows, ImportRow
from engage.people.fields import EmailAddress
from engage.people.patient import NewPatient, Revision
from engage.people.phone import PhoneNumber
from engage.people.practice import (
    AmbiguousPractice,
    CarrierChange,
    CarrierLogin,
    NoCarrierAccount,
    Practice,
    PracticeFields,
    PracticeNumber,
    UnknownPractice,
)
from engage.people.staff import NewStaff, Role, UnknownStaff
from engage.people.staffing import store as staffing

TOKEN_MARK = "eng_"  # noqa: S105 - the mark by which a leaked token is recognised, not a token
TOKEN_BYTES = 32
LONGEST_TOKEN_MINUTES = 60
IMPORT_BATCH = 2000

Progress = Callable[[int, int], None]
"""Told how many rows are done, and of how many."""

Told = Callable[[Work, Revision], Awaitable[None]]
"""Told of each changed record, in the import's own transaction: conversations must hear of it."""


class NotTokenMinutes(EngageError):  # noqa: N818 - reads as a sentence
    """A token lasts from 1 to 60 minutes."""


class NoNumber(EngageError):  # noqa: N818
    """A practice needs at least one number to text from."""


class Created(Struct, frozen=True):
    """A new practice, and the person responsible for it."""

    practice_id: PracticeId
    responsible_id: StaffId
    #: Made up for the simulator; with a real carrier, the practice's own.
    account_sid: str


class Imported(Struct, frozen=True):
    """What an import did: every row of the file counts once."""

    created: int
    updated: int
    unchanged: int


async def create_practice(
    database: Database,
    vault: Vault,
    clock: Clock,
    *,
    fields: PracticeFields,
    responsible: NewStaff,
    numbers: Sequence[PhoneNumber],
    carrier: CarrierLogin | None = None,
) -> Created:
    """Create a practice with its keys, numbers, doors, carrier account and responsible person.

    Without `carrier` an account for the simulator is made up.
    """
    practice = PracticeId(fresh_id(clock))
    login = carrier or CarrierLogin.simulated(random_bytes(32))

    async def act(work: Work) -> Created:
        created, _ = await found_practice(
            work,
            vault,
            clock,
            practice=practice,
            fields=fields,
            responsible=responsible,
            numbers=numbers,
            carrier=login,
        )
        return created

    return await database.again(act, [practice], practice)


async def found_practice(
    work: Work,
    vault: Vault,
    clock: Clock,
    *,
    practice: PracticeId,
    fields: PracticeFields,
    responsible: NewStaff,
    numbers: Sequence[PhoneNumber],
    carrier: CarrierLogin,
) -> tuple[Created, PracticeKeys]:
    """Do what `create_practice` does inside a transaction that writes this practice."""
    if not numbers:
        raise NoNumber
    at, person = clock.now(), StaffId(fresh_id(clock))
    staff = await staffing.identify(work, vault.master, responsible, person, at=at)
    await staffing.add_practice(work, Practice.read(practice, staff, fields), at)
    keys = await vault.found(work, practice, at)
    await staffing.set_carrier(work, keys, carrier)
    await staffing.add_membership(work, practice, staff, "practice_admin", at=at, by=SYSTEM)
    for number in numbers:
        named = PracticeNumber(NumberId(fresh_id(clock)), number.e164)
        await staffing.add_number(work, practice, named, carrier.account_sid, at)
    await audit.record(
        work,
        practice,
        at,
        actor="system",
        action="practice.create",
        subject="practice",
        subject_id=practice,
    )
    return Created(practice, staff, carrier.account_sid), keys


async def change_carrier(
    database: Database,
    vault: Vault,
    clock: Clock,
    *,
    practice: PracticeId,
    change: CarrierChange,
    by: By = SYSTEM,
) -> bool:
    """Change a practice's account with its carrier; say whether there was anything to change."""
    at, keys = clock.now(), await vault.keys(practice)

    async def act(work: Work) -> bool:
        login = await staffing.lock_carrier(work, keys)
        if login is None:
            raise NoCarrierAccount
        changed = change.applied(login)
        if changed == login:
            return False
        await staffing.set_carrier(work, keys, changed)
        await audit.record(
            work,
            practice,
            at,
            actor=by.actor,
            actor_id=by.actor_id,
            action="practice.change_carrier",
            subject="practice",
            subject_id=practice,
        )
        return True

    return await database.again(act, [practice], practice)


async def create_staff(
    database: Database,
    vault: Vault,
    clock: Clock,
    *,
    practice: PracticeId,
    staff: NewStaff,
    role: Role,
    by: By = SYSTEM,
) -> StaffId:
    """Let somebody work in a practice; who has this address already joins with it."""
    person, at = StaffId(fresh_id(clock)), clock.now()

    async def act(work: Work) -> StaffId:
        await staffing.get_practice(work, practice)
        found = await staffing.identify(work, vault.master, staff, person, at=at)
        await staffing.add_membership(work, practice, found, role, at=at, by=by)
        return found

    return await database.again(act, [practice], practice)


async def find_practice(owner: Database, named: str) -> PracticeId:
    """Return the practice with this id, or this name if only one has it; unnamed, the only one.

    `owner` is the owner's database: no other login may list practices.
    """
    wanted = named.strip().casefold()
    async with owner.work() as work:
        every = await staffing.all_practices(work)
    if not every:
        raise UnknownPractice
    async with owner.work(every) as work:
        names = await staffing.names_of(work, every)
    found = [p for p, name in names.items() if wanted in ("", str(p), name.casefold())]
    if not found:
        raise UnknownPractice
    if len(found) > 1:
        raise AmbiguousPractice
    return found[0]


async def member(
    database: Database, vault: Vault, clock: Clock, practice: PracticeId, email: str
) -> StaffId:
    """Return who works in a practice now and has this address; UnknownStaff if nobody does."""
    address, at = EmailAddress.parse(email), clock.now()
    async with database.work([practice]) as work:
        person = await staffing.find_staff(work, vault.master, address, at)
        held = () if person is None else await staffing.memberships_of(work, person, at)
    if person is None or all(one.practice_id != practice for one in held):
        raise UnknownStaff
    return person


async def token(
    database: Database, vault: Vault, clock: Clock, email: str, minutes: int = LONGEST_TOKEN_MINUTES
) -> str:
    """Make a bearer token for somebody who works somewhere; shown once, kept as a hash."""
    if not 1 <= minutes <= LONGEST_TOKEN_MINUTES:
        raise NotTokenMinutes
    address, at = EmailAddress.parse(email), clock.now()
    text = TOKEN_MARK + base64.urlsafe_b64encode(random_bytes(TOKEN_BYTES)).rstrip(b"=").decode()
    kept = vault.master.credential_hashes("token", text)[0]
    async with database.work() as work:
        person = await staffing.find_staff(work, vault.master, address, at)
        if person is None or not await staffing.memberships_of(work, person, at):
            raise UnknownStaff
        until = at + timedelta(minutes=minutes)
        await work.call("credential_add", "token", kept, person, at, until)
    return text


async def revoke(database: Database, vault: Vault, clock: Clock, presented: str) -> bool:
    """End a token at once; say whether there was one to end."""
    at = clock.now()
    async with database.work() as work:
        ended = [
            await work.call("credential_revoke", "token", known, at)
            for known in vault.master.credential_hashes("token", presented)
        ]
    return any(ended)


async def import_patients(
    database: Database,
    vault: Vault,
    clock: Clock,
    *,
    practice: PracticeId,
    raw: bytes,
    by: By = SYSTEM,
    progress: Progress | None = None,
    told: Told | None = None,
) -> Imported:
    """Import a CSV file, all of it or nothing; BadRows lists what is wrong. Twice is once."""
    at = clock.now()
    text = csv_import.decode(raw)
    async with database.work([practice]) as work:
        zone = (await staffing.get_practice(work, practice)).time_zone
    rows, misread = csv_import.read_rows(text, at.astimezone(ZoneInfo(zone)).date())
    keys = await vault.keys(practice)

    async def act(work: Work) -> Imported:
        managers = await _care_managers(work, vault, practice, rows, clock)
        bad = misread + csv_import.unknown_managers(rows, managers)
        if bad:
            raise BadRows(bad)
        created = updated = unchanged = 0
        for batch in _batches(rows):
            ids = [row.record.external_id for row in batch]
            known = await store.lock_by_external_ids(work, keys, ids)
            plan = csv_import.plan(batch, known, managers)
            new = [
                NewPatient.of(PatientId(fresh_id(clock)), row.record, manager)
                for row, manager in plan.create
            ]
            await store.create_patients(work, keys, new, at=at, by=by)
            await store.revise_patients(work, keys, plan.update, at=at, by=by)
            if told is not None:
                for revision in plan.update:
                    await told(work, revision)
            created, updated = created + len(new), updated + len(plan.update)
            unchanged += plan.unchanged
            if batch[0] is rows[0] or batch[-1] is rows[-1]:
                # After the first batch for the import's own sake, after the last for everybody's.
                await work.call("fresh_figures")
            if progress is not None:
                progress(created + updated + unchanged, len(rows))
        return Imported(created, updated, unchanged)

    return await database.again(act, [practice], practice)


async def _care_managers(
    work: Work, vault: Vault, practice: PracticeId, rows: Sequence[ImportRow], clock: Clock
) -> dict[EmailAddress, StaffId]:
    at = clock.now()
    working: set[UUID] = {
        member.id for member in await staffing.members_of(work, practice, at) if member.active
    }
    found: dict[EmailAddress, StaffId] = {}
    for address in {row.care_manager for row in rows if row.care_manager is not None}:
        person = await staffing.find_staff(work, vault.master, address, at)
        if person in working and person is not None:
            found[address] = person
    return found


def _batches(rows: Sequence[ImportRow]) -> Iterator[Sequence[ImportRow]]:
    for start in range(0, len(rows), IMPORT_BATCH):
        yield rows[start : start + IMPORT_BATCH]
