"""What the carrier posted to us: all that is needed to judge it later exactly as now.

Pure (p). It refuses to print itself: the body holds a number and a text.
"""

from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

import msgspec

from engage.messaging.hidden import Hidden
from engage.messaging.webhook_form import parse_form

Kind: TypeAlias = Literal["inbound", "fallback", "status", "call"]
"""What is posted. A call is judged like the rest and answered at once; there is nothing to keep."""

MOST_BYTES: Final = 256 * 1024
"""Far more than any request that is let in; a larger file is not ours."""


class Posted(Hidden, frozen=True, tag="posted-1"):
    """One request of the carrier's, raw."""

    #: Its place in the order in which this process received them.
    id: UUID
    kind: Kind
    at: datetime
    #: As the carrier requested it: the configured address, path and query raw.
    url: bytes
    signatures: tuple[str, ...]
    #: Whether it announced another way of signing.
    settings_header: bool
    content_types: tuple[str, ...]
    body: bytes
    #: Our own signed id of a text, from the address of a status report.
    token: str = ""


_DECODER = msgspec.msgpack.Decoder(Posted)


def packed(posted: Posted) -> bytes:
    """Return a request as bytes."""
    return msgspec.msgpack.encode(posted)


def unpacked(raw: bytes) -> Posted:
    """Return the request in some bytes; msgspec.DecodeError if there is none."""
    return _DECODER.decode(raw)


def line_of(posted: Posted) -> str:
    """Return what must stay in order with this request: the texts of a line, a text's reports."""
    if posted.kind == "status":
        return f"status|{posted.token}"
    params = parse_form(posted.body)
    named = [value for wanted in ("To", "From") for name, value in params if name == wanted]
    return "|".join(["line", *named])
