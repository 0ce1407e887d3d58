"""Where to look for whom texts don't reach, a page at a time; who it is, `reach.py` says.

A list is read in two steps: an index finds who could be on it, and the facts that `may_text` reads
decide. Who can't be read is set aside by name, so that one bad row silences nobody else. Order is
by id: it says nothing about anybody.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
)

from engage.db.session import Query, Row, Work
from engage.db.tables import (
    consent_event,
    flag,
    line,
    message,
    patient,
    phone,
    phone_state,
    phone_use,
    queue_item,
    thread,
)
from engage.errors import EngageError
from engage.ids import PatientId, PracticeId
from engage.measures.reach import LISTS, ListName, Signs, Unreached, unreached
from engage.messaging.threads.store import facts_of, texting_of

MOST_COUNTED = 100
"""A count stops here: beyond it the number tells a person nothing, and costs."""

FIRST = PatientId(UUID(int=0))
"""Before everybody."""

_log = structlog.stdlib.get_logger("engage.measures")

_PRACTICE = bindparam("practice", type_=Uuid())
_UNREADABLE = (EngageError, msgspec.MsgspecError, LookupError, TypeError, ValueError)
"""What a row that can't be read raises; that the database is away is not the row's fault."""


class Named(Struct, frozen=True, kw_only=True):
    """A person by name."""

    patient_id: PatientId
    given_name: str
    family_name: str

    def __repr__(self) -> str:
        """Hide who it is."""
        return f"{type(self).__name__}(patient_id={self.patient_id}, …)"


class Person(Named, frozen=True, kw_only=True):
    """Somebody on a list."""

    found: Unreached


class Page(Struct, frozen=True, kw_only=True):
    """Who of some candidates is on a list, who can't be read, and where the next page begins."""

    people: tuple[Person, ...]
    unreadable: tuple[Named, ...]
    next: PatientId | None


NOBODY = Page(people=(), unreadable=(), next=None)
"""The end of a list."""


def _words(*words: str) -> ColumnElement[Any]:
    return any_(literal(list(words), ARRAY(Text)))


def _of_patient(table: Any) -> tuple[ColumnElement[bool], ...]:  # noqa: ANN401 - a table or alias
    return (table.c.practice_id == patient.c.practice_id, table.c.patient_id == patient.c.id)


_THEIR_PHONE = (*_of_patient(phone_use), phone_use.c.until_at.is_(None))


def _trouble(*kinds: str) -> ColumnElement[bool]:
    return exists(
        select(phone_use.c.id)
        .join(
            phone_state,
            and_(
                phone_state.c.practice_id == phone_use.c.practice_id,
                phone_state.c.phone_id == phone_use.c.phone_id,
            ),
        )
        .where(*_THEIR_PHONE, phone_state.c.trouble == _words(*kinds))
        .correlate(patient)
    )


_open_work = (*_of_patient(queue_item), queue_item.c.closed_at.is_(None))
_undelivered = (
    select(func.min(flag.c.at))
    .join(
        queue_item,
        and_(queue_item.c.practice_id == flag.c.practice_id, queue_item.c.id == flag.c.item_id),
    )
    .where(
        *_open_work,
        queue_item.c.subject == "delivery",
        flag.c.reason == "undeliverable",
        flag.c.withdrawn_at.is_(None),
    )
    .correlate(patient)
    .scalar_subquery()
)
# What they wrote since ends the silence; it is looked for in the months since only.
_silent = (
    select(func.min(queue_item.c.opened_at))
    .join(
        flag,
        and_(flag.c.practice_id == queue_item.c.practice_id, flag.c.item_id == queue_item.c.id),
    )
    .where(
        *_open_work,
        queue_item.c.subject == "silence",
        flag.c.reason == "no-reply",
        flag.c.withdrawn_at.is_(None),
        ~exists(
            select(message.c.id)
            .join(
                thread,
                and_(
                    thread.c.practice_id == message.c.practice_id,
                    thread.c.id == message.c.thread_id,
                ),
            )
            .where(
                *_of_patient(thread),
                message.c.direction == "in",
                message.c.id >= func.month_floor(flag.c.at, type_=Uuid()),
                message.c.at > flag.c.at,
            )
            .correlate(patient, flag)
        ),
    )
    .correlate(patient)
    .scalar_subquery()
)
_NO_PHONE = ~exists(select(phone_use.c.id).where(*_THEIR_PHONE).correlate(patient))


def _said(*kinds: str) -> Any:  # noqa: ANN401 - a select
    return select(func.max(consent_event.c.at)).where(
        *_of_patient(consent_event), consent_event.c.kind == _words(*kinds)
    )


def _ever_said(*kinds: str) -> ColumnElement[bool]:
    return exists(
        select(consent_event.c.id)
        .where(*_of_patient(consent_event), consent_event.c.kind == _words(*kinds))
        .correlate(patient)
    )


_CANDIDATES: Mapping[ListName, ColumnElement[bool]] = {
    "silent": exists(
        select(queue_item.c.id)
        .where(*_open_work, queue_item.c.subject == "silence")
        .correlate(patient)
    ),
    "never-delivered": or_(
        _trouble("dead", "landline"),
        exists(
            select(queue_item.c.id)
            .where(*_open_work, queue_item.c.subject == "delivery")
            .correlate(patient)
        ),
    ),
    "opted-out": or_(
        exists(
            select(phone_use.c.id)
            .join(
                line,
                and_(
                    line.c.practice_id == phone_use.c.practice_id,
                    line.c.phone_id == phone_use.c.phone_id,
                ),
            )
            .where(*_THEIR_PHONE, line.c.opted_out_at.is_not(None))
            .correlate(patient)
        ),
        _ever_said("declined", "withdrawn"),
    ),
    "wrong-person": and_(_NO_PHONE, _ever_said("wrong-person")),
    "no-phone": _NO_PHONE,
    "doubtful": _trouble("doubtful"),
}
"""Everybody who is on a list, and perhaps some who are not."""


@cache
def _candidates(on: ListName) -> Query:
    return Query(
        select(patient.c.id)
        .where(
            patient.c.practice_id == _PRACTICE,
            patient.c.id > bindparam("after", type_=Uuid()),
            patient.c.status == "active",
            _CANDIDATES[on],
        )
        .order_by(patient.c.id)
        .limit(bindparam("most"))
    )


_ASKED_FOR = any_(bindparam("people", type_=ARRAY(Uuid())))
# Once for all of a page: phones that were taken away stand in no index.
_ended = (
    select(phone_use.c.patient_id, func.max(phone_use.c.until_at).label("at"))
    .where(phone_use.c.practice_id == _PRACTICE, phone_use.c.patient_id == _ASKED_FOR)
    .group_by(phone_use.c.patient_id)
    .subquery("ended")
)
_SIGNS = Query(
    texting_of(patient.c.id)
    .outerjoin(_ended, _ended.c.patient_id == patient.c.id)
    .add_columns(
        patient.c.id,
        patient.c.given_name,
        patient.c.family_name,
        patient.c.created_at,
        _ended.c.at.label("phone_ended_at"),
        _said("wrong-person").correlate(patient).scalar_subquery().label("wrong_person_at"),
        _said("declined", "withdrawn").correlate(patient).scalar_subquery().label("declined_at"),
        select(func.min(line.c.opted_out_at))
        .where(line.c.practice_id == phone.c.practice_id, line.c.phone_id == phone.c.id)
        .correlate(phone)
        .scalar_subquery()
        .label("opted_out_at"),
        _undelivered.label("undelivered_at"),
        _silent.label("silent_at"),
    )
    .where(
        patient.c.practice_id == _PRACTICE,
        patient.c.id == _ASKED_FOR,
    )
    .order_by(patient.c.id)
)


async def page(work: Work, practice: PracticeId, on: ListName, after: PatientId, most: int) -> Page:
    """Judge the next candidates of a list, `most` of them: a page may hold fewer, or nobody."""
    found = await work.rows(_candidates(on), practice=practice, after=after, most=most + 1)
    ids = [PatientId(row["id"]) for row in found[:most]]
    seen = await work.rows(_SIGNS, practice=practice, people=ids) if ids else []
    people: list[Person] = []
    unreadable: list[Named] = []
    for row in seen:
        try:
            judged = unreached(_signs(row))
        except _UNREADABLE as error:
            _log.warning("a patient can't be read", patient=row["id"], exc_info=error)
            unreadable.append(Named(**_name(row)))
        else:
            if judged is not None and judged.on == on:
                people.append(Person(**_name(row), found=judged))
    return Page(
        people=tuple(people),
        unreadable=tuple(unreadable),
        next=ids[-1] if len(found) > most else None,
    )


async def counts(work: Work, practice: PracticeId) -> tuple[dict[ListName, int], int]:
    """Return how many are on each list, up to MOST_COUNTED, and how many could not be read."""
    counted: dict[ListName, int] = {}
    unreadable: set[PatientId] = set()
    for on in LISTS:
        many, after = 0, FIRST
        while after is not None and many < MOST_COUNTED:
            judged = await page(work, practice, on, after, MOST_COUNTED)
            many += len(judged.people)
            unreadable |= {one.patient_id for one in judged.unreadable}
            after = judged.next
        counted[on] = min(many, MOST_COUNTED)
    return counted, min(len(unreadable), MOST_COUNTED)


def _signs(row: Row) -> Signs:
    return Signs(
        facts=facts_of(row),
        known_since=row["created_at"],
        phone_ended_at=row["phone_ended_at"],
        wrong_person_at=row["wrong_person_at"],
        opted_out_at=row["opted_out_at"],
        declined_at=row["declined_at"],
        trouble_since=row["trouble_since"],
        undelivered_at=row["undelivered_at"],
        silent_at=row["silent_at"],
    )


def _name(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ("given_name", "family_name")} | {"patient_id": row["id"]}
