"""Practices and their staff in the database: who works where, in which role, and who covers.

A person is found by the keyed hash of their address, over all practices, and joins a practice by a
membership. Every change writes its audit entry here. This room refuses to leave a practice without
an active member or without the person responsible for it, and it never returns an address.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import (
    Uuid,
    any_,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.dialects.postgresql import insert as insert_or

from engage import audit
from engage.audit import By
from engage.db.sealing import MasterKeys, PracticeKeys
from engage.db.session import Query, Work
from engage.db.tables import cover, door, membership, practice, practice_number, staff
from engage.errors import Conflict, NotFound
from engage.ids import CoverId, NumberId, PracticeId, StaffId, derived
from engage.people.fields import EmailAddress
from engage.people.practice import (
    SHOW_TEXTING_HOURS,
    BusinessHours,
    CarrierLogin,
    NumberTaken,
    Practice,
    PracticeNumber,
)
from engage.people.register.store import need_active
from engage.people.staff import (
    Cover,
    LastMember,
    Membership,
    NewStaff,
    NotACover,
    ResponsiblePerson,
    Role,
    Staff,
    UnknownStaff,
)

_NUMBERS_FIELD = "/numbers"
_LOCALLY = True  # set_config's third argument: only in this transaction
_HERE = bindparam("practice", type_=Uuid())
_NOW = bindparam("at", type_=membership.c.from_at.type)
_current = (
    membership.c.from_at <= _NOW,
    or_(membership.c.until_at.is_(None), membership.c.until_at > _NOW),
)

_ADD_PRACTICE = Query(
    insert(practice).values(
        {
            c.name: bindparam(c.name)
            for c in practice.c
            if c.name not in ("account_sid", "carrier_sealed") and c.server_default is None
        }
    )
)
_SET_CARRIER = Query(
    update(practice)
    .where(practice.c.id == _HERE)
    .values(account_sid=bindparam("account"), carrier_sealed=bindparam("sealed"))
)
_PRACTICE = Query(select(practice).where(practice.c.id == _HERE))
_LOCK_CARRIER = Query(
    select(practice.c.carrier_sealed).where(practice.c.id == _HERE).with_for_update(key_share=True)
)
_LOCK_PRACTICE = Query(
    select(practice.c.responsible_id).where(practice.c.id == _HERE).with_for_update(key_share=True)
)
_NAMED = Query(
    select(practice.c.id, practice.c.name).where(
        practice.c.id == any_(bindparam("practices", type_=ARRAY(Uuid())))
    )
)
_FOR_SHOW = Query(
    select(practice.c.id)
    .where(
        practice.c.id == any_(bindparam("practices", type_=ARRAY(Uuid()))),
        practice.c.texting_hours == SHOW_TEXTING_HOURS,
    )
    .limit(1)
)
_ALL_PRACTICES = Query(select(door.c.practice_id).distinct())
_ADD_NUMBER = Query(
    insert(practice_number).values(
        practice_id=_HERE, id=bindparam("number_id"), number=bindparam("number"), created_at=_NOW
    )
)
_NUMBERS = Query(
    select(practice_number)
    .where(practice_number.c.practice_id == _HERE)
    .order_by(practice_number.c.created_at, practice_number.c.id)
)
_ADD_STAFF = Query(
    # Without a named constraint: naming one asks the policy for reading, and nobody may read a
    # person before they are a member.
    insert_or(staff).values({c.name: bindparam(c.name) for c in staff.c}).on_conflict_do_nothing()
)
_ADD_MEMBERSHIP = Query(
    insert_or(membership)
    .values(practice_id=_HERE, staff_id=bindparam("person"), role=bindparam("role"), from_at=_NOW)
    .on_conflict_do_nothing()
)
_END_MEMBERSHIP = Query(
    update(membership)
    .where(
        membership.c.practice_id == _HERE,
        membership.c.staff_id == bindparam("person"),
        membership.c.role == bindparam("role"),
        *_current,
    )
    .values(until_at=_NOW)
)
_ROLES = Query(
    select(membership)
    .join_from(membership, staff, staff.c.id == membership.c.staff_id)
    .where(membership.c.practice_id == _HERE, *_current, staff.c.active)
)
_OWN = Query(
    select(membership)
    .join_from(membership, staff, staff.c.id == membership.c.staff_id)
    .where(membership.c.staff_id == bindparam("person"), *_current, staff.c.active)
    .order_by(membership.c.practice_id, membership.c.role)
)
_MEMBERS = Query(
    select(
        staff.c.id,
        staff.c.given_name,
        staff.c.family_name,
        staff.c.active,
        func.array_agg(aggregate_order_by(membership.c.role, membership.c.role)).label("roles"),
    )
    .join_from(membership, staff, staff.c.id == membership.c.staff_id)
    .where(membership.c.practice_id == _HERE, *_current)
    .group_by(staff.c.id)
    .order_by(staff.c.family_name, staff.c.given_name, staff.c.id)
)
_ADD_COVER = Query(
    insert(cover).values(
        practice_id=_HERE, **{c.name: bindparam(c.name) for c in list(cover.c)[1:]}
    )
)
_COVERS = Query(
    select(cover)
    .where(cover.c.practice_id == _HERE, cover.c.until_at > _NOW)
    .order_by(cover.c.from_at, cover.c.id)
)


async def add_practice(work: Work, new: Practice, at: datetime) -> None:
    """Write a practice; its responsible person exists already, its keys come next."""
    fields = msgspec.structs.asdict(new)
    del fields["version"]
    fields["business_hours"] = msgspec.json.encode(new.business_hours).decode()
    fields["languages"] = list(new.languages)
    await work.run(_ADD_PRACTICE, created_at=at, **fields)


async def set_carrier(work: Work, keys: PracticeKeys, login: CarrierLogin) -> None:
    """Seal the practice's account with its carrier."""
    sealed = keys.seal("practice.carrier", keys.practice, msgspec.json.encode(login))
    await work.run(_SET_CARRIER, practice=keys.practice, account=login.account_sid, sealed=sealed)


async def lock_carrier(work: Work, keys: PracticeKeys) -> CarrierLogin | None:
    """Lock the practice and return its account with the carrier, if it has one."""
    row = await work.maybe(_LOCK_CARRIER, practice=keys.practice)
    if row is None or row["carrier_sealed"] is None:
        return None
    raw = keys.open("practice.carrier", keys.practice, row["carrier_sealed"])
    return msgspec.json.decode(raw, type=CarrierLogin)


async def add_number(
    work: Work, practice_id: PracticeId, number: PracticeNumber, account_sid: str, at: datetime
) -> None:
    """Give the practice a number, and hang its door: texts to it are for this practice."""
    if await work.table("door_open", number.number, account_sid):
        raise NumberTaken(_NUMBERS_FIELD)
    await work.run(
        _ADD_NUMBER, practice=practice_id, number_id=number.id, number=number.number, at=at
    )
    await work.call("door_hang", number.number, account_sid, practice_id, number.id)


async def get_practice(work: Work, practice_id: PracticeId) -> Practice:
    """Return a practice; NotFound if there is none in scope."""
    row = await work.maybe(_PRACTICE, practice=practice_id)
    if row is None:
        raise NotFound
    return Practice(
        id=practice_id,
        name=row["name"],
        texting_name=row["texting_name"],
        support_phone=row["support_phone"],
        time_zone=row["time_zone"],
        business_hours=msgspec.json.decode(row["business_hours"], type=BusinessHours),
        holidays=row["holidays"],
        languages=tuple(row["languages"]),
        responsible_id=StaffId(row["responsible_id"]),
        texting_hours=row["texting_hours"],
        texts_a_day=row["texts_a_day"],
        texts_a_week=row["texts_a_week"],
        version=row["version"],
    )


async def any_for_show(work: Work, practices: Sequence[PracticeId]) -> bool:
    """Say whether one of these practices, all in scope, texts all day because nobody is real."""
    return await work.maybe(_FOR_SHOW, practices=list(practices)) is not None


async def numbers_of(work: Work, practice_id: PracticeId) -> tuple[PracticeNumber, ...]:
    """Return the numbers a practice texts from, oldest first."""
    rows = await work.rows(_NUMBERS, practice=practice_id)
    return tuple(PracticeNumber(NumberId(row["id"]), row["number"]) for row in rows)


async def all_practices(work: Work) -> tuple[PracticeId, ...]:
    """Return every practice that has a number; only the owner's login may ask."""
    return tuple(PracticeId(row["practice_id"]) for row in await work.rows(_ALL_PRACTICES))


async def names_of(work: Work, practices: Sequence[PracticeId]) -> dict[PracticeId, str]:
    """Return the names of practices in scope."""
    rows = await work.rows(_NAMED, practices=list(practices))
    return {PracticeId(row["id"]): row["name"] for row in rows}


async def find_staff(
    work: Work, master: MasterKeys, email: EmailAddress, at: datetime
) -> StaffId | None:
    """Return whose address this is, in whatever practice they work."""
    for known in master.credential_hashes("email", email.text):
        person = await work.call("credential_find", "email", known, at)
        if person is not None:
            return StaffId(person)
    return None


async def identify(
    work: Work, master: MasterKeys, new: NewStaff, staff_id: StaffId, *, at: datetime
) -> StaffId:
    """Return the person with this address, made with the id given if there is none.

    Who exists keeps their name: another practice does not rename them.
    """
    known = await find_staff(work, master, new.email, at)
    if known is not None:
        return known
    email_hash = master.credential_hashes("email", new.email.text)[0]
    made = await work.run(
        _ADD_STAFF,
        id=staff_id,
        given_name=new.given_name,
        family_name=new.family_name,
        email_hash=email_hash,
        email_sealed=master.seal_global("staff.email", staff_id, new.email.text),
        active=True,
        created_at=at,
    )
    if not made:
        raise Conflict
    await work.call("credential_add", "email", email_hash, staff_id, at, None)
    return staff_id


async def add_membership(
    work: Work, practice_id: PracticeId, staff_id: StaffId, role: Role, *, at: datetime, by: By
) -> None:
    """Let somebody work in a practice from now on; holding the role already is no change."""
    roles = await work.rows(_ROLES, practice=practice_id, at=at)
    if any(row["staff_id"] == staff_id and row["role"] == role for row in roles):
        return
    await work.run(_ADD_MEMBERSHIP, practice=practice_id, person=staff_id, role=role, at=at)
    await _record(work, practice_id, at, by, "membership.begin", staff_id)


async def end_membership(
    work: Work, practice_id: PracticeId, staff_id: StaffId, role: Role, *, at: datetime, by: By
) -> None:
    """End a role; ResponsiblePerson or LastMember if the practice would be left alone."""
    row = await work.maybe(_LOCK_PRACTICE, practice=practice_id)
    if row is None:
        raise NotFound
    roles = await work.rows(_ROLES, practice=practice_id, at=at)
    if not any(r["staff_id"] == staff_id and r["role"] == role for r in roles):
        raise UnknownStaff
    left = {r["staff_id"] for r in roles if (r["staff_id"], r["role"]) != (staff_id, role)}
    if not left:
        raise LastMember
    if row["responsible_id"] == staff_id and staff_id not in left:
        raise ResponsiblePerson
    await work.run(_END_MEMBERSHIP, practice=practice_id, person=staff_id, role=role, at=at)
    if staff_id not in left:
        gone = derived(at, staff_id, f"left/{practice_id}")
        await work.call("due_set", "cover", gone, practice_id, at)
    await _record(work, practice_id, at, by, "membership.end", staff_id)


async def members_of(work: Work, practice_id: PracticeId, at: datetime) -> tuple[Staff, ...]:
    """Return who works in a practice at this moment, by name."""
    rows = await work.rows(_MEMBERS, practice=practice_id, at=at)
    return tuple(
        Staff(
            id=StaffId(row["id"]),
            given_name=row["given_name"],
            family_name=row["family_name"],
            active=row["active"],
            roles=tuple(row["roles"]),
        )
        for row in rows
    )


async def memberships_of(work: Work, staff_id: StaffId, at: datetime) -> tuple[Membership, ...]:
    """Return where somebody active works now; for a transaction without a practice's scope."""
    await work.call("set_config", "engage.practices", "{}", _LOCALLY)
    await work.call("set_config", "engage.staff", str(staff_id), _LOCALLY)
    rows = await work.rows(_OWN, person=staff_id, at=at)
    return tuple(
        Membership(
            practice_id=PracticeId(row["practice_id"]),
            staff_id=staff_id,
            role=row["role"],
            from_at=row["from_at"],
            until_at=row["until_at"],
        )
        for row in rows
    )


async def add_cover(
    work: Work, practice_id: PracticeId, new: Cover, *, at: datetime, by: By
) -> None:
    """Let one member answer for another's work for a time."""
    if new.absent_id == new.cover_id or new.from_at >= new.until_at:
        raise NotACover
    await need_active(work, practice_id, [new.absent_id], at, "/absent_id")
    await need_active(work, practice_id, [new.cover_id], at, "/cover_id")
    await work.run(_ADD_COVER, practice=practice_id, **msgspec.structs.asdict(new))
    # What the absent person owns goes to who covers, at that moment.
    await work.call("due_set", "cover", new.id, practice_id, max(new.from_at, at))
    await audit.record(
        work,
        practice_id,
        at,
        actor=by.actor,
        actor_id=by.actor_id,
        action="cover.create",
        subject="cover",
        subject_id=new.id,
    )


async def covers_of(work: Work, practice_id: PracticeId, at: datetime) -> tuple[Cover, ...]:
    """Return the cover that is or will be, in order of time."""
    return tuple(
        Cover(
            id=CoverId(row["id"]),
            absent_id=StaffId(row["absent_id"]),
            cover_id=StaffId(row["cover_id"]),
            from_at=row["from_at"],
            until_at=row["until_at"],
        )
        for row in await work.rows(_COVERS, practice=practice_id, at=at)
    )


async def _record(
    work: Work, practice_id: PracticeId, at: datetime, by: By, action: str, staff_id: StaffId
) -> None:
    await audit.record(
        work,
        practice_id,
        at,
        actor=by.actor,
        actor_id=by.actor_id,
        action=action,
        subject="staff",
        subject_id=staff_id,
    )
