"""Appointments of a clinic's scheduling system, told to the room that keeps them.

S12 books, S13 moves, S14 and its like correct, S15 to S17 call off, S26 says that nobody came. What
the filler's status code says beside that counts too. This room refuses to apply what is about
nobody we know: a person has it.
"""

from typing import assert_never
from uuid import UUID

from engage.appointments import hearing
from engage.appointments.appointment import Reason, Status
from engage.appointments.hearing import FromClinic
from engage.clock import Clock
from engage.db.session import Work
from engage.db.vault import Vault
from engage.hl7v2.siu import Booked, Cancelled, Changed, NoShow, Rescheduled, Scheduling
from engage.ids import PracticeId
from engage.people.merging.store import known_as
from engage.people.staffing.store import get_practice
from engage.turns.take import Turns

_CODES: dict[str, Status] = {
    "BOOKED": "booked",
    "OVERBOOK": "booked",
    "PENDING": "pending",
    "WAITLIST": "waitlist",
    "ARRIVED": "arrived",
    "STARTED": "checked-in",
    "CHECKEDIN": "checked-in",
    "COMPLETE": "fulfilled",
    "COMPLETED": "fulfilled",
    "NOSHOW": "noshow",
    "CANCELLED": "cancelled",
    "CANCELED": "cancelled",
    "DC": "cancelled",
    "DELETED": "cancelled",
}
"""Filler status codes (HL7 table 0278, and what systems send beside it)."""


class Bookings:
    """What a message about an appointment does, in the caller's transaction."""

    def __init__(self, *, turns: Turns, vault: Vault, clock: Clock) -> None:
        """Take the door through which it has its consequences."""
        self._turns = turns
        self._vault = vault
        self._clock = clock

    async def hear(
        self,
        work: Work,
        practice: PracticeId,
        scheduling: Scheduling,
        cause: UUID,
        sender: UUID | None,
    ) -> bool:
        """Take what a system said of an appointment; False if it is nobody's we know."""
        said = scheduling.booking
        person = await known_as(work, practice, said.person)
        if person is None:
            return False
        await self._turns.before_turn(work, practice, person)
        status, reason = status_of(scheduling)
        told = FromClinic(
            patient_id=person,
            placer=said.placer,
            filler=said.filler,
            sender=sender,
            said_at=said.event_at,
            said_by=said.control_id,
            status=status,
            reason=reason,
            starts_at=said.starts_at,
            ends_at=said.ends_at,
            place=said.place,
        )
        keys = await self._vault.keys(practice, work)
        zone = (await get_practice(work, practice)).time_zone
        change = await hearing.hear(work, keys, told, zone, cause, self._clock.now())
        if change is None:
            return False
        await self._turns.visit_changed(work, practice, change)
        return True


def status_of(scheduling: Scheduling) -> tuple[Status | None, Reason | None]:
    """Return how a visit stands by a message, and why; None where it does not say."""
    code = _CODES.get("".join(filter(str.isalpha, scheduling.booking.status.upper())))
    match scheduling:
        case Booked():
            # "Booked", and nobody has confirmed it yet: their own word for it counts.
            return (code if code in {"pending", "waitlist"} else "booked"), None
        case Rescheduled():
            return "booked", None
        case Cancelled():
            return "cancelled", "other"
        case NoShow():
            return "noshow", None
        case Changed():
            # Their own word for where it stands, if there is one.
            return code, "other" if code == "cancelled" else None
        case _:
            assert_never(scheduling)
