"""The text that carries a sign-in code: its words, and its place in the outbox.

It goes out like any other text, through the same last question whether it may: a phone that said
STOP gets none. This room refuses to make a code, and to keep one outside a sealed column.
"""

from datetime import datetime

from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.ids import MessageId, PhoneId
from engage.messaging.codes import store
from engage.messaging.hidden import Hidden
from engage.messaging.texts import Catalogue, render
from engage.people.fields import Language
from engage.people.staffing.store import get_practice

TEXT_ID = "sign-in-code"


class CodeText(Hidden, frozen=True, kw_only=True):
    """A code for somebody's phone, and until when it opens."""

    id: MessageId
    phone_id: PhoneId
    language: Language
    code: str
    at: datetime
    until: datetime


async def queue_code(work: Work, keys: PracticeKeys, catalogue: Catalogue, text: CodeText) -> bool:
    """Queue the text of a code to a phone; False if the practice has no number to text from."""
    practice = await get_practice(work, keys.practice)
    values = {"practice": practice.texting_name, "code": text.code}
    body = render(catalogue, TEXT_ID, text.language, values)
    return await store.queue(
        work, keys, text.id, text.phone_id, (TEXT_ID, body), at=text.at, not_after=text.until
    )
