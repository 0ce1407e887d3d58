"""The row of a text that carries a code, or says that the app has news, on the line of the phone.

The line is made if it is new. The text belongs to no thread: nobody of the practice reads it on a
person's page. This room refuses to send.
"""

from datetime import datetime

from sqlalchemy import Uuid, bindparam, insert, select

from engage.db.sealing import PracticeKeys
from engage.db.session import Query, Work
from engage.db.tables import line, message, practice_number
from engage.ids import MessageId, PhoneId
from engage.messaging.kinds import TextKind
from engage.messaging.segments import count

_HERE = bindparam("practice", type_=Uuid())
# The number this phone knows already; else the practice's first.
_NUMBER = Query(
    select(practice_number.c.id)
    .select_from(
        practice_number.outerjoin(
            line,
            (line.c.practice_id == practice_number.c.practice_id)
            & (line.c.number_id == practice_number.c.id)
            & (line.c.phone_id == bindparam("phone", type_=Uuid())),
        )
    )
    .where(practice_number.c.practice_id == _HERE)
    .order_by(line.c.created_at.desc().nulls_last(), practice_number.c.created_at)
    .limit(1)
)
_ADD = Query(
    insert(message).values(
        practice_id=_HERE,
        id=bindparam("text"),
        line_id=bindparam("line"),
        direction="out",
        author="system",
        body_sealed=bindparam("body"),
        text_id=bindparam("text_id"),
        kind=bindparam("kind"),
        status="queued",
        segments=bindparam("segments"),
        media_count=0,
        at=bindparam("at"),
        tries=0,
        not_after=bindparam("not_after"),
    )
)


async def queue(
    work: Work,
    keys: PracticeKeys,
    text: MessageId,
    phone: PhoneId,
    words: tuple[str, str],
    *,
    at: datetime,
    not_after: datetime,
    kind: TextKind = "code",
) -> bool:
    """Queue a text, its id and its body, to a phone; False if there is no number to text from."""
    text_id, body = words
    row = await work.maybe(_NUMBER, practice=keys.practice, phone=phone)
    if row is None:
        return False
    on_line = await work.call("line_for", keys.practice, row["id"], phone, at)
    await work.run(
        _ADD,
        practice=keys.practice,
        text=text,
        line=on_line,
        body=keys.seal_text("message.body", text, body),
        text_id=text_id,
        kind=kind,
        segments=count(body).segments,
        at=at,
        not_after=not_after,
    )
    await work.call("due_set", "outbox", text, keys.practice, at)
    return True
