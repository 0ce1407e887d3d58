"""The rows of the simulated carrier's ledger: words sealed, numbers hashed."""

from datetime import datetime

from sqlalchemy import Uuid, and_, bindparam, insert, select, update

from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Work
from engage.db.tables import phone, simulator_text
from engage.messaging.carrier import Text
from engage.messaging.model import SimulatedText

_PRACTICE = bindparam("practice", type_=Uuid())

_SIMULATE = Query(
    insert(simulator_text).values(
        practice_id=_PRACTICE,
        sid=bindparam("carrier_id"),
        own_id=bindparam("own"),
        from_number=bindparam("sender"),
        to_hash=bindparam("recipient"),
        body_sealed=bindparam("body"),
        at=bindparam("moment"),
    )
)
_BLANK = Query(
    update(simulator_text)
    .where(
        simulator_text.c.practice_id == _PRACTICE, simulator_text.c.sid == bindparam("carrier_id")
    )
    .values(body_sealed=bindparam("nothing"))
)
_SIMULATED = Query(
    select(simulator_text)
    .where(
        simulator_text.c.practice_id == _PRACTICE,
        simulator_text.c.to_hash == bindparam("recipient"),
    )
    .order_by(simulator_text.c.at, simulator_text.c.sid)
)
_SIMULATED_PHONE = Query(
    select(phone.c.id, phone.c.number_sealed)
    .join(
        simulator_text,
        and_(
            simulator_text.c.practice_id == phone.c.practice_id,
            simulator_text.c.to_hash == phone.c.number_hash,
        ),
    )
    .where(phone.c.practice_id == _PRACTICE, simulator_text.c.sid == bindparam("carrier_id"))
)


async def simulate(work: Work, keys: PracticeKeys, sid: str, text: Text, at: datetime) -> None:
    """Keep a text that the simulated carrier took."""
    await work.run(
        _SIMULATE,
        practice=keys.practice,
        carrier_id=sid,
        own=text.own_id,
        sender=text.from_number,
        recipient=keys.phone_hash(text.to.e164),
        body=keys.seal_text("simulator_text.body", sid, text.body),
        moment=at,
    )


async def simulated(work: Work, keys: PracticeKeys, to: str) -> list[SimulatedText]:
    """Return what the simulated carrier took for a number, oldest first."""
    rows = await work.rows(_SIMULATED, practice=keys.practice, recipient=keys.phone_hash(to))
    return [
        SimulatedText(
            sid=row["sid"],
            own_id=row["own_id"],
            from_number=row["from_number"],
            body=keys.open_text("simulator_text.body", row["sid"], row["body_sealed"]),
            at=row["at"],
        )
        for row in rows
    ]


async def simulated_recipient(work: Work, keys: PracticeKeys, sid: str) -> str | None:
    """Return the number that the simulated carrier's text went to; None if it never had it."""
    row = await work.maybe(_SIMULATED_PHONE, practice=keys.practice, carrier_id=sid)
    return None if row is None else keys.open_text("phone.number", row["id"], row["number_sealed"])


async def blank(work: Work, keys: PracticeKeys, sid: str) -> bool:
    """Blank the words of a text; False if there is no such."""
    nothing = keys.seal_text("simulator_text.body", sid, "")
    return await work.run(_BLANK, practice=keys.practice, carrier_id=sid, nothing=nothing) > 0
