"""Where a visit by video takes place, sealed in the row of the visit. This room refuses to decide.

Whoever knows the address may walk in, so it is in no list and in no answer; a link of ours leads to
it while the visit is on.
"""

from sqlalchemy import LargeBinary, Uuid, bindparam, select, update

from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Work
from engage.db.tables import appointment
from engage.ids import AppointmentId

ADDRESS = "appointment.telehealth"

_HERE = (
    appointment.c.practice_id == bindparam("practice", type_=Uuid()),
    appointment.c.id == bindparam("one", type_=Uuid()),
)
_SET = Query(
    update(appointment)
    .where(*_HERE)
    .values(telehealth_sealed=bindparam("sealed", type_=LargeBinary()))
)
_GET = Query(select(appointment.c.telehealth_sealed).where(*_HERE))


async def set_address(
    work: Work, keys: PracticeKeys, visit: AppointmentId, address: str | None
) -> None:
    """Write down where a visit by video takes place; None: nowhere any more."""
    sealed = None if address is None else keys.seal_text(ADDRESS, visit, address)
    await work.run(_SET, practice=keys.practice, one=visit, sealed=sealed)


async def address_of(work: Work, keys: PracticeKeys, visit: AppointmentId) -> str | None:
    """Return where a visit by video takes place; None if it is none."""
    row = await work.maybe(_GET, practice=keys.practice, one=visit)
    sealed = None if row is None else row["telehealth_sealed"]
    return None if sealed is None else keys.open_text(ADDRESS, visit, sealed)
