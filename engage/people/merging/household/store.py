"""Errands and documents of a family go along when the record they are about is merged.

They are one list in one app: two halves under two records would hide one of them. Where the person
themselves holds an errand, wrote it down or was offered it, they go on doing so. What was done
about it since stays when a merger is undone. This room refuses to close or to open anything.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Table, Uuid, any_, bindparam, case, update

from engage.db.session import Query, Work
from engage.db.tables import errand, family_document
from engage.ids import PatientId, PracticeId

_HERE = bindparam("practice", type_=Uuid())
_FROM = bindparam("whose", type_=Uuid())
_TO = bindparam("whose_now", type_=Uuid())
_SOME = any_(bindparam("some", type_=ARRAY(Uuid())))
_PEOPLE = ("holder_id", "offered_to", "made_by")


def _move(table: Table, people: tuple[str, ...], *which: ColumnElement[bool]) -> Query:
    """Return what gives rows to another record, the person in them too."""
    named = {one: case((table.c[one] == _FROM, _TO), else_=table.c[one]) for one in people}
    counted = {"version": table.c.version + 1} if "version" in table.c else {}
    return Query(
        update(table)
        .where(table.c.practice_id == _HERE, table.c.patient_id == _FROM, *which)
        .values(patient_id=_TO, **named, **counted)
        .returning(table.c.id)
    )


_ERRANDS, _DOCUMENTS = _move(errand, _PEOPLE), _move(family_document, ())
_GIVE_ERRANDS = _move(errand, _PEOPLE, errand.c.id == _SOME)
_GIVE_DOCUMENTS = _move(family_document, (), family_document.c.id == _SOME)


async def move(work: Work, practice: PracticeId, one: PatientId, into: PatientId) -> dict[str, Any]:
    """Let the kept record have them; return which they were."""
    known = {"practice": practice, "whose": one, "whose_now": into}
    errands = await work.rows(_ERRANDS, **known)
    documents = await work.rows(_DOCUMENTS, **known)
    return {
        "errands": [row["id"] for row in errands],
        "documents": [row["id"] for row in documents],
    }


async def give_back(
    work: Work,
    practice: PracticeId,
    one: PatientId,
    into: PatientId,
    changed: Mapping[str, Any],
) -> None:
    """Put back those that came from the other record; mergers of before moved none."""
    known = {"practice": practice, "whose": into, "whose_now": one}
    for sql, name in ((_GIVE_ERRANDS, "errands"), (_GIVE_DOCUMENTS, "documents")):
        some = [UUID(one_id) for one_id in changed.get(name, ())]
        if some:
            await work.rows(sql, some=some, **known)
