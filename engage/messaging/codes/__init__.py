"""Texts that carry a sign-in code or the link of an invitation: words, and their place to leave.

They go out like any other text, through the same last question whether they may: a phone that said
STOP gets none. This room refuses to make a code, and to keep one outside a sealed column.
"""

from datetime import datetime, timedelta

from engage.db.sealing import PracticeKeys
from engage.db.session import Work
from engage.ids import MessageId, PhoneId
from engage.messaging.codes import store
from engage.messaging.hidden import Hidden
from engage.messaging.texts import Catalogue, render
from engage.people.fields import Language
from engage.people.staffing.store import get_practice

TEXT_ID, LINK_TEXT_ID, INVITATION = "sign-in-code", "sign-in-link", "invitation"
PHONE_CHANGED, _TOLD_WITHIN = "phone-changed", timedelta(hours=24)


class CodeText(Hidden, frozen=True, kw_only=True):
    """A code for somebody's phone, and until when it opens."""

    id: MessageId
    phone_id: PhoneId
    language: Language
    code: str
    #: An address that opens what the code opens; empty: none.
    link: str = ""
    at: datetime
    until: datetime


class LinkText(Hidden, frozen=True, kw_only=True):
    """The link of an invitation for a caregiver's phone, and until when it opens."""

    id: MessageId
    phone_id: PhoneId
    language: Language
    #: Who invites, or is cared for: as the caregiver calls them.
    given_name: str
    link: str
    at: datetime
    until: datetime


async def queue_link(work: Work, keys: PracticeKeys, catalogue: Catalogue, text: LinkText) -> bool:
    """Queue the text of an invitation; False if the practice has no number to text from."""
    practice = await get_practice(work, keys.practice)
    values = {
        "practice": practice.texting_name,
        "given_name": text.given_name,
        "link": text.link,
    }
    body = render(catalogue, INVITATION, text.language, values)
    return await store.queue(
        work, keys, text.id, text.phone_id, (INVITATION, body), at=text.at, not_after=text.until
    )


async def queue_code(work: Work, keys: PracticeKeys, catalogue: Catalogue, text: CodeText) -> bool:
    """Queue the text of a code to a phone; False if the practice has no number to text from."""
    practice = await get_practice(work, keys.practice)
    values = {"practice": practice.texting_name, "code": text.code}
    text_id = TEXT_ID
    if text.link:
        text_id, values = LINK_TEXT_ID, values | {"link": text.link}
    body = render(catalogue, text_id, text.language, values)
    return await store.queue(
        work, keys, text.id, text.phone_id, (text_id, body), at=text.at, not_after=text.until
    )


async def queue_phone_changed(
    work: Work,
    keys: PracticeKeys,
    catalogue: Catalogue,
    text: MessageId,
    old: PhoneId,
    language: Language,
    *,
    at: datetime,
) -> bool:
    """Tell the phone that somebody was known by that they are known by another one now."""
    practice = await get_practice(work, keys.practice)
    values = {"practice": practice.texting_name, "phone": practice.support_phone}
    body = render(catalogue, PHONE_CHANGED, language, values)
    words = (PHONE_CHANGED, body)
    return await store.queue(work, keys, text, old, words, at=at, not_after=at + _TOLD_WITHIN)
