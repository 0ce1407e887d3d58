"""The SQL of a turn: two function calls around one decision.

Opening returns what the decision needs, saving takes what it says; both are database functions (see
0001_house/07_turn.sql), because the Python process is the bottleneck, not PostgreSQL. Words are
sealed on the way in. This room refuses to decide.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, any_, bindparam, exists, select
from sqlalchemy import Uuid as UuidType
from sqlalchemy import update as update_rows

from engage.conversation.answers import Answer
from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Work
from engage.db.tables import (
    answer,
    answer_undone,
    conversation,
    line,
    message,
    patient,
    queue_item,
    screening,
    thread,
    timer,
)
from engage.errors import EngageError
from engage.ids import (
    LineId,
    MessageId,
    PatientId,
    PracticeId,
    QueueItemId,
    ScreeningId,
    ThreadId,
    TimerId,
    born,
)
from engage.messaging.threads import store as threads
from engage.turns import ledger, needs_ledger, rescreens_ledger, standing, talking
from engage.turns.context import Part, ScreeningAsked, TurnContext
from engage.turns.decision import Decision
from engage.turns.found import Inbound, Recorded, Sealed, Sent, TimerDue
from engage.turns.limits import with_limits
from engage.turns.rows import answer_of, rows_of
from engage.turns.sharing import with_shared


class TurnFailed(EngageError):  # noqa: N818 - reads as a sentence
    """The turn could not be saved; it will be tried again."""

    def __init__(self, state: str) -> None:
        """Remember the SQLSTATE that undid it: five letters, no data."""
        super().__init__()
        self.state = state


_CONTEXT = msgspec.json.Decoder(TurnContext)
_RECORDED = msgspec.json.Decoder(Recorded)
_JOINING = msgspec.json.Decoder(frozenset[UUID])
_BURST = msgspec.json.Decoder(tuple[Sealed, ...])

_INBOUND = Query(
    select(
        message.c.id,
        message.c.line_id,
        message.c.body_sealed,
        message.c.opt_out_type,
        message.c.media_count,
        message.c.at,
        message.c.handled_at,
    ).where(
        message.c.practice_id == bindparam("practice"),
        message.c.id == bindparam("message"),
        message.c.direction == "in",
    )
)
_TIMER = Query(
    select(timer.c.id, timer.c.conversation_id, timer.c.name, timer.c.step, thread.c.line_id)
    .join(
        conversation,
        (conversation.c.practice_id == timer.c.practice_id)
        & (conversation.c.id == timer.c.conversation_id),
    )
    .join(
        thread,
        (thread.c.practice_id == conversation.c.practice_id)
        & (thread.c.id == conversation.c.thread_id),
    )
    .where(timer.c.practice_id == bindparam("practice"), timer.c.id == bindparam("timer"))
)
_SENT = Query(
    select(
        message.c.id,
        message.c.line_id,
        message.c.thread_id,
        message.c.conversation_id,
        message.c.text_key,
        message.c.status,
        message.c.status_reason,
        message.c.author,
        message.c.at,
        message.c.kind,
        message.c.not_after,
        thread.c.patient_id,
    )
    .outerjoin(
        thread,
        (thread.c.practice_id == message.c.practice_id) & (thread.c.id == message.c.thread_id),
    )
    .where(
        message.c.practice_id == bindparam("practice"),
        message.c.id == bindparam("message"),
        message.c.direction == "out",
    )
)
_LINE_OF_THREAD = Query(
    select(thread.c.line_id, thread.c.patient_id).where(
        thread.c.practice_id == bindparam("practice"), thread.c.id == bindparam("thread")
    )
)
_OF_PATIENT = thread.c.patient_id == bindparam("patient")
_LINES_OF_PATIENT = Query(
    select(thread.c.line_id)
    .where(thread.c.practice_id == bindparam("practice"), _OF_PATIENT)
    .order_by(thread.c.line_id)
)
_LOCK_LINES = Query(
    select(line.c.id)
    .where(
        line.c.practice_id == bindparam("practice"),
        line.c.id == any_(bindparam("lines", type_=ARRAY(UuidType))),
    )
    .order_by(line.c.id)
    .with_for_update(key_share=True)
)
_SCREENING = Query(
    select(
        screening.c.id,
        screening.c.patient_id,
        screening.c.instrument,
        screening.c.channel,
        screening.c.language,
        screening.c.status,
    ).where(
        screening.c.practice_id == bindparam("practice"), screening.c.id == bindparam("screening")
    )
)
_ANSWERS = Query(
    select(answer.c.item, answer.c.kind, answer.c.option)
    .where(
        answer.c.practice_id == bindparam("practice"),
        answer.c.screening_id == bindparam("screening"),
        ~exists().where(
            answer_undone.c.practice_id == answer.c.practice_id,
            answer_undone.c.answer_id == answer.c.id,
        ),
    )
    .order_by(answer.c.id)
)
_LINE_OF_SCREENING = Query(
    select(thread.c.line_id)
    .join(
        conversation,
        (conversation.c.practice_id == thread.c.practice_id)
        & (conversation.c.thread_id == thread.c.id),
    )
    .where(
        conversation.c.practice_id == bindparam("practice"),
        conversation.c.screening_id == bindparam("screening"),
    )
    .limit(1)
)
_ITEM = Query(
    select(queue_item.c.patient_id).where(
        queue_item.c.practice_id == bindparam("practice"), queue_item.c.id == bindparam("item")
    )
)
_LANGUAGE = Query(
    update_rows(patient)
    .where(patient.c.practice_id == bindparam("practice"), patient.c.id == bindparam("patient"))
    .values(language=bindparam("language"), version=patient.c.version + 1)
)
_COUNT_TRY = Query(
    update_rows(message)
    .where(message.c.practice_id == bindparam("practice"), message.c.id == bindparam("message"))
    .values(tries=bindparam("tries"))
)


async def record(work: Work, *values: Any) -> Recorded:  # noqa: ANN401 - the columns of text_in
    """Record a text and, in its savepoint, lock and load; see text_in for the values."""
    return _RECORDED.decode(await work.call("text_in", *values))


def context_of(recorded: Recorded) -> TurnContext:
    """Read the context that came with a recording; TurnFailed if the database could not load it."""
    if recorded.failed is not None:
        raise TurnFailed(recorded.failed)
    return _CONTEXT.decode(recorded.context)


def parts_of(burst: Sequence[Sealed], keys: PracticeKeys) -> tuple[Part, ...]:
    """Open the texts that came just before another: they may be one text in pieces."""
    return tuple(
        Part(born(one.id), keys.open_text("message.body", one.id, one.body)) for one in burst
    )


async def parts_before(
    work: Work, practice: PracticeId, text: Inbound, keys: PracticeKeys
) -> tuple[Part, ...]:
    """Return the texts that came just before one that is read later."""
    found = await work.call("text_burst", practice, text.line_id, text.id, text.at)
    return parts_of(_BURST.decode(found), keys)


async def open_turn(
    work: Work,
    practice: PracticeId,
    line_id: LineId | None,
    patient_id: PatientId | None,
    at: datetime,
) -> TurnContext:
    """Lock a line (or, without one, a patient) and load what a decision needs."""
    loaded = _CONTEXT.decode(await work.call("turn_open", practice, line_id, patient_id, at))
    loaded = await with_shared(work, await with_limits(work, loaded), at)
    return await talking.with_talks(work, loaded)


async def open_for_a_human(
    work: Work, practice: PracticeId, line_id: LineId, at: datetime
) -> TurnContext:
    """Lock and load as `open_turn`, without conversations: what stands in one may be the fault."""
    loaded = msgspec.json.decode(await work.call("turn_open", practice, line_id, None, at))
    return msgspec.convert({**loaded, "conversations": []}, TurnContext)


async def save(work: Work, decision: Decision, keys: PracticeKeys) -> None:
    """Save a decision; TurnFailed with the SQLSTATE if the database undid it."""
    for chosen in decision.languages:
        await work.run(
            _LANGUAGE,
            practice=decision.practice_id,
            patient=chosen.patient_id,
            language=chosen.language,
        )
    told = await work.call("turn_save", msgspec.json.encode(rows_of(decision, keys)).decode())
    joining: frozenset[UUID] = frozenset()
    if told is not None and told.startswith("["):
        joining = _JOINING.decode(told)
    elif told is not None:
        raise TurnFailed(told)
    await ledger.keep(work, decision, keys)
    await needs_ledger.keep(work, decision, keys, joining)
    await rescreens_ledger.keep(work, decision)
    await talking.keep(work, decision, keys)
    await standing.keep(work, decision)


async def inbound(
    work: Work, practice: PracticeId, message_id: MessageId, keys: PracticeKeys | None
) -> Inbound | None:
    """Return a recorded text, with its words if there are keys; None if there is no such text."""
    row = await work.maybe(_INBOUND, practice=practice, message=message_id)
    if row is None:
        return None
    return Inbound(
        id=message_id,
        line_id=row["line_id"],
        body=keys.open_text("message.body", message_id, row["body_sealed"]) if keys else "",
        opt_out_type=row["opt_out_type"],
        media_count=row["media_count"],
        at=row["at"],
        handled=row["handled_at"] is not None,
    )


async def count_try(work: Work, practice: PracticeId, message_id: MessageId, tries: int) -> None:
    """Note how often a text's turn has been tried."""
    await work.run(_COUNT_TRY, practice=practice, message=message_id, tries=tries)


async def timer_due(work: Work, practice: PracticeId, timer_id: TimerId) -> TimerDue | None:
    """Return a timer with its line, or None if it is used up."""
    row = await work.maybe(_TIMER, practice=practice, timer=timer_id)
    if row is None:
        return None
    return TimerDue(row["id"], row["conversation_id"], row["name"], row["step"], row["line_id"])


async def sent(work: Work, practice: PracticeId, message_id: MessageId) -> Sent | None:
    """Return one of our texts, or None."""
    row = await work.maybe(_SENT, practice=practice, message=message_id)
    if row is None:
        return None
    return Sent(
        id=message_id,
        line_id=row["line_id"],
        thread_id=row["thread_id"],
        conversation_id=row["conversation_id"],
        patient_id=row["patient_id"],
        key=row["text_key"],
        status=row["status"],
        status_reason=row["status_reason"],
        by_staff=row["author"] == "staff",
        at=row["at"],
        not_after=row["not_after"],
        # What was arranged, or fell through: a reminder of it is only kind.
        must_know=row["not_after"] is not None and row["kind"] == "staff",
    )


async def line_of_thread(
    work: Work, practice: PracticeId, thread_id: ThreadId
) -> tuple[LineId, PatientId] | None:
    """Return the line and the patient of a thread."""
    row = await work.maybe(_LINE_OF_THREAD, practice=practice, thread=thread_id)
    return None if row is None else (row["line_id"], row["patient_id"])


async def lines_of_patient(work: Work, practice: PracticeId, patient: PatientId) -> list[LineId]:
    """Return the lines on which there are texts about a patient, in lock order."""
    rows = await work.rows(_LINES_OF_PATIENT, practice=practice, patient=patient)
    return [row["line_id"] for row in rows]


async def lock_line(work: Work, practice: PracticeId, line_id: LineId) -> None:
    """Lock one line."""
    await work.rows(_LOCK_LINES, practice=practice, lines=[line_id])


async def lock_lines_of(work: Work, practice: PracticeId, patient: PatientId) -> None:
    """Lock the lines on which there are texts about a patient: lines come before patients."""
    lines = await lines_of_patient(work, practice, patient)
    if lines:
        await work.rows(_LOCK_LINES, practice=practice, lines=lines)


async def line_to(
    work: Work, practice: PracticeId, patient: PatientId, at: datetime
) -> LineId | None:
    """Return the line from the practice's number to the patient's phone, made if new."""
    found = await threads.destination(work, practice, patient)
    if found is None:
        return None
    number, phone = found
    return LineId(await work.call("line_for", practice, number, phone, at))


async def screening_asked(
    work: Work, practice: PracticeId, screening_id: ScreeningId
) -> tuple[ScreeningAsked, str] | None:
    """Return a screening with the answers known so far, and its status."""
    row = await work.maybe(_SCREENING, practice=practice, screening=screening_id)
    if row is None:
        return None
    known: dict[str, Answer] = {}
    for given in await work.rows(_ANSWERS, practice=practice, screening=screening_id):
        known[given["item"]] = answer_of(given["kind"], given["option"])
    asked = ScreeningAsked(
        id=screening_id,
        patient_id=row["patient_id"],
        instrument=row["instrument"],
        channel=row["channel"],
        language=row["language"],
        known=known,
    )
    return asked, row["status"]


async def line_of_screening(
    work: Work, practice: PracticeId, screening_id: ScreeningId
) -> LineId | None:
    """Return the line a screening is texted on, if it is."""
    row = await work.maybe(_LINE_OF_SCREENING, practice=practice, screening=screening_id)
    return None if row is None else row["line_id"]


async def patient_of_item(work: Work, practice: PracticeId, item: QueueItemId) -> PatientId | None:
    """Return whom an item is about, if it is a patient."""
    row = await work.maybe(_ITEM, practice=practice, item=item)
    return None if row is None else row["patient_id"]
