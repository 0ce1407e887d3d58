"""The rows of a text that is sent once more: kept apart from its first attempt, if still wanted.

It stays one text under one key; only the carrier's id begins anew. This room refuses to decide
whether: settling does, by the table of codes and the kind.
"""

from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Text,
    Uuid,
    all_,
    and_,
    bindparam,
    exists,
    literal,
    or_,
    select,
    update,
)

from engage.db.session import Query, Work
from engage.db.tables import conversation, message
from engage.ids import floor_of
from engage.messaging.model import Outgoing

_PRACTICE, _TEXT = bindparam("practice", type_=Uuid()), bindparam("text", type_=Uuid())
_NEVER_LEFT = ["withdrawn", "expired", "refused", "failed"]
_later = message.alias("later")

_BEGIN = Query(
    update(message)
    .where(message.c.practice_id == _PRACTICE, message.c.id == _TEXT)
    .values(tries=message.c.tries + 1, failed_sid=message.c.carrier_sid, carrier_sid=None)
)
_UNWANTED = Query(
    select(message.c.id).where(
        message.c.practice_id == _PRACTICE,
        message.c.id == _TEXT,
        or_(
            exists(
                select(_later.c.id).where(
                    _later.c.practice_id == _PRACTICE,
                    _later.c.line_id == bindparam("on_line", type_=Uuid()),
                    _later.c.id >= bindparam("since", type_=Uuid()),
                    or_(
                        _later.c.direction == "in",
                        # Our own newer words to the same person.
                        and_(
                            _later.c.id > _TEXT,
                            _later.c.thread_id == message.c.thread_id,
                            _later.c.status != all_(literal(_NEVER_LEFT, ARRAY(Text))),
                        ),
                    ),
                )
            ),
            exists(
                select(conversation.c.id).where(
                    conversation.c.practice_id == _PRACTICE,
                    conversation.c.id == message.c.conversation_id,
                    conversation.c.open.is_(False),
                )
            ),
        ),
    )
)


_SAID_AGAIN = Query(
    select(message.c.id).where(
        message.c.practice_id == _PRACTICE,
        message.c.id == _TEXT,
        exists(
            select(_later.c.id).where(
                _later.c.practice_id == _PRACTICE,
                _later.c.line_id == bindparam("on_line", type_=Uuid()),
                _later.c.id > _TEXT,
                _later.c.thread_id.is_not_distinct_from(message.c.thread_id),
                _later.c.text_id == message.c.text_id,
                _later.c.kind == "safety",
                _later.c.status != all_(literal([*_NEVER_LEFT, "undelivered"], ARRAY(Text))),
            )
        ),
    )
)


async def begin(work: Work, text: Outgoing) -> None:
    """Let a text begin anew: what the carrier says of its first attempt is kept apart from now."""
    await work.run(_BEGIN, practice=text.practice_id, text=text.id)


async def is_wanted(work: Work, text: Outgoing) -> bool:
    """Say whether a text that did not arrive is still worth saying.

    It is not when anything came from the phone since it left, when we said something newer to the
    same person, or when its conversation is over. Whom to call in danger is worth saying whatever
    was written since, unless the same words are on their way to them already.
    """
    if text.kind == "safety":
        said = await work.maybe(
            _SAID_AGAIN, practice=text.practice_id, text=text.id, on_line=text.line_id
        )
        return said is None
    since: UUID = floor_of(text.sending_at or text.at)
    row = await work.maybe(
        _UNWANTED, practice=text.practice_id, text=text.id, on_line=text.line_id, since=since
    )
    return row is None
