"""A practice that exists: staff, patients, phones, a number and its door, all real rows.

Everything is written by the functions that write real practices, so a test stands on the rows that
the product makes, not on rows that a test thinks it makes.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from typing import Any, NamedTuple, Protocol

import asyncpg

from engage.audit import SYSTEM
from engage.clock import Clock, fresh_id
from engage.db.sealing import PracticeKeys
from engage.db.session import Database
from engage.db.vault import Vault
from engage.ids import PatientId, PracticeId, ScreeningId, StaffId
from engage.messaging.doors import Door, Doors
from engage.messaging.webhook_form import InboundText
from engage.people import bootstrap, store
from engage.people.patient import NewPatient
from engage.people.phone import PhoneNumber
from engage.people.practice import PracticeFields
from engage.people.staff import NewStaff
from engage.turns.library import Library
from engage.turns.take import Turns

LIBRARY = Library.shipped()


class SilentBell:
    """A bell that remembers how it was rung."""

    def __init__(self) -> None:
        """Start in silence."""
        self.rung: list[str] = []

    def ring(self, loop: str) -> None:
        """Remember the loop."""
        self.rung.append(loop)


class Place(NamedTuple):
    """A practice with one number, somebody responsible and one care manager."""

    id: PracticeId
    door: Door
    responsible: StaffId
    manager: StaffId

    @property
    def keys(self) -> PracticeKeys:
        """What seals and opens its columns."""
        return self.door.keys


async def open_practice(database: Database, vault: Vault, clock: Clock, index: int = 1) -> Place:
    """Found practice number `index`; its number is +1 602 555 01 and the index."""
    number = PhoneNumber.parse(f"+1602555{100 + index:04}")
    created = await bootstrap.create_practice(
        database,
        vault,
        clock,
        fields=PracticeFields(
            name=f"Desert Bloom {index}",
            texting_name="Desert Bloom",
            support_phone="+16025550199",
            time_zone="America/Phoenix",
        ),
        responsible=NewStaff.named(f"head{index}@desertbloom.example", f"Ruth Head{index}"),
        numbers=[number],
    )
    manager = await bootstrap.create_staff(
        database,
        vault,
        clock,
        practice=created.practice_id,
        staff=NewStaff.named(f"dana{index}@desertbloom.example", f"Dana Manager{index}"),
        role="care_manager",
    )
    door = await Doors(database, vault).find(number.e164, created.account_sid)
    assert door is not None
    return Place(created.practice_id, door, created.responsible_id, manager)


async def add_patient(
    database: Database,
    place: Place,
    clock: Clock,
    phone: str | None,
    name: str = "Rosa",
    **fields: Any,  # noqa: ANN401 - the fields of a NewPatient
) -> PatientId:
    """Add a patient of the care manager, with a phone."""
    patient = PatientId(fresh_id(clock))
    said: Mapping[str, Any] = {
        "external_id": f"MRN-{patient.hex[-8:]}",
        "given_name": name,
        "family_name": "Alvarez",
        "language": "en",
        "birth_date": date(1951, 3, 14),
        "time_zone": "America/Phoenix",
        "care_manager_id": place.manager,
    }
    new = NewPatient(id=patient, phone=PhoneNumber(phone) if phone else None, **{**said, **fields})
    async with database.work([place.id], place.id) as work:
        await store.create_patient(work, place.keys, new, at=clock.now(), by=SYSTEM)
    return patient


async def screen(
    turns: Turns,
    database: Database,
    place: Place,
    clock: Clock,
    patient: PatientId,
    instrument: str = "hunger-vital-sign",
) -> ScreeningId:
    """Begin a screening by text."""
    screening = ScreeningId(fresh_id(clock))
    async with database.work([place.id], place.id) as work:
        await turns.start_screening(
            work, place.id, patient, instrument, "sms", screening, place.manager
        )
    return screening


def text_from(place: Place, phone: str, body: str, sid: int | str) -> InboundText:
    """Return a text as the webhook would hand it on; `sid` makes it another text."""
    return InboundText(
        sid=f"SM{sid:032x}" if isinstance(sid, int) else sid,
        account_sid=place.door.account.account_sid,
        sender=phone,
        to=place.door.number,
        body=body,
    )


class Raw(Protocol):
    """What tests use of a bare connection."""

    async def fetch(self, sql: str, *values: object) -> list[Any]:
        """Return rows."""
        ...

    async def fetchval(self, sql: str, *values: object) -> Any:  # noqa: ANN401 - a column's value
        """Return one value."""
        ...

    async def execute(self, sql: str, *values: object) -> str:
        """Run statements."""
        ...


@asynccontextmanager
async def raw(url: str) -> AsyncGenerator[Raw]:
    """Open a bare connection, outside every pool and unit of work; as admin it sees over walls."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


LEAVES_IN_TIME = """
CREATE FUNCTION leave_in_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE message SET status = 'accepted'
    WHERE practice_id = NEW.practice_id AND line_id = NEW.line_id AND status = 'queued';
    RETURN NEW;
END $$;
CREATE TRIGGER leave_in_time BEFORE INSERT ON message
FOR EACH ROW WHEN (NEW.direction = 'in') EXECUTE FUNCTION leave_in_time();
"""


async def let_texts_leave(url: str) -> None:
    """Stand in for a worker that is never late: before a person writes, our texts have left.

    A reply to a question that has not left is nobody's answer, so tests of answers need it.
    """
    async with raw(url) as owner:
        await owner.execute(LEAVES_IN_TIME)
