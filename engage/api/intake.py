"""What the carrier posts, judged and kept: the same code live and when the spool is drained.

The order is fixed: form, signature, meaning, then the database, or the spool while that is away.
Nobody waits for a database that does not answer: after `PATIENCE_SECONDS` the request is spooled,
while what was begun may still end well (the receipt makes the second a duplicate), and until the
database is back nobody asks it again. This room refuses to say yes before a write is durable, and
to say "forged" of a number it can't look up: that is a 503.
"""

import re
from collections.abc import Sequence
from typing import Final

import structlog

from engage.api.parts import Parts, Spooling
from engage.api.refusals import BadSignature, NotAForm
from engage.db.presence import within
from engage.db.session import DatabaseAway
from engage.errors import EngageError, NotDurable
from engage.ids import MessageId, PracticeId
from engage.messaging.doors import Door
from engage.messaging.signature import verify
from engage.messaging.spool.posted import Posted
from engage.messaging.webhook_form import BadForm, Params, inbound, parse_form, status
from engage.turns.canary import canary_of

FORM: Final = "application/x-www-form-urlencoded"
PATIENCE_SECONDS: Final = 1.5
"""With the fsync that may follow, less than the two seconds that a webhook may take."""
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}")
_ACCOUNT = re.compile(r"AC[0-9a-f]{32}")

_log = structlog.stdlib.get_logger("engage.api.intake")


async def take(parts: Parts, posted: Posted) -> None:
    """Keep what was posted for good; an error says that it was not kept."""
    params = read(posted)
    spooling = parts.spooling
    if spooling is None:
        await _kept(parts, posted, params)
        return
    if not spooling.presence.here:
        await _spool_unseen(parts, spooling, posted, params)
        return
    try:
        if await spooling.spool.waiting(posted):
            await within(PATIENCE_SECONDS, _verified(parts, posted, params))
            await spooling.spool.keep(posted)
        else:
            await within(PATIENCE_SECONDS, record(parts, posted, params))
    except DatabaseAway:
        spooling.presence.doubt()
        await _spool_unseen(parts, spooling, posted, params)
    except EngageError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it was, the spool keeps it
        _log.warning("not recorded at once", kind=posted.kind, exc_info=error)
        await _spool_unseen(parts, spooling, posted, params)


def read(posted: Posted) -> Params:
    """Return the fields of a request; one that is unsigned on its face is refused."""
    if posted.settings_header or len(posted.signatures) != 1:
        raise BadSignature
    content_types = posted.content_types
    if len(content_types) != 1 or content_types[0].partition(";")[0].strip().lower() != FORM:
        raise NotAForm
    return parse_form(posted.body)


async def record(
    parts: Parts,
    posted: Posted,
    params: Params,
    *,
    turn: bool | None = None,
    message: MessageId | None = None,
) -> None:
    """Verify a request by what the database says, and write it there."""
    door = await _verified(parts, posted, params)
    if posted.kind == "status":
        practice, text = _text_of(parts, posted)
        await parts.outbox.report(practice, text, status(params))
        return
    text = inbound(params)
    canary = canary_of(parts.vault.master, door.practice_id, text)
    if canary is not None:
        # Our own: its turn is taken, and undone.
        if parts.canaries is not None:
            await parts.canaries.came(door, text, canary)
        return
    await parts.turns.text_in(
        door,
        text,
        turn=posted.kind == "inbound" if turn is None else turn,
        at=None if turn is None else posted.at,
        message=message,
    )


async def _kept(parts: Parts, posted: Posted, params: Params) -> None:
    try:
        await record(parts, posted, params)
    except EngageError:
        raise
    except Exception as error:  # whatever it was, it is not durable: say so
        _log.exception("not kept", kind=posted.kind)
        raise NotDurable from error


async def _spool_unseen(parts: Parts, spooling: Spooling, posted: Posted, params: Params) -> None:
    """Keep a request in the spool, verified by the copy of the doors we have met."""
    known = spooling.spool.known
    if posted.kind == "status":
        found = await known.of_practice(_text_of(parts, posted)[0])
    else:
        found = await known.find(*named(params))
    if found is None:
        # Nobody can say now whether this number is ours.
        raise NotDurable
    require_signature(posted, params, found.auth_tokens)
    _require_meaning(posted, params, found.account_sid)
    await spooling.spool.keep(posted)


async def _verified(parts: Parts, posted: Posted, params: Params) -> Door:
    if posted.kind == "status":
        doors = await parts.doors.by_practice(_text_of(parts, posted)[0])
        door = next(iter(doors), None)
    else:
        door = await parts.doors.find(*named(params))
    # An unknown door has no token, so nothing it says can be signed: the same 403.
    require_signature(posted, params, door.account.auth_tokens if door is not None else ())
    if door is None:
        raise BadSignature
    _require_meaning(posted, params, door.account.account_sid)
    return door


def require_signature(posted: Posted, params: Params, tokens: Sequence[str]) -> None:
    """Refuse a request that none of the tokens signed."""
    url = posted.url.decode("ascii", "surrogateescape")
    if not verify(url, params, posted.signatures[0], tokens):
        raise BadSignature


def _require_meaning(posted: Posted, params: Params, account_sid: str) -> None:
    if posted.kind != "status":
        inbound(params)
    elif status(params).account_sid != account_sid:
        raise BadSignature


def _text_of(parts: Parts, posted: Posted) -> tuple[PracticeId, MessageId]:
    named = parts.vault.master.read_callback_token(posted.token)
    if named is None:
        raise BadSignature
    return named


def named(params: Params) -> tuple[str, str]:
    """Return the number and the account that a form is for."""
    number = [value for name, value in params if name == "To"]
    account = [value for name, value in params if name == "AccountSid"]
    if len(number) != 1 or len(account) != 1:
        raise BadForm("/To" if len(number) != 1 else "/AccountSid")
    if not _NUMBER.fullmatch(number[0]) or not _ACCOUNT.fullmatch(account[0]):
        raise BadSignature
    return number[0], account[0]
