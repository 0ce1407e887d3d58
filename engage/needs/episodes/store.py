"""Needs and their history: read, begun, moved on; a history is added to, never changed.

Which step follows from what is need.py's to say. Reasons are sealed on the way in. This room
refuses to decide.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    Text,
    and_,
    any_,
    bindparam,
    exists,
    insert,
    literal,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy import Uuid as UuidType
from sqlalchemy import cast as as_type
from sqlalchemy.dialects.postgresql import insert as insert_new

from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Row, Work
from engage.db.tables import answer_undone, message, need, need_event, patient, thread
from engage.ids import NeedId, PatientId, PracticeId, ReferralId, StaffId
from engage.needs.codes import Code
from engage.needs.need import Evidence, Need, Taken

PLACE = "need_event.reason"


class NeedSeen(Struct, frozen=True, kw_only=True):
    """A need with the codes that a person accepted for it."""

    need: Need
    codes: tuple[Code, ...]


class TakenSeen(Struct, frozen=True):
    """A step of a history; `withdrawn` if what it stands on was said by somebody else."""

    taken: Taken
    withdrawn: bool


# A record that was merged into another one is the same person's.
_THEIRS = need.c.patient_id.in_(
    select(patient.c.id).where(
        patient.c.practice_id == need.c.practice_id,
        or_(
            patient.c.id == bindparam("patient", type_=UuidType()),
            patient.c.merged_into == bindparam("patient", type_=UuidType()),
        ),
    )
)
_CODES = msgspec.json.Decoder(tuple[Code, ...])
_PRACTICE = need.c.practice_id == bindparam("practice")
# A risk all of whose grounds turned out to be another person's is none: answers that were undone,
# and words in a text that is no longer taken for one about this person.
_undone = or_(
    exists().where(
        answer_undone.c.practice_id == need_event.c.practice_id,
        answer_undone.c.answer_id == need_event.c.answer_id,
    ),
    and_(
        need_event.c.act == "find",
        need_event.c.answer_id.is_(None),
        need_event.c.message_id.is_not(None),
        ~exists().where(
            message.c.practice_id == need_event.c.practice_id,
            message.c.id == need_event.c.message_id,
            thread.c.practice_id == message.c.practice_id,
            thread.c.id == message.c.thread_id,
            thread.c.patient_id == need_event.c.patient_id,
        ),
    ),
)
grounded = exists().where(
    need_event.c.practice_id == need.c.practice_id,
    need_event.c.need_id == need.c.id,
    not_(_undone),
)
"""A need that is not a mere memory: something of what it stands on still holds."""
_OF_PATIENT = Query(
    select(need)
    .where(
        _PRACTICE,
        _THEIRS,
        or_(need.c.status != "risk", grounded),
    )
    .order_by(need.c.id)
)
_ONE = Query(select(need).where(_PRACTICE, need.c.id == bindparam("one")))
_ONE_LOCKED = Query(select(need).where(_PRACTICE, need.c.id == bindparam("one")).with_for_update())
_EPISODES = Query(
    select(need)
    .where(
        _PRACTICE,
        _THEIRS,
        need.c.domain == any_(bindparam("domains", type_=ARRAY(Text()))),
    )
    .order_by(need.c.id)
    .with_for_update()
)
_BEGIN = Query(
    insert_new(need)
    .values({c.name: bindparam(f"its_{c.name}", type_=c.type) for c in need.c})
    .on_conflict_do_nothing()
)
_SAVE = Query(
    update(need)
    .where(_PRACTICE, need.c.id == bindparam("one"))
    .values(
        {
            name: bindparam(f"its_{name}", type_=need.c[name].type)
            for name in ("status", "severity", "changed_at", "first", "version")
        }
    )
)
_SAVE_CODES = Query(
    update(need)
    .where(_PRACTICE, need.c.id == bindparam("one"))
    .values(
        codes=as_type(bindparam("its_codes", type_=Text()), need.c.codes.type),
        changed_at=bindparam("its_changed_at", type_=need.c.changed_at.type),
        version=need.c.version + 1,
    )
)
_ADD = Query(
    insert_new(need_event)
    .values({c.name: bindparam(f"its_{c.name}", type_=c.type) for c in need_event.c})
    .on_conflict_do_nothing()
)
_HISTORY = Query(
    select(need_event, _undone.label("withdrawn"))
    .where(
        need_event.c.practice_id == bindparam("practice"),
        need_event.c.need_id == any_(bindparam("needs", type_=ARRAY(UuidType()))),
    )
    .order_by(need_event.c.id)
)
_CODED = Query(
    insert(need_event).from_select(
        ["practice_id", "id", "need_id", "patient_id", "act", "status", "at", "by", "by_id"],
        select(
            need.c.practice_id,
            bindparam("event", type_=UuidType()),
            need.c.id,
            need.c.patient_id,
            literal("code"),
            need.c.status,
            bindparam("at", type_=need.c.changed_at.type),
            literal("staff"),
            bindparam("by_id", type_=UuidType()),
        ).where(and_(_PRACTICE, need.c.id == bindparam("one"))),
    )
)


async def of_patient(work: Work, practice: PracticeId, patient: PatientId) -> tuple[NeedSeen, ...]:
    """Return a person's needs and risks, in the order in which they came up."""
    rows = await work.rows(_OF_PATIENT, practice=practice, patient=patient)
    return tuple(_seen(row) for row in rows)


async def one(
    work: Work, practice: PracticeId, need_id: NeedId, *, lock: bool = False
) -> NeedSeen | None:
    """Return a need; locked, nobody else moves it until this transaction ends."""
    row = await work.maybe(_ONE_LOCKED if lock else _ONE, practice=practice, one=need_id)
    return None if row is None else _seen(row)


async def episodes(
    work: Work, practice: PracticeId, patient: PatientId, domains: Sequence[str]
) -> tuple[Need, ...]:
    """Return and lock every episode of some needs of a person."""
    rows = await work.rows(_EPISODES, practice=practice, patient=patient, domains=list(domains))
    return tuple(_seen(row).need for row in rows)


async def begin(work: Work, new: Need) -> bool:
    """Add an episode; False if it is there already: the same event twice begins it once."""
    columns = {f"its_{name}": value for name, value in msgspec.structs.asdict(new).items()}
    return bool(await work.run(_BEGIN, its_codes="[]", **columns))


async def save(work: Work, after: Need) -> None:
    """Write where a need stands."""
    await work.run(
        _SAVE,
        practice=after.practice_id,
        one=after.id,
        its_status=after.status,
        its_severity=after.severity,
        its_changed_at=after.changed_at,
        its_first=after.first,
        its_version=after.version,
    )


async def add(
    work: Work, practice: PracticeId, taken: Taken, keys: PracticeKeys | None = None
) -> bool:
    """Add a step to a history; False if it is there already. A reason needs the keys."""
    ground = taken.evidence
    sealed = (
        keys.seal_text(PLACE, taken.id, taken.reason) if keys is not None and taken.reason else None
    )
    return bool(
        await work.run(
            _ADD,
            its_practice_id=practice,
            its_id=taken.id,
            its_need_id=taken.need_id,
            its_patient_id=taken.patient_id,
            its_act=taken.act,
            its_status=taken.status,
            its_at=taken.at,
            its_by=taken.by,
            its_by_id=taken.by_id,
            its_rule=ground and ground.rule,
            its_rule_version=ground and ground.rule_version,
            its_answer_id=ground and ground.answer_id,
            its_message_id=ground and ground.message_id,
            its_referral_id=taken.referral_id,
            its_reason_sealed=sealed,
        )
    )


async def accept_codes(
    work: Work,
    seen: Need,
    codes: Sequence[Code],
    *,
    event: UUID,
    by: StaffId,
    at: datetime,
) -> None:
    """Write the codes that a member of staff accepted, and that they did."""
    await work.run(
        _SAVE_CODES,
        practice=seen.practice_id,
        one=seen.id,
        its_codes=msgspec.json.encode(codes).decode(),
        its_changed_at=at,
    )
    await work.run(_CODED, practice=seen.practice_id, one=seen.id, event=event, at=at, by_id=by)


async def history(work: Work, keys: PracticeKeys, needs: Sequence[NeedId]) -> tuple[TakenSeen, ...]:
    """Return the histories of some needs, oldest first."""
    rows = await work.rows(_HISTORY, practice=keys.practice, needs=list(needs))
    return tuple(TakenSeen(_taken(keys, row), row["withdrawn"]) for row in rows)


def _seen(row: Row) -> NeedSeen:
    return NeedSeen(
        need=Need(
            practice_id=row["practice_id"],
            id=NeedId(row["id"]),
            patient_id=row["patient_id"],
            domain=row["domain"],
            episode=row["episode"],
            status=row["status"],
            severity=row["severity"],
            opened_at=row["opened_at"],
            changed_at=row["changed_at"],
            first=row["first"],
            version=row["version"],
        ),
        codes=_CODES.decode(row["codes"]),
    )


def _taken(keys: PracticeKeys, row: Row) -> Taken:
    sealed, rule = row["reason_sealed"], row["rule"]
    ground = None
    if rule is not None or row["message_id"] is not None:
        ground = Evidence(
            rule=rule or "",
            rule_version=row["rule_version"] or "",
            answer_id=row["answer_id"],
            message_id=row["message_id"],
        )
    return Taken(
        id=row["id"],
        need_id=NeedId(row["need_id"]),
        patient_id=row["patient_id"],
        act=row["act"],
        status=row["status"],
        at=row["at"],
        by=row["by"],
        by_id=row["by_id"],
        evidence=ground,
        referral_id=None if row["referral_id"] is None else ReferralId(row["referral_id"]),
        reason=None if sealed is None else keys.open_text(PLACE, row["id"], sealed),
    )
