"""A carrier's form, from the raw bytes of a request to typed values.

Pure (p). Strict where a forger gains (names, sids, numbers, "exactly once"), tolerant where a
patient would lose: other names are let through, because carriers add fields without notice, and a
text with odd bytes in it is still a text. Values are kept without loss (bytes that are no UTF-8
become lone surrogates), because the signature covers the bytes; only `inbound` makes a readable
text of them.

It refuses to name a value in an error: a pointer to the field is all there is to say. Order matters
to callers: verify the signature on what `parse_form` returns, then call `inbound` or `status`.
"""

import re
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias
from urllib.parse import unquote_to_bytes

from engage.errors import EngageError
from engage.messaging.hidden import Hidden

MAX_BYTES: Final = 64 * 1024
MAX_FIELDS: Final = 200

Params: TypeAlias = tuple[tuple[str, str], ...]
OptOutWord: TypeAlias = Literal["STOP", "START", "HELP"]

_NAME = re.compile(r"[!-~]{1,128}")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_MESSAGE_SID = re.compile(r"(?:SM|MM)[0-9a-f]{32}")
_ACCOUNT_SID = re.compile(r"AC[0-9a-f]{32}")
_SERVICE_SID = re.compile(r"MG[0-9a-f]{32}")
_ADDRESS = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}")
_STATUS = re.compile(r"[a-z_]{1,32}")
_COUNT = re.compile(r"[0-9]{1,4}")
_CODE = re.compile(r"[0-9]{1,6}")


class BadForm(EngageError):  # noqa: N818 - reads as a sentence: raise BadForm
    """The form is not one that the carrier sends."""


class InboundText(Hidden, frozen=True, tag="inbound-text"):
    """A text as it came in."""

    sid: str
    account_sid: str
    #: E.164 or a short code, as it was written; so is `to`.
    sender: str
    to: str
    #: Whole and untrimmed; bytes that were no UTF-8 are U+FFFD, NUL is kept.
    body: str
    num_media: int = 0
    messaging_service_sid: str | None = None
    opt_out_type: OptOutWord | None = None
    num_segments: int | None = None


class StatusReport(Hidden, frozen=True, tag="status-report"):
    """What the carrier says became of one of our texts."""

    sid: str
    account_sid: str
    #: In the carrier's word: `delivery.read_report` knows it, or does not.
    status: str
    error_code: int | None = None
    to: str | None = None


def parse_form(raw: bytes) -> Params:
    """Return the fields of a urlencoded body in order: blanks, spaces and repeats are kept."""
    if len(raw) > MAX_BYTES:
        raise BadForm
    pieces = [piece for piece in raw.split(b"&") if piece]
    if len(pieces) > MAX_FIELDS:
        raise BadForm
    return tuple(_field(place, piece) for place, piece in enumerate(pieces))


def is_address(value: str) -> bool:
    """Say whether a text can come from there: E.164, or a short code."""
    return _ADDRESS.fullmatch(value) is not None


def inbound(params: Sequence[tuple[str, str]]) -> InboundText:
    """Return the text in a form; what is missing, doubled or misshapen is a `BadForm`."""
    return InboundText(
        sid=_once(params, "MessageSid", _MESSAGE_SID),
        account_sid=_once(params, "AccountSid", _ACCOUNT_SID),
        sender=_once(params, "From", _ADDRESS),
        to=_once(params, "To", _ADDRESS),
        body=_body(params),
        num_media=_number(params, "NumMedia", _COUNT) or 0,
        messaging_service_sid=_optional(params, "MessagingServiceSid", _SERVICE_SID),
        opt_out_type=_opt_out(params),
        num_segments=_number(params, "NumSegments", _COUNT),
    )


def status(params: Sequence[tuple[str, str]]) -> StatusReport:
    """Return the report in a form; a word or a code we do not know is kept as it is."""
    return StatusReport(
        sid=_once(params, "MessageSid", _MESSAGE_SID),
        account_sid=_once(params, "AccountSid", _ACCOUNT_SID),
        status=_once(params, "MessageStatus", _STATUS),
        error_code=_number(params, "ErrorCode", _CODE) or None,
        to=_optional(params, "To", _ADDRESS),
    )


def _field(place: int, piece: bytes) -> tuple[str, str]:
    raw_name, _, raw_value = piece.partition(b"=")
    name = _decoded(raw_name)
    # The pointer is the field's place: a name of a stranger's making is content too.
    if _BAD_ESCAPE.search(raw_name) or not _NAME.fullmatch(name):
        raise BadForm("/" + str(place))
    return name, _decoded(raw_value)


def _decoded(raw: bytes) -> str:
    # A lone "%" in a value stays what it is, as in every form parser.
    return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8", "surrogateescape")


def _values(params: Sequence[tuple[str, str]], name: str) -> list[str]:
    return [value for given, value in params if given == name]


def _once(params: Sequence[tuple[str, str]], name: str, shape: re.Pattern[str]) -> str:
    # Exactly once, also when both say the same: the signature does not cover how often.
    values = _values(params, name)
    if len(values) != 1 or not shape.fullmatch(values[0]):
        raise BadForm("/" + name)
    return values[0]


def _optional(params: Sequence[tuple[str, str]], name: str, shape: re.Pattern[str]) -> str | None:
    values = set(_values(params, name))
    if len(values) != 1:
        return None
    (value,) = values
    return value if shape.fullmatch(value) else None


def _number(params: Sequence[tuple[str, str]], name: str, shape: re.Pattern[str]) -> int | None:
    value = _optional(params, name, shape)
    return None if value is None else int(value)


def _opt_out(params: Sequence[tuple[str, str]]) -> OptOutWord | None:
    words = {value.strip().upper() for value in _values(params, "OptOutType")}
    # Should several stand there, the one that protects the person most is believed.
    for word in ("STOP", "HELP", "START"):
        if word in words:
            return word
    return None


def _body(params: Sequence[tuple[str, str]]) -> str:
    # A doubled Body is not refused and no half of it is dropped: either may hold the cry for help.
    whole = "\n".join(dict.fromkeys(_values(params, "Body")))
    return whole.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
