"""What a one-time page reads beside the screening: its conversation, who answers, and dangers.

This room refuses to change anything when a page is looked at: link previews look at it too.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Uuid, bindparam, select, update

from engage.conversation.states import State
from engage.db.session import Query, Work
from engage.db.tables import (
    check_in,
    check_in_plan,
    conversation,
    patient,
    practice,
    queue_item,
    screening,
    thread,
)
from engage.ids import CaregiverId, ConversationId, PatientId, PracticeId, ScreeningId, derived
from engage.turns.context import Language
from engage.turns.needing import HELP, is_helping
from engage.turns.page_links import KIND


class Linked(Struct, frozen=True):
    """What a link leads to."""

    practice_id: PracticeId
    screening_id: ScreeningId
    usable: bool


class Helping(Struct, frozen=True):
    """The open question whether somebody wants help."""

    id: ConversationId
    script: str
    language: Language
    state: State


_HERE = bindparam("practice", type_=Uuid())
_PUT_IN = Query(
    update(screening)
    .where(screening.c.practice_id == _HERE, screening.c.id == bindparam("screening"))
    .values(language=bindparam("spoken"), version=screening.c.version + 1)
)
_ANSWERER = Query(
    select(check_in_plan.c.answerer_id)
    .join(
        check_in,
        (check_in.c.practice_id == check_in_plan.c.practice_id)
        & (check_in.c.plan_id == check_in_plan.c.id),
    )
    .where(check_in.c.practice_id == _HERE, check_in.c.screening_id == bindparam("screening"))
)
_SCRIPT = Query(
    select(conversation.c.script).where(
        conversation.c.practice_id == _HERE,
        conversation.c.screening_id == bindparam("screening"),
    )
)
_HELPING = Query(
    select(
        conversation.c.id,
        conversation.c.script,
        conversation.c.language,
        conversation.c.state,
        conversation.c.started_at,
    )
    .join(
        thread,
        (thread.c.practice_id == conversation.c.practice_id)
        & (thread.c.id == conversation.c.thread_id),
    )
    .where(
        conversation.c.practice_id == _HERE,
        conversation.c.open,
        thread.c.patient_id == bindparam("person"),
    )
    .order_by(conversation.c.id.desc())
)
_CRISIS = Query(
    select(queue_item.c.id)
    .where(
        queue_item.c.practice_id == _HERE,
        queue_item.c.about_id == bindparam("person"),
        queue_item.c.subject == "crisis",
        queue_item.c.severity == "crisis",
        queue_item.c.closed_at.is_(None),
    )
    .limit(1)
)
_IN_CARE = Query(
    select(patient.c.id).where(
        patient.c.practice_id == _HERE,
        patient.c.id == bindparam("person"),
        patient.c.status == "active",
    )
)
_CALLED = Query(
    select(practice.c.texting_name, practice.c.support_phone).where(practice.c.id == _HERE)
)
_STATE: msgspec.json.Decoder[State] = msgspec.json.Decoder(State)


async def follow(work: Work, hashes: Sequence[bytes], at: datetime) -> Linked | None:
    """Return what a link leads to, used up or not; None if there never was one."""
    rows = await work.table("link_open", KIND, list(hashes), at)
    found = next(iter(rows), None)
    if found is None:
        return None
    return Linked(
        PracticeId(found["practice_id"]), ScreeningId(found["subject_id"]), found["usable"]
    )


async def called(work: Work, practice_id: PracticeId) -> tuple[str, str]:
    """Return how a practice is called in texts, and the number that a person answers."""
    row = await work.maybe(_CALLED, practice=practice_id)
    return ("", "") if row is None else (row["texting_name"], row["support_phone"])


async def answerer(
    work: Work, practice_id: PracticeId, screening_id: ScreeningId
) -> CaregiverId | None:
    """Return the caregiver who answers for the person, if one does."""
    row = await work.maybe(_ANSWERER, practice=practice_id, screening=screening_id)
    return None if row is None else row["answerer_id"]


async def script_of(work: Work, practice_id: PracticeId, screening_id: ScreeningId) -> str | None:
    """Return by which script a screening is asked on a phone, if it is."""
    row = await work.maybe(_SCRIPT, practice=practice_id, screening=screening_id)
    return None if row is None else row["script"]


async def helping(
    work: Work, practice_id: PracticeId, person: PatientId, screening_id: ScreeningId
) -> Helping | None:
    """Return the open question whether somebody wants help with what this screening found.

    Another screening's is not shown: who holds an old link, a caregiver perhaps, learns nothing.
    """
    for row in await work.rows(_HELPING, practice=practice_id, person=person):
        own = derived(row["started_at"], screening_id, HELP)
        if is_helping(row["script"]) and row["id"] == own:
            state = _STATE.decode(row["state"])
            return Helping(row["id"], row["script"], row["language"], state)
    return None


async def in_care(work: Work, practice_id: PracticeId, person: PatientId) -> bool:
    """Say whether somebody is still asked at all: not who left, died or is another record now."""
    return await work.maybe(_IN_CARE, practice=practice_id, person=person) is not None


async def in_crisis(work: Work, practice_id: PracticeId, person: PatientId) -> bool:
    """Say whether a crisis is open about somebody: then nobody is asked anything."""
    return await work.maybe(_CRISIS, practice=practice_id, person=person) is not None


async def put_in(
    work: Work, practice: PracticeId, screening_id: ScreeningId, language: str
) -> None:
    """Write in which language a screening goes on."""
    await work.run(_PUT_IN, practice=practice, screening=screening_id, spoken=language)
