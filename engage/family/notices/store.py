"""What somebody wishes to be told, and where their being told stands: one row a person.

What they have seen is about others, so it is sealed. This room refuses to keep any of it of
somebody who wishes to be told nothing.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import DateTime, Text, Uuid, and_, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Row, Work
from engage.db.tables import caregiver, family_news, line, message, patient, phone_use
from engage.family.choice import Choices
from engage.family.telling import State
from engage.ids import MessageId, PhoneId, PracticeId
from engage.people.signing.principal import CaregiverIn, Family, FamilyKind, PatientIn

_STATE = "family_news.state"

Texts = Literal["can", "stopped", "no-phone"]
"""Whether a text reaches somebody: they have a phone, and it has not said STOP."""


class Kept(Struct, frozen=True, kw_only=True):
    """One person's row."""

    person_id: UUID
    kind: FamilyKind
    choices: Choices
    version: int
    #: None: they wish to be told nothing.
    state: State | None
    text_id: MessageId | None


_PRACTICE = bindparam("practice", type_=Uuid())
_PERSON = bindparam("person", type_=Uuid())
_HERE = (family_news.c.practice_id == _PRACTICE, family_news.c.person_id == _PERSON)
_OF = Query(select(family_news).where(*_HERE))
_LOCKED = Query(select(family_news).where(*_HERE).with_for_update())
_OF_TEXT = Query(
    select(family_news).where(
        family_news.c.practice_id == _PRACTICE, family_news.c.text_id == bindparam("text")
    )
)
_put = upsert(family_news).values(
    practice_id=_PRACTICE,
    person_id=_PERSON,
    kind=bindparam("which"),
    choices=bindparam("chosen", type_=family_news.c.choices.type),
    wants=bindparam("wanted", type_=family_news.c.wants.type),
    state_sealed=bindparam("state", type_=family_news.c.state_sealed.type),
    changed_at=bindparam("moment", type_=DateTime(timezone=True)),
)
_PUT = Query(
    _put.on_conflict_do_update(
        index_elements=["practice_id", "person_id"],
        set_={
            **{name: _put.excluded[name] for name in ("choices", "wants", "state_sealed")},
            "changed_at": _put.excluded.changed_at,
            "version": family_news.c.version + 1,
        },
    ).returning(family_news.c.version)
)
# Version 0 is seen by nobody: whoever begins a row writes it on at once, or all of it is undone.
_BEGIN = Query(
    upsert(family_news)
    .values(
        practice_id=_PRACTICE,
        person_id=_PERSON,
        kind=bindparam("which"),
        choices=bindparam("chosen", type_=family_news.c.choices.type),
        wants=False,
        changed_at=bindparam("moment", type_=DateTime(timezone=True)),
        version=0,
    )
    .on_conflict_do_nothing()
)
_SAVE = Query(
    update(family_news)
    .where(*_HERE)
    .values(
        state_sealed=bindparam("state", type_=family_news.c.state_sealed.type),
        text_id=bindparam("text", type_=family_news.c.text_id.type),
    )
)
_CAREGIVER = Query(
    select(caregiver.c.given_name, caregiver.c.family_name, caregiver.c.language).where(
        caregiver.c.practice_id == _PRACTICE, caregiver.c.id == _PERSON
    )
)
_PATIENT = Query(
    select(patient.c.given_name, patient.c.family_name, patient.c.language).where(
        patient.c.practice_id == _PRACTICE, patient.c.id == _PERSON, patient.c.status == "active"
    )
)
_PHONE = Query(
    select(phone_use.c.phone_id)
    .where(
        phone_use.c.practice_id == _PRACTICE,
        or_(phone_use.c.caregiver_id == _PERSON, phone_use.c.patient_id == _PERSON),
        phone_use.c.until_at.is_(None),
    )
    .order_by(phone_use.c.from_at.desc())
    .limit(1)
)
_READERS = Query(
    select(phone_use.c.caregiver_id).where(
        phone_use.c.practice_id == _PRACTICE,
        phone_use.c.phone_id == bindparam("phone", type_=Uuid()),
        phone_use.c.caregiver_id.is_not(None),
        phone_use.c.until_at.is_(None),
    )
)
_STOPPED = Query(
    select(line.c.id)
    .where(
        line.c.practice_id == _PRACTICE,
        line.c.phone_id == bindparam("phone"),
        line.c.opted_out_at.is_not(None),
    )
    .limit(1)
)
_WAITS = Query(
    select(message.c.id).where(
        and_(message.c.practice_id == _PRACTICE, message.c.id == bindparam("text")),
        message.c.status == bindparam("queued", "queued", type_=Text()),
    )
)


async def of(work: Work, keys: PracticeKeys, person: UUID, *, lock: bool = False) -> Kept | None:
    """Return somebody's row; locked, nobody else tells them until this transaction ends."""
    row = await work.maybe(_LOCKED if lock else _OF, practice=keys.practice, person=person)
    return None if row is None else _kept(keys, row)


async def of_text(work: Work, keys: PracticeKeys, text: MessageId) -> Kept | None:
    """Return the row of whoever a text is to."""
    row = await work.maybe(_OF_TEXT, practice=keys.practice, text=text)
    return None if row is None else _kept(keys, row)


async def begin(
    work: Work,
    keys: PracticeKeys,
    person: UUID,
    kind: FamilyKind,
    choices: Choices,
    at: datetime,
) -> None:
    """Begin somebody's row unless there is one; whoever begins it at the same time waits."""
    await work.run(
        _BEGIN,
        practice=keys.practice,
        person=person,
        which=kind,
        chosen=msgspec.json.encode(choices).decode(),
        moment=at,
    )


async def put(
    work: Work,
    keys: PracticeKeys,
    person: UUID,
    kind: FamilyKind,
    choices: Choices,
    state: State | None,
    at: datetime,
) -> int:
    """Keep what somebody chose; return the version of it."""
    (row,) = await work.rows(
        _PUT,
        practice=keys.practice,
        person=person,
        which=kind,
        chosen=msgspec.json.encode(choices).decode(),
        wanted=state is not None,
        state=_sealed(keys, person, state),
        moment=at,
    )
    version: int = row["version"]
    return version


async def save(
    work: Work, keys: PracticeKeys, person: UUID, state: State, text: MessageId | None
) -> None:
    """Write where somebody's being told stands."""
    await work.run(
        _SAVE,
        practice=keys.practice,
        person=person,
        state=_sealed(keys, person, state),
        text=text,
    )


async def whoever(work: Work, practice: PracticeId, kind: FamilyKind, one: UUID) -> Family | None:
    """Return somebody as they are when they are signed in; None of a patient not in care."""
    sql, made = (_CAREGIVER, CaregiverIn) if kind == "caregiver" else (_PATIENT, PatientIn)
    row = await work.maybe(sql, practice=practice, person=one)
    if row is None:
        return None
    return made(
        practice_id=practice,
        id=one,
        given_name=row["given_name"],
        family_name=row["family_name"],
        language=row["language"],
    )


async def phone_of(work: Work, practice: PracticeId, person: UUID) -> PhoneId | None:
    """Return the phone somebody uses now."""
    row = await work.maybe(_PHONE, practice=practice, person=person)
    return None if row is None else PhoneId(row["phone_id"])


async def readers_of(work: Work, practice: PracticeId, phone: PhoneId) -> frozenset[UUID]:
    """Return the caregivers who use a phone now."""
    rows = await work.rows(_READERS, practice=practice, phone=phone)
    return frozenset(row["caregiver_id"] for row in rows)


async def texts(work: Work, practice: PracticeId, person: UUID) -> Texts:
    """Say whether a text would reach somebody."""
    phone = await phone_of(work, practice, person)
    if phone is None:
        return "no-phone"
    stopped = await work.maybe(_STOPPED, practice=practice, phone=phone)
    return "can" if stopped is None else "stopped"


async def waits(work: Work, practice: PracticeId, text: MessageId | None) -> bool:
    """Say whether a text is still in its queue."""
    return text is not None and await work.maybe(_WAITS, practice=practice, text=text) is not None


async def soon(work: Work, practice: PracticeId, person: UUID, at: datetime) -> None:
    """Have somebody's news looked at at a moment."""
    await work.call("news_soon", person, practice, at)


async def rests(work: Work, person: UUID, tries: int, at: datetime | None) -> None:
    """Look again at a moment, or never; but sooner if something came in the meantime."""
    await work.call("news_rests", person, tries, at)


def _sealed(keys: PracticeKeys, person: UUID, state: State | None) -> bytes | None:
    if state is None:
        return None
    return keys.seal_text(_STATE, person, msgspec.json.encode(state).decode())


def _kept(keys: PracticeKeys, row: Row) -> Kept:
    person, sealed = row["person_id"], row["state_sealed"]
    return Kept(
        person_id=person,
        kind=row["kind"],
        choices=msgspec.json.decode(row["choices"], type=Choices),
        version=row["version"],
        state=None
        if sealed is None
        else msgspec.json.decode(keys.open_text(_STATE, person, sealed), type=State),
        text_id=row["text_id"],
    )
