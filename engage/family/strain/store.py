"""What caregivers said of themselves, each to themselves alone; taken back when they like.

This room refuses to read by anything but who said it.
"""

import msgspec
from sqlalchemy import Uuid, bindparam, delete, insert, select

from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Row, Work
from engage.db.tables import strain_check
from engage.family.strain import StrainCheck
from engage.ids import CaregiverId

_ANSWERS = "strain_check.answers"
_DECODER = msgspec.json.Decoder(dict[str, str])
_OWN = (
    strain_check.c.practice_id == bindparam("practice", type_=Uuid()),
    strain_check.c.caregiver_id == bindparam("caregiver", type_=Uuid()),
)
_ADD = Query(
    insert(strain_check).values(
        {c.name: bindparam(f"its_{c.name}", type_=c.type) for c in strain_check.c}
    )
)
_MINE = Query(
    select(strain_check)
    .where(*_OWN)
    .order_by(strain_check.c.at.desc(), strain_check.c.id.desc())
    .limit(bindparam("most"))
)
_FORGET = Query(delete(strain_check).where(*_OWN))


async def add(work: Work, keys: PracticeKeys, new: StrainCheck) -> None:
    """Keep what a caregiver said of themselves."""
    names = (c.name for c in strain_check.c if c.name != "answers_sealed")
    plain = msgspec.json.encode(new.answers).decode()
    await work.run(
        _ADD,
        its_answers_sealed=keys.seal_text(_ANSWERS, new.id, plain),
        **{f"its_{name}": getattr(new, name) for name in names},
    )


async def of_caregiver(
    work: Work, keys: PracticeKeys, mine: CaregiverId, most: int
) -> tuple[StrainCheck, ...]:
    """Return what a caregiver said, the newest first."""
    rows = await work.rows(_MINE, practice=keys.practice, caregiver=mine, most=most)
    return tuple(_check(keys, row) for row in rows)


async def forget(work: Work, keys: PracticeKeys, mine: CaregiverId) -> None:
    """Forget all that a caregiver said of themselves; what they told the team stays told."""
    await work.run(_FORGET, practice=keys.practice, caregiver=mine)


def _check(keys: PracticeKeys, row: Row) -> StrainCheck:
    return StrainCheck(
        practice_id=row["practice_id"],
        id=row["id"],
        caregiver_id=CaregiverId(row["caregiver_id"]),
        at=row["at"],
        script_version=row["script_version"],
        answers=_DECODER.decode(keys.open_text(_ANSWERS, row["id"], row["answers_sealed"])),
        told=row["told"],
    )
