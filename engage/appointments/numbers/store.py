"""Which visit a scheduling system means by its ids, and which ids are still free.

Two hospitals count from one, so an id is its sender's own. A visit of a list that a person brought
in has no sender until one speaks of it. This room refuses to judge what is said of a visit.
"""

from uuid import UUID

from sqlalchemy import Text, and_, bindparam, nulls_last, or_, select
from sqlalchemy import Uuid as UuidType

from engage.appointments import store
from engage.appointments.store import Kept
from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Work
from engage.db.tables import appointment
from engage.ids import AppointmentId, PatientId

_HERE = appointment.c.practice_id == bindparam("practice")
_SENDER = bindparam("its_sender", type_=UuidType())
# Another system's visit may have the same id; one of no system is whoever's speaks of it first.
_OF_SENDER = or_(
    _SENDER.is_(None), appointment.c.sender_id.is_(None), appointment.c.sender_id == _SENDER
)
_BY_NUMBERS = Query(
    select(appointment.c.id)
    .where(
        _HERE,
        _OF_SENDER,
        or_(
            appointment.c.filler == bindparam("its_filler", type_=Text()),
            # One order may have many visits: with another id in the book it is another one.
            and_(
                appointment.c.placer == bindparam("its_placer", type_=Text()),
                or_(
                    appointment.c.filler.is_(None),
                    bindparam("its_filler", type_=Text()).is_(None),
                ),
            ),
        ),
    )
    # The id of the system that keeps the book comes before that of the one that asked.
    .order_by(
        nulls_last((appointment.c.filler == bindparam("its_filler", type_=Text())).desc()),
        appointment.c.sender_id.is_distinct_from(_SENDER),
        appointment.c.patient_id != bindparam("person", type_=UuidType()),
        appointment.c.id,
    )
    .limit(1)
    .with_for_update()
)
_OF_PLACER = Query(
    select(appointment.c.id).where(
        _HERE,
        appointment.c.placer == bindparam("its_placer"),
        appointment.c.sender_id.is_not_distinct_from(_SENDER),
        appointment.c.id != bindparam("one"),
    )
)


async def by_numbers(
    work: Work,
    keys: PracticeKeys,
    placer: str,
    filler: str,
    *,
    sender: UUID | None,
    person: PatientId,
) -> Kept | None:
    """Lock and return the visit of a person that a scheduling system means by its numbers.

    A list that is nobody's means whichever system's visit it is, the person's own first.
    """
    row = await work.maybe(
        _BY_NUMBERS,
        practice=keys.practice,
        its_placer=placer or None,
        its_filler=filler or None,
        its_sender=sender,
        person=person,
    )
    return None if row is None else await store.one(work, keys, AppointmentId(row["id"]))


async def is_free(
    work: Work, keys: PracticeKeys, placer: str, sender: UUID | None, visit: AppointmentId
) -> bool:
    """Say whether no other visit of a system has this id of the one that asked."""
    taken = await work.maybe(
        _OF_PLACER, practice=keys.practice, its_placer=placer, its_sender=sender, one=visit
    )
    return taken is None
