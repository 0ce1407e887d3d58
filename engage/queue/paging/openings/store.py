"""The rows of notices that a restricted record was opened.

An address is opened only to be called.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Uuid as UuidType
from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from engage.db.sealing import MasterKeys
from engage.db.session import Query, Work
from engage.db.tables import glass, glass_notice, practice
from engage.ids import PatientId, PracticeId, StaffId
from engage.queue.paging.channel import ChannelName
from engage.queue.paging.leaving.store import addresses_of
from engage.queue.paging.store import Status

_HERE = bindparam("practice", type_=UuidType())
_GLASS = Query(
    select(glass.c.id, glass.c.patient_id, glass.c.staff_id, practice.c.responsible_id)
    .join(practice, practice.c.id == glass.c.practice_id)
    .where(glass.c.practice_id == _HERE, glass.c.id == bindparam("which"))
)
_ADD = Query(
    insert(glass_notice)
    .values(
        practice_id=_HERE,
        id=bindparam("new"),
        glass_id=bindparam("glass"),
        staff_id=bindparam("to"),
        channel=bindparam("by_way"),
        at=bindparam("at"),
        status=bindparam("becomes"),
        told_at=bindparam("told"),
    )
    .on_conflict_do_nothing()
)
_NOTICE = Query(
    select(
        glass_notice.c.staff_id,
        glass_notice.c.channel,
        glass_notice.c.status,
        glass.c.acknowledged_at,
    )
    .join(
        glass,
        (glass.c.practice_id == glass_notice.c.practice_id)
        & (glass.c.id == glass_notice.c.glass_id),
    )
    .where(glass_notice.c.practice_id == _HERE, glass_notice.c.id == bindparam("which"))
)
_SETTLED = Query(
    update(glass_notice)
    .where(glass_notice.c.practice_id == _HERE, glass_notice.c.id == bindparam("which"))
    .values(status=bindparam("became"), told_at=bindparam("told"))
)


class Opening(Struct, frozen=True):
    """Somebody opened a restricted record."""

    id: UUID
    patient_id: PatientId
    by: StaffId
    responsible_id: StaffId


class NoticeDue(Struct, frozen=True, kw_only=True):
    """A notice that is to leave."""

    staff_id: StaffId
    channel: ChannelName
    addresses: tuple[str, ...]
    wanted: bool

    def __repr__(self) -> str:
        """Hide the addresses."""
        return "NoticeDue(…)"


async def opening(work: Work, practice_id: PracticeId, which: UUID) -> Opening | None:
    """Return an opening, if there is one of this id."""
    row = await work.maybe(_GLASS, practice=practice_id, which=which)
    if row is None:
        return None
    return Opening(row["id"], row["patient_id"], row["staff_id"], row["responsible_id"])


async def add(
    work: Work,
    practice_id: PracticeId,
    which: UUID,
    notices: Sequence[tuple[UUID, StaffId, ChannelName]],
    at: datetime,
) -> None:
    """Write whom we tell and how: in the console at once, by other ways as soon as they leave."""
    for new, to, way in notices:
        seen = way == "console"
        added = await work.run(
            _ADD,
            practice=practice_id,
            new=new,
            glass=which,
            to=to,
            by_way=way,
            at=at,
            becomes="sent" if seen else "queued",
            told=at if seen else None,
        )
        if added and not seen:
            await work.call("due_set", "notify", new, practice_id, at)
    await work.call("due_done", "notify", which)


async def due(
    work: Work, practice_id: PracticeId, which: UUID, master: MasterKeys
) -> NoticeDue | None:
    """Return a notice that is to leave, with the addresses it goes to."""
    row = await work.maybe(_NOTICE, practice=practice_id, which=which)
    if row is None:
        return None
    return NoticeDue(
        staff_id=row["staff_id"],
        channel=row["channel"],
        addresses=await addresses_of(work, row["channel"], row["staff_id"], master),
        wanted=row["status"] in {"queued", "refused"} and row["acknowledged_at"] is None,
    )


async def settled(
    work: Work,
    practice_id: PracticeId,
    which: UUID,
    became: Status,
    at: datetime,
    *,
    again: bool = False,
) -> None:
    """Note what became of a notice; one that another try may bring there stays due."""
    told = at if became == "sent" else None
    await work.run(_SETTLED, practice=practice_id, which=which, became=became, told=told)
    if not again:
        await work.call("due_done", "notify", which)
