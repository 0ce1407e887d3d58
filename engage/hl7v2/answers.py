"""Acknowledgements: what is said back, without a word of what was said. (p).

AA: recorded. AE: we can't read what we need. AR: no message, or nobody we know. Only the header's
names and the control id come back, as the protocol wants it.
"""

import re
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from msgspec import Struct

from engage.hl7v2.message import Message

Code: TypeAlias = Literal["AA", "AE", "AR"]
Reason: TypeAlias = Literal[
    "", "unreadable", "no-message", "unknown-sender", "too-large", "not-stored"
]

_SENTENCES: dict[Reason, str] = {
    "": "",
    "unreadable": "A part of the message that is needed is missing or can not be read.",
    "no-message": "This is not an HL7 version 2 message.",
    "unknown-sender": "This sender is not known here.",
    "not-stored": "The message could not be stored.",
    "too-large": "The message is larger than what is taken here.",
}
_PRINTABLE = re.compile(r"[^ -~]|[|^~\\&]")
_LONGEST = 200


class Verdict(Struct, frozen=True):
    """What the sender is told."""

    code: Code
    reason: Reason = ""


ACCEPTED = Verdict("AA")


def acknowledgement(verdict: Verdict, message: Message | None, at: datetime, own_id: str) -> bytes:
    """Return the answer to a message, or to what was none; always with the usual delimiters."""

    def said(name: str, field: int, component: int = 1) -> str:
        if message is None:
            return ""
        return _PRINTABLE.sub("", message.text(name, field, component))[:_LONGEST]

    trigger = said("MSH", 9, 2)
    header = (
        "MSH|^~\\&",
        said("MSH", 5) or "engage",
        said("MSH", 6),
        said("MSH", 3),
        said("MSH", 4),
        f"{at.astimezone(UTC):%Y%m%d%H%M%S}+0000",
        "",
        f"ACK^{trigger}" if trigger else "ACK",
        own_id,
        said("MSH", 11) or "P",
        said("MSH", 12) or "2.5.1",
    )
    answer = ("MSA", verdict.code, said("MSH", 10), _SENTENCES[verdict.reason])
    return "\r".join(("|".join(header), "|".join(answer).rstrip("|"), "")).encode("ascii")
